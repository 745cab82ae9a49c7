"""The signs the screen draws with: braille and block elements, or plain ASCII where a terminal has
neither.
"""

from dataclasses import dataclass

from fftui.text.streams import REPLACE_BY_ASCII


@dataclass(frozen=True)
class Glyphs:
    """One set of signs. `levels` rise from nothing to full; `states` are keyed by the state of a
    layer or run.
    """

    braille: bool
    levels: str
    bar_done: str
    bar_left: str
    axis_vertical: str
    axis_horizontal: str
    boundary: str  # between two layers
    cursor: str
    mark: str  # of a row that was chosen
    changed: str  # beside a value that differs from the preset's
    own: str  # beside what is one's own
    absent: str  # beside a data set that is not on this machine
    thumb: str  # of a scrollbar
    choice: tuple[str, str]
    dash: str
    dot: str
    times: str
    arrow: str
    positive: str
    negative: str
    threshold: str
    separation: str
    states: dict[str, str]
    verdicts: dict[str, str]  # of a claim


UNICODE = Glyphs(
    braille=True,
    levels=" ▁▂▃▄▅▆▇█",
    bar_done="━",
    bar_left="─",
    axis_vertical="│",
    axis_horizontal="─",
    boundary="┊",
    cursor="▌",
    mark="◆",
    changed="•",
    thumb="┃",
    own="◇",
    absent="✗",
    choice=("‹", "›"),
    dash="–",
    dot="·",
    times="×",
    arrow="→",
    positive="g⁺",
    negative="g⁻",
    threshold="θ",
    separation="g⁺−g⁻",
    states={
        "waiting": "·",
        "learning": "●",
        "learned": "✓",
        "skipped": "»",
        "diverged": "✗",
        "running": "●",
        "paused": "‖",
        "unsaved": "△",
        "finished": "✓",
        "interrupted": "■",
        "failed": "✗",
    },
    verdicts={
        "holds": "✓",
        "does not hold": "✗",
        "only as the paper ran it": "◐",
        "not as the paper ran it, but with care": "◑",
        "cannot tell": "?",
        "not run here": "·",
    },
)

ASCII = Glyphs(
    braille=False,
    levels=" .:-=+*#@",
    bar_done="=",
    bar_left="-",
    axis_vertical="|",
    axis_horizontal="-",
    boundary="|",
    cursor=">",
    mark="x",
    changed="*",
    thumb="#",
    own="@",
    absent="!",
    choice=("<", ">"),
    dash="-",
    dot="-",
    times="x",
    arrow="->",
    positive="g+",
    negative="g-",
    threshold="theta",
    separation="g+-g-",
    states={
        "waiting": ".",
        "learning": "*",
        "learned": "+",
        "skipped": ">",
        "diverged": "x",
        "running": "*",
        "paused": "=",
        "unsaved": "^",
        "finished": "+",
        "interrupted": "#",
        "failed": "!",
    },
    verdicts={
        "holds": "+",
        "does not hold": "x",
        "only as the paper ran it": "<",
        "not as the paper ran it, but with care": ">",
        "cannot tell": "?",
        "not run here": ".",
    },
)


def glyphs(ascii_only: bool) -> Glyphs:
    """The signs for a terminal that shows only ASCII, or all of them."""
    return ASCII if ascii_only else UNICODE


def plain(text: str, ascii_only: bool) -> str:
    """`text`, with every character outside ASCII replaced by its nearest if `ascii_only`."""
    if not ascii_only or text.isascii():
        return text
    return text.encode("ascii", REPLACE_BY_ASCII).decode("ascii")
