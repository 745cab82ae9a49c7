"""Dead units, always-on units and sparsity of all layers as rows, and of one layer in words."""

from fftui.network_report import LayerReport, NetworkReport, UnitActivity
from fftui.text.format import percent
from fftui.text.inspect_text import units_text
from fftui.tui.look.room import Drawn, Room, drawn, words
from fftui.tui.widgets.row_widget import Line, line

MOST_NAMED = 60  # units whose numbers are listed


def units_pane(layer: LayerReport | None, report: NetworkReport, room: Room) -> Drawn:
    """A row for each layer; below it what holds for `layer`, with the numbers of its units."""
    labels = any(each.units.active_negative is not None for each in report.layers)
    head = f"  {'layer':>5} {'units':>6} {'dead':>6} {'always on':>10} {'active':>9}"
    head += f" {'wrong label':>12}" if labels else ""
    rows = [line((head, "dim"))]
    rows += [_row(each, each is layer, room) for each in report.layers]
    if layer is not None:
        rows += [line(""), *words(_said(layer.units), room)]
    return drawn(rows, room)


def _row(layer: LayerReport, chosen: bool, room: Room) -> Line:
    units = layer.units
    text = (
        f"{layer.number:>5} {units.units:>6} {len(units.dead):>6} {len(units.always_on):>10}"
        f" {percent(units.active_positive, 1):>7} %"
    )
    if units.active_negative is not None:
        text += f" {percent(units.active_negative, 1):>10} %"
    mark = room.glyphs.cursor if chosen else " "
    return line((f"{mark} ", "accent"), text, cursor=chosen)


def _said(units: UnitActivity) -> list[str]:
    lines = list(units_text(units))
    for what, numbers in (("dead", units.dead), ("always on", units.always_on)):
        if numbers:
            more = f" and {len(numbers) - MOST_NAMED} more" if len(numbers) > MOST_NAMED else ""
            lines.append(f"{what}: {', '.join(map(str, numbers[:MOST_NAMED]))}{more}")
    return lines
