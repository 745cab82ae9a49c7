"""The two themes of fftui, and the theme that a terminal starts with."""

import os
from collections.abc import Collection

from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

# Of the runs of a comparison, after Okabe and Ito (2008): told apart with any colour vision.
LINES_ON_DARK = {
    "line-1": "#56b4e9",
    "line-2": "#e69f00",
    "line-3": "#3fbf8f",
    "line-4": "#d98cb8",
    "line-5": "#e8e06a",
    "line-6": "#ef7b45",
}
LINES_ON_LIGHT = {
    "line-1": "#0062a3",
    "line-2": "#9a5b00",
    "line-3": "#00714f",
    "line-4": "#a03a76",
    "line-5": "#6b6200",
    "line-6": "#b8391a",
}

DARK = Theme(
    name="fftui-dark",
    primary="#5fb3a1",
    secondary="#c8a86b",
    accent="#5fb3a1",
    warning="#d9a441",
    error="#e0655f",
    success="#7fb069",
    foreground="#d5d9dc",
    background="#14181b",
    surface="#14181b",
    panel="#1d2327",
    boost="#1d2327",
    dark=True,
    variables={
        "ink-dim": "#8a949b",
        "ink-faint": "#4a545b",
        "ink-second": "#c8a86b",
        "ink-accent": "#5fb3a1",
        "ink-good": "#7fb069",
        "ink-warn": "#d9a441",
        "ink-bad": "#e0655f",
        "rule": "#333d44",
        "lit": "#22292d",
        "footer-background": "#14181b",
        "footer-description-foreground": "#8a949b",
        "footer-key-foreground": "#5fb3a1",
        "input-selection-background": "#5fb3a1 35%",
        **LINES_ON_DARK,
    },
)

LIGHT = Theme(
    name="fftui-light",
    primary="#0b6e5f",
    secondary="#8a5a00",
    accent="#0b6e5f",
    warning="#8a5a00",
    error="#b3261e",
    success="#3b6d1f",
    foreground="#1d2326",
    background="#fafaf7",
    surface="#fafaf7",
    panel="#efefea",
    boost="#efefea",
    dark=False,
    variables={
        "ink-dim": "#5c666c",
        "ink-faint": "#aeb6ba",
        "ink-second": "#8a5a00",
        "ink-accent": "#0b6e5f",
        "ink-good": "#3b6d1f",
        "ink-warn": "#8a5a00",
        "ink-bad": "#b3261e",
        "rule": "#cdd2d3",
        "lit": "#e6ece9",
        "footer-background": "#fafaf7",
        "footer-description-foreground": "#5c666c",
        "footer-key-foreground": "#0b6e5f",
        "input-selection-background": "#0b6e5f 25%",
        **LINES_ON_LIGHT,
    },
)

LIT_SHARES = (0.1, 0.14, 0.18, 0.22, 0.26, 0.3)

# of text, and the theme's colour that each is
INKS = {
    "ink-second": "secondary",
    "ink-accent": "accent",
    "ink-good": "success",
    "ink-warn": "warning",
    "ink-bad": "error",
}
ANSI_DEFAULTS = {
    "ink-dim": "ansi_default",
    "ink-faint": "ansi_bright_black",
    "ink-second": "ansi_yellow",
    "rule": "ansi_bright_black",
    "lit": "ansi_default",
    "line-1": "ansi_blue",
    "line-2": "ansi_yellow",
    "line-3": "ansi_green",
    "line-4": "ansi_magenta",
    "line-5": "ansi_cyan",
    "line-6": "ansi_red",
}


def defaults(theme: Theme) -> dict[str, str]:
    """The stylesheet's colours for a theme that is not fftui's own."""
    colours = theme.to_color_system().generate()
    if theme.ansi:
        return {ink: colours[name] for ink, name in INKS.items()} | ANSI_DEFAULTS
    ink, paper = Color.parse(colours["foreground"]), Color.parse(colours["background"])
    shares = {"ink-dim": 0.65, "ink-faint": 0.45, "rule": 0.25, "lit": _lit_share(ink, paper)}
    # opaque: the style of a part of a widget takes a colour without what is under it
    mixed = {name: paper.blend(ink, share, 1.0).hex for name, share in shares.items()}
    # Textual's own variants of its colours for text, which contrast with the background
    lines = LINES_ON_DARK if theme.dark else LINES_ON_LIGHT
    return {ink: colours[f"text-{name}"] for ink, name in INKS.items()} | mixed | lines


def brightness_of_256(colour: Color) -> float:
    """The brightness, 0 to 1, that a colour has on a terminal of 256 colours: Rich rounds some dark
    tints to black.
    """
    rounded = RichColor.from_rgb(*colour.rgb).downgrade(ColorSystem.EIGHT_BIT).get_truecolor()
    return Color(*rounded).brightness


def _lit_share(ink: Color, paper: Color) -> float:
    """The share of the ink in the background of the cursor's row: the least with which that can be
    told from the others on a terminal of 256 colours too.
    """
    dark = brightness_of_256(paper) < brightness_of_256(ink)
    for share in LIT_SHARES:
        lit = brightness_of_256(paper.blend(ink, share, 1.0))
        if (lit > brightness_of_256(paper)) if dark else (lit < brightness_of_256(paper)):
            return share
    return LIT_SHARES[-1]


def first_theme(available: Collection[str], chosen: str | None = None) -> str:
    """The theme of these that a terminal starts with: TEXTUAL_THEME, if set; the terminal's own
    colours if NO_COLOR is set; the theme that was chosen on the screen; else the dark or light one.

    COLORFGBG, which some terminals set, says whether the background is light.
    """
    background = os.environ.get("COLORFGBG", "").rpartition(";")[2]
    light = background in ("7", "15")
    usual = LIGHT.name if light else DARK.name
    if wants_no_color():
        usual, chosen = "ansi-light" if light else "ansi-dark", None
    wanted = os.environ.get("TEXTUAL_THEME") or chosen
    return wanted if wanted and wanted in available else usual


def wants_no_color() -> bool:
    """Whether NO_COLOR is set and not empty."""
    return bool(os.environ.get("NO_COLOR"))
