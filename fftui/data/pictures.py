"""Decodes image files by Pillow: their size, whether they are grey, and their pixels."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from os import cpu_count
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from fftui.data.catalogue import SetInfo
from fftui.errors import DataError
from fftui.regular_files import NotRegularError, open_regular

Pixels = NDArray[np.uint8]
Result = TypeVar("Result")

# Pillow only warns of a picture between one and two times its limit: an error tells which file.
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

LARGEST_PICTURE = 50_000_000  # pixels; a file of a few kB may claim any number
CHUNK = 128  # pictures decoded by a thread at a time
MOST_THREADS = 8
ORIENTATION, SIDEWAYS = 0x0112, frozenset({5, 6, 7, 8})  # in a JPEG's Exif: lying on a side
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16B", "I;16L"})
SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm"}
)
# What Pillow and the decoders under it raise on a damaged file.
_DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, TypeError, AttributeError),
    *(OverflowError, MemoryError, ZeroDivisionError, Image.DecompressionBombError),
    Image.DecompressionBombWarning,
)


@dataclass(frozen=True)
class Encoded:
    """An image that is not decoded yet: its file or its bytes, and its name for messages."""

    name: str
    content: Path | bytes


@dataclass(frozen=True)
class PictureFacts:
    """Height and width in pixels, and whether the picture is grey, from the file's first bytes."""

    height: int
    width: int
    grey: bool


def facts_of(encoded: Encoded) -> PictureFacts:
    """Size and mode of a picture, held upright.

    Raises DataError, naming it, where it is none or too large.
    """
    with _opened(encoded) as image:
        try:
            sideways = image.format == "JPEG" and image.getexif().get(ORIENTATION) in SIDEWAYS
        except _DAMAGE as error:
            raise _undecodable(encoded, error) from None
        width, height = image.size
        if sideways:
            width, height = height, width
        return PictureFacts(height, width, image.mode in GREY_MODES)


def decoded(encoded: Encoded, channels: int, height: int, width: int) -> Pixels:
    """Its pixels (channels, height, width), 1 channel grey or 3 in colour; transparency is left
    out. Raises DataError, naming it, where it cannot be decoded.
    """
    with _opened(encoded) as image:
        try:
            upright = ImageOps.exif_transpose(image) if image.format == "JPEG" else image
            mode = "L" if channels == 1 else "RGB"
            converted = upright if upright.mode == mode else _eight_bits(upright).convert(mode)
            if converted.size != (width, height):
                converted = converted.resize((width, height), Image.Resampling.BILINEAR)
            pixels = np.asarray(converted, dtype=np.uint8)
        except _DAMAGE as error:
            raise _undecodable(encoded, error) from None
    return pixels[None] if channels == 1 else pixels.transpose(2, 0, 1)


def in_threads(
    work: Callable[[Encoded], Result], pictures: Sequence[Encoded]
) -> Iterator[tuple[int, list[Result]]]:
    """`work` on all pictures, in order: (index of the first, results) of one chunk after another.

    Pillow decodes outside Python's lock. What is left is dropped when the loop ends early, by an
    error or by Ctrl-C.
    """
    starts = range(0, len(pictures), CHUNK)
    pool = ThreadPoolExecutor(min(MOST_THREADS, cpu_count() or 1))
    try:
        chunks = pool.map(
            lambda start: [work(each) for each in pictures[start : start + CHUNK]], starts
        )
        yield from zip(starts, chunks, strict=True)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def read_image_files(paths: Sequence[Path], info: SetInfo) -> tuple[Tensor, tuple[str, ...]]:
    """Image files as a network of data set `info` takes them: uint8 (N, channels, height, width),
    and one line for each kind of change made (resized, to grey, to colour).

    Raises DataError naming the file that cannot be read or decoded.
    """
    channels, height, width = info.shape
    images = np.empty((len(paths), channels, height, width), dtype=np.uint8)
    resized = recoloured = 0
    for index, path in enumerate(paths):
        encoded = Encoded(str(path), path)
        facts = facts_of(encoded)
        resized += (facts.height, facts.width) != (height, width)
        recoloured += facts.grey != (channels == 1)
        images[index] = decoded(encoded, channels, height, width)
    kind = "grey" if channels == 1 else "colour"
    changes = (
        f"{resized} of {len(paths)} images resized to {height}x{width} pixels" if resized else "",
        f"{recoloured} of {len(paths)} images converted to {kind}" if recoloured else "",
    )
    return torch.from_numpy(images), tuple(filter(None, changes))


def _opened(encoded: Encoded) -> Any:
    """The picture, its first bytes read. Raises DataError where it is none or too large."""
    content = encoded.content
    try:
        if isinstance(content, Path):
            open_regular(content).close()  # Pillow waits for a pipe
        image = Image.open(content if isinstance(content, Path) else BytesIO(content))
    except _DAMAGE as error:
        raise _undecodable(encoded, error) from None
    if image.width * image.height > LARGEST_PICTURE or min(image.size) < 1:
        size = f"{image.width:,} by {image.height:,}"
        image.close()
        msg = (
            f"{encoded.name} has {size} pixels; at most {LARGEST_PICTURE:,} are read: make it"
            " smaller or leave it out"
        )
        raise DataError(msg)
    return image


def _eight_bits(image: Any) -> Any:
    """Pictures of 16 bits scaled to 8; Pillow alone would cut off what is over 255."""
    if not image.mode.startswith("I"):
        return image
    values = np.asarray(image).astype(np.int64)
    deep = image.mode != "I" or values.max(initial=0) > 255
    return Image.fromarray((values.clip(0, 65535) >> (8 if deep else 0)).astype(np.uint8))


def _undecodable(encoded: Encoded, error: BaseException) -> DataError:
    if isinstance(error, FileNotFoundError):
        return DataError(f"there is no image file {encoded.name}")
    if isinstance(error, NotRegularError):
        return DataError(f"{encoded.name} {error.strerror}")
    if isinstance(error, PermissionError | IsADirectoryError):
        return DataError(f"{encoded.name} cannot be read: {(error.strerror or '').lower()}")
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return DataError(
            f"{encoded.name} unpacks to more than {LARGEST_PICTURE:,} pixels: make it smaller or"
            " leave it out"
        )
    reason = " ".join(str(error).split()) or type(error).__name__
    return DataError(
        f"{encoded.name} cannot be decoded as an image ({reason}): repair it or leave it out"
    )
