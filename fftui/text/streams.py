"""The command line's streams: results on stdout, everything else on stderr; neither may end a run.

A terminal that was closed answers every write with an error. The stream is then connected to the
null device, so that nothing else in the process, nor the interpreter at its end, trips over it.

Text from outside (names, errors, paths of a run's folder) becomes inert here, where it goes out:
no character of it is obeyed by a terminal.
"""

import codecs
import errno
import json
import locale
import os
import re
import sys
from typing import TextIO

from fftui.errors import RunFailedError
from fftui.inert import inert, inert_json

REPLACE_BY_ASCII = "fftui-ascii"  # the name under which encoders know `_ascii_replacement`
ASCII_FOR = {
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
READER_GONE = (errno.EIO, errno.EPIPE, errno.EBADF)
COLOUR = re.compile("(\x1b\\[[0-9;]*m)")  # the one control sequence of styled text


def prepare() -> None:
    """Make stdout and stderr usable: closed streams write to the null device, what cannot be
    encoded becomes ASCII.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            # open to the end
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=REPLACE_BY_ASCII)


def to_stderr(text: str) -> None:
    """Write a line to stderr, unless its reader has closed."""
    try:
        sys.stderr.write(f"{inert(text)}\n")
        sys.stderr.flush()
    except OSError:
        detach(sys.stderr)


def to_stdout(text: str) -> None:
    """Write a result to stdout; drop it if its reader has closed. Raises RunFailedError on a full
    disk.
    """
    _lines_to_stdout(inert(text))


def styled_to_stdout(text: str) -> None:
    """`to_stdout` for text that has colours of ours; what it holds from outside is inert already,
    so that no colour is theirs.
    """
    parts = COLOUR.split(text)
    parts[::2] = map(inert, parts[::2])
    _lines_to_stdout("".join(parts))


def json_to_stdout(value: object) -> None:
    """Write a result as JSON on one line to stdout. Raises RunFailedError on a full disk."""
    _lines_to_stdout(inert_json(json.dumps(value, ensure_ascii=False)))


def file_to_stdout(content: bytes) -> None:
    """Write the content of a file to stdout: as it is into a file or a pipe, inert on a terminal.
    Raises RunFailedError on a full disk.
    """
    if sys.stdout.isatty():
        to_stdout(content.decode("utf-8", "replace"))
    else:
        _bytes_to_stdout(content)


def _lines_to_stdout(text: str) -> None:
    lines = text if text.endswith("\n") else f"{text}\n"
    _bytes_to_stdout(lines.encode(sys.stdout.encoding or "utf-8", REPLACE_BY_ASCII))


def _bytes_to_stdout(content: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    except OSError as error:
        detach(sys.stdout)
        if error.errno not in READER_GONE:
            msg = f"cannot write the result to stdout: {error.strerror}"
            raise RunFailedError(msg) from error


def is_served() -> bool:
    """Whether `textual serve` shows the screen in a browser: then there is no terminal here."""
    return bool(os.environ.get("TEXTUAL_DRIVER"))


def wants_ascii() -> bool:
    """Whether output is limited to ASCII: FFTUI_ASCII is set, the terminal is the Linux console, or
    the locale is C or not UTF-8.
    """
    setting = os.environ.get("FFTUI_ASCII", "")
    if setting:
        return setting != "0"
    if os.environ.get("TERM") == "linux" or _asks_for_c():
        return True
    return locale.getpreferredencoding(do_setlocale=False).lower().replace("-", "") not in {
        "utf8",
        "cp65001",
    }


def _asks_for_c() -> bool:
    """Whether the locale for characters is named C or POSIX.

    Python takes UTF-8 in that locale, and sets LC_CTYPE to say so.
    """
    wanted = os.environ.get("LC_ALL") or os.environ.get("LC_CTYPE") or os.environ.get("LANG")
    if wanted == "C.UTF-8" and not os.environ.get("LC_ALL"):
        wanted = os.environ.get("LANG")
    return wanted in ("C", "POSIX")


def detach(stream: TextIO) -> None:
    """Connect a stream that cannot be written to the null device; what is in its buffer is lost."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
        stream.flush()
    except (OSError, ValueError):  # no file of its own, or closed for good
        return


def _ascii_replacement(error: UnicodeError) -> tuple[str, int]:
    """ASCII for the characters that an encoding lacks; a `?` where there is none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(
        ASCII_FOR.get(sign, "?") for sign in error.object[error.start : error.end]
    ), error.end


codecs.register_error(REPLACE_BY_ASCII, _ascii_replacement)
