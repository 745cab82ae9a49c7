"""Text from outside as text and nothing more: what a terminal, a spreadsheet or a reader of
Markdown would obey, or would show in another order than it is written, is replaced.

Names, notes, errors and paths of a run's folder may come from anybody. Whatever writes them for
people passes them through here: the command line's streams, the screen's last filter, exported
tables, notices and copies.
"""

import re

MARK = "�"  # stands for one character that is not shown
# C0 and C1 but for the newline and the tab, marks that change the direction of text, separators of
# lines, invisible signs, tags, and halves of surrogate pairs. The joiners that scripts and emoji
# need (U+200C, U+200D) and the signs for numbers of Arabic and Syriac stay.
_OF_ANY_LINE = (
    r"\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_HARMFUL = re.compile(rf"[\x00-\x08\x0b-\x1f{_OF_ANY_LINE}\ud800-\udfff]")
_LINE_BREAKS = re.compile("\r\n|[\t\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]")
_ONE_CELL = frozenset(("\u00ad", *map(chr, range(0xD800, 0xE000))))  # the others take no cell
_NONE = {ord("\n"): None, ord("\t"): None}
# the same characters in the syntax of Rust's regular expressions, where no text holds surrogates
RUST_HARMFUL = (
    "[\\x00-\\x08\\x0b-\\x1f" + re.sub(r"\\[uU]([0-9a-f]{4,8})", r"\\x{\1}", _OF_ANY_LINE) + "]"
)
RUST_LINE_BREAKS = r"\r\n|[\t\n\x0b\x0c\r\x1c-\x1e\x{85}\x{2028}\x{2029}]"
FORMULA = r"^[=+\-@＝＋－＠]"  # what spreadsheets take for the beginning of a formula
_FORMULA = re.compile(FORMULA)
_OF_MARKDOWN = re.compile(r"[\\|`<\[]")


def inert(text: str) -> str:
    """`text` with a mark for each character that is no text; newlines and tabs stay."""
    return text if text.isprintable() else _HARMFUL.sub(MARK, text)


def one_line(text: str) -> str:
    """`text`, inert and in one line: each line break and tab is a space."""
    return text if text.isprintable() else _HARMFUL.sub(MARK, _LINE_BREAKS.sub(" ", text))


def in_cells(text: str) -> str:
    """`text`, inert and in as many cells of a terminal: characters without a width are removed."""
    if text.isprintable():
        return text
    return _HARMFUL.sub(lambda found: MARK if found[0] in _ONE_CELL else "", text).translate(_NONE)


def inert_json(text: str) -> str:
    r"""JSON in which characters that are no text are written `\uXXXX`: the values are the same."""
    return text if text.isprintable() else _HARMFUL.sub(_json_escape, text)


def spreadsheet_cell(text: str) -> str:
    """`text`, inert and in one line, as a spreadsheet shows it: an apostrophe before what it would
    take for a formula. Numbers are none.
    """
    text = one_line(text)
    return f"'{text}" if _FORMULA.match(text) and not _is_number(text) else text


def markdown_cell(text: str) -> str:
    """`text`, inert and in one line, as a cell of a Markdown table: no markup, no HTML."""
    return _OF_MARKDOWN.sub(_markdown_escape, one_line(text))


def _json_escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2].hex() for at in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs)


def _markdown_escape(found: re.Match[str]) -> str:
    return "&lt;" if found[0] == "<" else f"\\{found[0]}"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
