"""What Textual sends of a row that has changed in part: from the first cell that has changed on.
Its own way begins at the left edge of the widget: for a clock at the right end, most of the row.
"""

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.geometry import Region


def parts_to_send(update: ChopsUpdate, console: Console) -> str:
    """The text for the terminal of the cells that `update` spans; in place of
    `ChopsUpdate.render_segments`.
    """
    sent: list[str] = []
    for y, begin, end in update.spans:
        for chop_end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            first, last = max(x, begin), min(chop_end, end)
            if strip is None or first >= last:
                continue
            shown = strip
            if (first, last) != (x, chop_end):
                shown = shown.crop(first - x, last - x)
            sent.append(f"\x1b[{y + 1};{first + 1}H{shown.render(console)}")
    return "".join(sent)


def writes(update: RenderableType | None, region: Region) -> bool:
    """Whether `update`, which the terminal is sent, writes on a cell of `region`."""
    if isinstance(update, LayoutUpdate):
        return update.region.overlaps(region)
    if not isinstance(update, ChopsUpdate):
        return False
    return any(
        region.y <= y < region.bottom and begin < region.right and region.x < end
        for y, begin, end in update.spans
    )


def install() -> None:
    """Let Textual, whose version is pinned, send parts of rows."""
    ChopsUpdate.render_segments = parts_to_send  # type: ignore[method-assign, assignment]
