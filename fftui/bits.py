"""One bit an image, as text: what an event keeps of which images were labelled rightly.

Bits are packed into bytes, the first image in the highest bit of the first byte, and written in
base64; the last byte is filled up with zeros. Events check such text without loading NumPy, so the
two functions of arrays load it when they are called.
"""

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def pack_bits(flags_N: "NDArray[np.bool_]") -> str:
    """The flags (N,) as text."""
    import numpy as np  # noqa: PLC0415 - see above

    return base64.b64encode(np.packbits(flags_N).tobytes()).decode()


def unpack_bits(text: str, count: int) -> "NDArray[np.bool_]":
    """The flags (count,) that `pack_bits` made the text of. Raises ValueError where it is not of
    `count` flags.
    """
    import numpy as np  # noqa: PLC0415 - see above

    if (problem := _other_count(text, count)) is not None:
        raise ValueError(problem)
    packed = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.unpackbits(packed, count=count).astype(np.bool_)


def checked_bits(text: str) -> str:
    """The text, which is base64 as `pack_bits` writes it. Raises ValueError where it is not."""
    if base64.b64encode(base64.b64decode(text, validate=True)).decode() != text:
        msg = "the last character of the base64 text stands for bits that no byte has"
        raise ValueError(msg)
    return text


def contradiction_of_bits(images: int, text: str, accuracy: float) -> str | None:
    """Why the text is not of so many images with this accuracy, in a few words; None where it
    is.
    """
    ones = int.from_bytes(base64.b64decode(text)).bit_count()
    problem = _other_count(text, images)
    if problem is None and abs(ones - accuracy * images) >= 0.5:
        return f"{ones} of {images} bits are set, and the accuracy is {accuracy}"
    return problem


def _other_count(text: str, count: int) -> str | None:
    """Why the text is not of `count` flags; None where it is."""
    packed = base64.b64decode(text)
    if len(packed) != (count + 7) // 8:
        return f"{len(packed)} bytes of bits are not those of {count} images"
    if int.from_bytes(packed) & ((1 << (8 * len(packed) - count)) - 1):
        return f"bits are set behind that of the last of {count} images"
    return None
