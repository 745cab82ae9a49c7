"""Features of the terminal, from the environment, the system and tmux; nothing is sent to it."""

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

from fftui.doctor.checks import Check, Json, Section
from fftui.text.pictures_wanted import VARIABLE, first_wanted, multiplexer
from fftui.text.streams import wants_ascii

COLUMNS, ROWS = 80, 24  # the screen is laid out for these
STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
COLOURS = {"truecolor": "truecolor", "256": "256", "standard": "16", "windows": "16"}


def terminal_section(environ: Mapping[str, str] = os.environ) -> Section:
    """Streams, size, kind, colours, signs, and what lies between fftui and the terminal."""
    session = _session(environ)
    checks = (
        _streams(),
        _size(),
        _kind(environ),
        _colours(environ),
        _unicode(environ),
        session,
        _copying(environ),
        _pictures(environ),
    )
    return Section("terminal", "Terminal", checks)


def colour_names(environ: Mapping[str, str] = os.environ) -> str:
    """The colours that the screen and the progress bars send: truecolor, 256, 16 or none."""
    from rich.console import Console  # noqa: PLC0415

    if environ.get("NO_COLOR"):
        return "none"
    return COLOURS.get(Console(force_terminal=True, _environ=environ).color_system or "", "none")


def _streams() -> Check:
    value = {name: os.isatty(fd) for name, fd in STREAMS.items()}
    no = [name for name, is_one in value.items() if not is_one]
    if not no:
        return Check("terminals", "terminals", "ok", value, "stdin, stdout, stderr")
    text = f"not {', not '.join(no)}"
    if value["stdin"] and value["stdout"]:
        return Check("terminals", "terminals", "ok", value, text)
    advice = (
        "the screen needs stdin and stdout to be terminals (ssh: -t, docker: -it); without: fftui"
        " run --headless"
    )
    return Check("terminals", "terminals", "missing", value, text, advice)


def _size() -> Check:
    columns = rows = 0
    for fd in (2, 1, 0):
        with suppress(OSError):
            columns, rows = os.get_terminal_size(fd)
            break
    if not (columns and rows):
        return Check("size", "size", "note", None, "not known")
    value, text = {"columns": columns, "rows": rows}, f"{columns} columns, {rows} rows"
    if columns >= COLUMNS and rows >= ROWS:
        return Check("size", "size", "ok", value, text)
    advice = (
        f"the screen is laid out for {COLUMNS} x {ROWS}: a larger window or smaller letters would"
        " show all of it"
    )
    return Check("size", "size", "note", value, text, advice)


def _kind(environ: Mapping[str, str]) -> Check:
    kind = environ.get("TERM")
    if kind not in (None, "", "dumb", "unknown"):
        return Check("term", "TERM", "ok", kind, kind or "")
    advice = (
        "programs then think that the terminal cannot move its cursor; if it can:"
        " TERM=xterm-256color"
    )
    return Check("term", "TERM", "note", kind, kind or "not set", advice)


def _colours(environ: Mapping[str, str]) -> Check:
    names = colour_names(environ)
    value: Json = {
        "colours": names,
        "colorterm": environ.get("COLORTERM"),
        "no_color": bool(environ.get("NO_COLOR")),
    }
    if environ.get("NO_COLOR"):
        return Check("colours", "colours", "ok", value, "none, as NO_COLOR asks")
    by = f"COLORTERM is {environ.get('COLORTERM') or 'not set'}"
    if names in {"truecolor", "256"}:
        return Check("colours", "colours", "ok", value, f"{names}; {by}")
    advice = "if the terminal has more: set TERM=xterm-256color or COLORTERM=truecolor"
    return Check("colours", "colours", "note", value, f"{names}; {by}", advice)


