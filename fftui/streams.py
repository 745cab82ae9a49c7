"""What the command line says, and where: results on stdout, everything else on stderr; neither may end a run.

A terminal that was closed answers every write with an error. Then the stream leads nowhere from there on, so that
nothing else in the process, nor the interpreter at its end, trips over it.
"""

import codecs
import errno
import locale
import os
import sys
from typing import TextIO

from fftui.errors import RunFailedError

SPELLED = "fftui-spelled"  # the name under which encoders know `_spelled`
IN_ASCII = {
    "→": "->",
    "×": "x",
    "·": "-",
    "–": "-",
    "−": "-",
    "⁺": "+",
    "⁻": "-",
    "θ": "theta",
    "…": "~",
    "±": "+-",
    "“": '"',
    "”": '"',
    "’": "'",
    "µ": "u",
}
GONE = (errno.EIO, errno.EPIPE, errno.EBADF)


def prepare() -> None:
    """Make stdout and stderr usable: streams closed by the caller lead nowhere, what cannot be encoded is spelled."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=SPELLED)


def say(text: str) -> None:
    """Write a line to stderr, if anybody is still there."""
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        abandon(sys.stderr)


def emit(text: str) -> None:
    """Write a result to stdout; silently nowhere if its reader is gone. Raises RunFailedError on a full disk."""
    emit_bytes((text if text.endswith("\n") else f"{text}\n").encode(sys.stdout.encoding or "utf-8", SPELLED))


def emit_bytes(content: bytes) -> None:
    """`emit` for what is no text."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        abandon(sys.stdout)
        if error.errno not in GONE:
            msg = f"cannot write the result to stdout: {error.strerror}"
            raise RunFailedError(msg) from error


def wants_ascii() -> bool:
    """Whether what is drawn keeps to ASCII: FFTUI_ASCII says so, or the locale is not UTF-8."""
    told = os.environ.get("FFTUI_ASCII", "")
    if told:
        return told != "0"
    return locale.getpreferredencoding(do_setlocale=False).lower().replace("-", "") not in {"utf8", "cp65001"}


def abandon(stream: TextIO) -> None:
    """Let a stream that cannot be written lead nowhere; what it still holds is lost."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()
    except (OSError, ValueError):  # no file of its own, or closed for good
        return


def _spelled(error: UnicodeError) -> tuple[str, int]:
    """What stands in ASCII for what an encoding lacks; a `?` where nothing does."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(IN_ASCII.get(sign, "?") for sign in error.object[error.start : error.end]), error.end


codecs.register_error(SPELLED, _spelled)
