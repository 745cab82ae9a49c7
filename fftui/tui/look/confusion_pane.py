"""The confusion matrix: a row for each true label, a column for each predicted one."""

from fftui.network_report import Confusion, NetworkReport
from fftui.text.format import percent
from fftui.text.inspect_text import mistakes_text
from fftui.tui.look.room import Drawn, Room, words
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import fitted
from fftui.tui.widgets.row_widget import Line, Span, line

NAME = 12  # cells of a label's name at most
RIGHT = 8  # cells of the share of a row that is right
LEAST_ROWS = 4  # of the matrix, before words give way


def confusion_pane(confusion: Confusion, report: NetworkReport, room: Room) -> Drawn:
    """What was predicted for each true label, as much of it as fits; and the mistakes in words."""
    classes = len(confusion.counts)
    said = words(mistakes_text(confusion, report), room)
    said = said[: max(1, room.height - 1 - min(LEAST_ROWS, classes))]
    body = max(1, room.height - len(said) - 1)
    largest = max(classes - 1, *map(max, confusion.counts))
    names = [_name(label, report) for label in range(classes)]
    name = min(NAME, max(map(len, names)))
    each = len(str(largest)) + 2
    across = max(1, min(classes, (room.width - name - RIGHT) // each))
    tops, lefts = max(1, classes - body + 1), classes - across + 1
    top, left = min(room.top, tops - 1), min(room.left, lefts - 1)
    shown = range(left, left + across)
    head = "".join(f"{label:>{each}}" for label in shown)
    corner = fitted("true", name)
    rows = [line((f"{corner}{head}{'right %':>{RIGHT}}", "dim"))]
    for label in range(top, min(classes, top + body)):
        spans: list[Span] = [(fitted(names[label], name), "text")]
        spans += [_cell(confusion, label, column, each) for column in shown]
        spans.append((f"{_share(confusion, label):>{RIGHT}}", "dim"))
        rows.append(Line(tuple(spans)))
    return Drawn((*rows, *said), tops, lefts)


def _name(label: int, report: NetworkReport) -> str:
    name = report.name(label)
    return name if name == str(label) else f"{label} {name}"


def _cell(confusion: Confusion, label: int, predicted: int, width: int) -> Span:
    count = confusion.counts[label][predicted]
    style: StyleName = "bold" if label == predicted else "warn" if count else "faint"
    return (f"{count or '·':>{width}}", style)


def _share(confusion: Confusion, label: int) -> str:
    row = confusion.counts[label]
    return percent(row[label] / sum(row), 0) if sum(row) else "–"