def _unicode(environ: Mapping[str, str]) -> Check:
    """Unicode or ASCII. In the C locale Python takes UTF-8, and then reports UTF-8 itself."""
    forced = environ.get("FFTUI_ASCII") or None
    named = _locale(environ)
    ascii_only = wants_ascii()
    value: Json = {"unicode": not ascii_only, "locale": named, "fftui_ascii": forced}
    if forced is not None:
        text = f"{'no' if ascii_only else 'yes'}, as FFTUI_ASCII={forced} asks"
        return Check("unicode", "Unicode", "ok", value, text)
    if ascii_only:
        advice = "finer curves and bars: a UTF-8 locale (LC_ALL=C.UTF-8), if the terminal shows it"
        return Check(
            "unicode", "Unicode", "missing", value, f"no: the locale is {named or 'C'}", advice
        )
    if "utf" in named.lower() or sys.platform in {"darwin", "win32"}:
        return Check(
            "unicode", "Unicode", "ok", value, f"yes: the locale is {named or 'the system’s'}"
        )
    advice = (
        "if boxes, underscores or question marks are drawn: FFTUI_ASCII=1, or a UTF-8 locale"
        " (LC_ALL=C.UTF-8)"
    )
    text = f"taken for granted by Python; the locale, {named or 'C'}, does not promise it"
    return Check("unicode", "Unicode", "note", value, text, advice)


def _locale(environ: Mapping[str, str]) -> str:
    """The locale of characters as it was before Python, started in the C locale, put its own in
    LC_CTYPE.
    """
    by_python = sys.flags.utf8_mode and environ.get("LC_CTYPE") in {"C.UTF-8", "C.utf8", "UTF-8"}
    names = ("LC_ALL", "LANG") if by_python else ("LC_ALL", "LC_CTYPE", "LANG")
    return next((environ[name] for name in names if environ.get(name)), "")


def _session(environ: Mapping[str, str]) -> Check:
    inside = multiplexer(environ)
    ssh = bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
    value = {"multiplexer": inside, "ssh": ssh}
    if inside is None and ssh:
        advice = "a run outlives a lost connection; in tmux or screen its screen does too"
        return Check(
            "session", "session", "note", value, "over ssh, without tmux or screen", advice
        )
    where = f"inside {inside}" if inside else "without tmux or screen"
    text = f"{where}, {'over ssh' if ssh else 'not over ssh'}"
    return Check("session", "session", "ok", value, text)


def _copying(environ: Mapping[str, str]) -> Check:
    """Text is copied to the clipboard by OSC 52, a sequence that whatever lies between
    may swallow.
    """
    key, label = "osc52", "copying"
    inside = multiplexer(environ)
    if inside == "screen":
        advice = "screen swallows the sequence (OSC 52) that copies text; tmux can let it through"
        return Check(key, label, "missing", False, "does not reach the terminal", advice)
    if inside != "tmux":
        return Check(key, label, "ok", None, "by OSC 52: whether it is taken is up to the terminal")
    setting = _ask_tmux("show-options", "-s", "-v", "set-clipboard")
    if setting is None:
        return Check(key, label, "note", None, "not known: tmux does not answer")
    if setting != "on":
        advice = "copied text would reach the clipboard: tmux set -s set-clipboard on"
        return Check(
            key, label, "missing", False, f"tmux keeps it back (set-clipboard is {setting})", advice
        )
    features = _ask_tmux("display-message", "-p", "#{client_termfeatures}")
    if features and "clipboard" not in features.split(","):
        advice = (
            "if the terminal takes OSC 52: tmux set -as terminal-features ',*:clipboard', then"
            " attach again"
        )
        return Check(
            key, label, "note", False, "tmux does not know that the terminal takes it", advice
        )
    return Check(key, label, "ok", True, "tmux passes it on to the terminal (OSC 52)")


def _pictures(environ: Mapping[str, str]) -> Check:
    """How the screen draws pictures: in cells, or in pixels, which the terminal is asked about when
    there are some.
    """
    key, label = "pictures", "pictures"
    wanted, inside = first_wanted(None, environ), multiplexer(environ)
    if environ.get("NO_COLOR") or wants_ascii():
        return Check(key, label, "ok", "cells", "in signs of text, without colours")
    if wanted != "auto":
        ways = {"cells": "in cells", "kitty": "by Kitty's protocol", "sixel": "as Sixel"}
        text = f"{ways[wanted]}, as {VARIABLE}={wanted} asks"
        return Check(key, label, "ok", wanted, text)
    if inside is not None:
        text = f"in cells: {inside} does not keep others"
        return Check(key, label, "ok", "cells", text)
    text = "in pixels (Kitty, Sixel) where the terminal says that it can, else in cells"
    return Check(key, label, "ok", "auto", text)


def _ask_tmux(*question: str) -> str | None:
    try:
        answer = subprocess.run(
            ["tmux", *question], capture_output=True, text=True, timeout=2, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
