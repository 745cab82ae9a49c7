"""The rows of the form, and what it says of one field."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fftui.text import format as fmt
from fftui.tui.draft import Draft, entry_at
from fftui.tui.fields import Field
from fftui.tui.glyphs import Glyphs
from fftui.tui.widgets.cell_text import cut
from fftui.tui.widgets.row_list import Row, cell
from fftui.tui.widgets.row_widget import Span

# Cells of a value, and of the preset's beside it; the input line shows the whole value.
LEAST_VALUE, LONGEST_VALUE, LONGEST_BEFORE = 16, 36, 16
OTHER_CELLS = 31  # of a row: cursor, mark, name, gaps, scrollbar


@dataclass(frozen=True)
class FormRow:
    """A row and its field; None for a heading."""

    row: Row
    field: Field | None


def form_rows(draft: Draft, glyphs: Glyphs, width: int) -> list[FormRow]:
    """Headings of sections, and the fields under them, for a list of `width` cells."""
    room = width - OTHER_CELLS
    value_width = min(LONGEST_VALUE, max(LEAST_VALUE, room - LONGEST_BEFORE))
    widths = (value_width, min(LONGEST_BEFORE, max(1, room - value_width)))
    rows: list[FormRow] = []
    section = None
    for field in draft.fields:
        shown = _section(field) + _entry_note(draft, field, glyphs)
        if shown != section:
            section = shown
            rows.append(FormRow(Row((cell(shown, "title"),), heading=True), None))
        rows.append(FormRow(_row(draft, field, glyphs, widths), field))
    return rows


def meaning(field: Field, before: str | None, base_name: str) -> str:
    """What a field is, what may be typed, its default and, where it differs, what `base_name`
    has.
    """
    parts = _meaning_parts(field, _amount(field))
    if before is not None:
        parts = [*parts, f"{base_name} {before}"]
    return "; ".join(part for part in parts if part)


def _meaning_parts(field: Field, amount: str) -> list[str]:
    about = field.description
    if field.choices:
        about = f"{about}{': ' if about else ''}{', '.join(field.choices)}"
    allowed = field.bounds if field.choices else " ".join((field.type_name, field.bounds)).strip()
    if field.nullable:
        allowed = f"{allowed} or null".strip()
    default = "" if field.default is None else f"default {field.default or 'empty'}"
    return [about, allowed, f"in {field.unit}{amount}" if field.unit else "", default]


def _amount(field: Field) -> str:
    """A number of bytes or seconds, in a unit for people."""
    write: Callable[[float], str] | None = {"bytes": fmt.size, "seconds": fmt.duration}.get(
        field.unit
    )
    try:
        return "" if write is None else f" (now {write(float(field.text))})"
    except ValueError:
        return ""


def _row(draft: Draft, field: Field, glyphs: Glyphs, widths: tuple[int, int]) -> Row:
    text = draft.text_of(field)
    wrong = field.path in draft.check.errors
    left, right = glyphs.choice
    shown = cut(f"{left} {text} {right}" if field.choices else text, widths[0])
    before = draft.changes.get(field.path)
    note: Span = ("", "text")
    if wrong:
        note = ("does not fit", "bad")
    elif before is not None:
        note = (cut(before or "empty", widths[1]), "accent")
    changed = before is not None and not wrong
    value = cell(shown, "bad" if wrong else "accent" if changed else "text")
    mark = cell(glyphs.changed if changed else " ", "accent")
    return Row((mark, cell(_name(field), "dim"), value, note, cell(field.description, "dim")))


def _name(field: Field) -> str:
    if field.role == "count":
        return f"number of {field.section.rpartition('.')[2]}"
    return field.name.replace("_", " ")


def _section(field: Field) -> str:
    parts = field.section.split(".") if field.section else ["experiment"]
    if field.role == "count":
        parts = [parts[0]] if parts[0] == "phases" else parts[:-1]
    named = [str(int(part) + 1) if part.isdigit() else part for part in parts]
    text = " ".join(named).replace("layers", "layer").replace("phases", "phase")
    return text if text != "phase" else "phases"


def _entry_note(draft: Draft, field: Field, glyphs: Glyphs) -> str:
    """Whether the layer or phase of a field is new or was moved."""
    entry = None if field.role == "count" else entry_at(field.path)
    if entry is None:
        return ""
    if entry.path in draft.new_entries:
        return f" {glyphs.dot} new"
    before = draft.moved_entries.get(entry.path)
    return "" if before is None else f" {glyphs.dot} moved from place {before + 1}"


def places(rows: list[FormRow]) -> Iterator[tuple[int, Field]]:
    """The fields with the numbers of their rows."""
    for index, each in enumerate(rows):
        if each.field is not None:
            yield index, each.field
