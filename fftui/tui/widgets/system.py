"""`SystemPanel`: what the machine does while layers learn, each figure on its own fixed scale."""

from collections.abc import Sequence
from itertools import groupby

from fftui.events import TelemetrySampled
from fftui.runs.view import RunView
from fftui.tui.gauges import Gauge, Machine, gauges, missing_lines
from fftui.tui.widgets.painted import Line, Painted, Piece, line
from fftui.tui.widgets.plot import Tone, sparkline
from fftui.tui.widgets.text import fitted

NO_SAMPLES = "no samples yet: telemetry is off, or starts with the first step"
WIDE = 50  # cells from which a value has room for its whole


class SystemPanel(Painted):
    """Process and GPU figures as strips of the last minutes, a column a second."""

    HELP = """
    Each line has a fixed scale: CPU up to 100 % a core, memory up to what the machine has, power up to its limit. A
    column is a second, at its highest; a mark across the strips is where the next layer began. g shows the whole run.
    """

    def __init__(self, machine: Machine, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.machine = machine
        self.border_title = "System"
        self._view = RunView()

    def show(self, view: RunView) -> None:
        """Show the samples of `view`."""
        before, self._view = self._view, view
        if view.telemetry is not before.telemetry or view.missing is not before.missing:
            self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """One row a figure: name, strip, value; why others are missing stands below."""
        view = self._view
        if not view.telemetry:
            return [line((NO_SAMPLES[:width], "dim"))][:height]
        reasons = [line((fitted(text, width), "dim")) for text in missing_lines(view)]
        below = min(len(reasons), max(1, height // 4)) if reasons else 0
        shown = list(gauges(view, self.machine))[: max(0, height - below)]
        named = max((len(gauge.name) for gauge in shown), default=0)
        value = 20 if width >= WIDE else 16
        columns = Columns.of(view, max(4, width - named - value - 2))
        rows = [self._row(gauge, columns, named, value) for gauge in shown]
        return [*rows, *reasons][:height]

    def _row(self, gauge: Gauge, columns: "Columns", named: int, value: int) -> Line:
        newest = getattr(self._view.telemetry[-1], gauge.figure)
        strip = columns.strip(gauge, self.glyphs.levels)
        pieces = marked(strip, columns.boundaries, self.glyphs.boundary, "dim")
        return line((f"{gauge.name:<{named}} ", "dim"), *pieces, f" {gauge.text(newest):>{value}}")


class Columns:
    """The newest samples, gathered by the second, and the columns at which another layer began."""

    def __init__(self, seconds: Sequence[Sequence[TelemetrySampled]], width: int) -> None:
        self._seconds, self._width = seconds, width
        places = [(second[0].phase, second[0].layer) for second in seconds]
        first = width - len(seconds)
        self.boundaries = frozenset(
            first + column for column in range(1, len(places)) if places[column] != places[column - 1]
        )

    @classmethod
    def of(cls, view: RunView, width: int) -> "Columns":
        """`width` columns at most. Seconds are counted from the run's first sample: a column stays as it is."""
        each = max(1, round(view.machine.hz)) if view.machine else 1
        kept = view.telemetry[-width * each :]
        first = view.history.samples - len(kept)
        counted = ((first + number, sample) for number, sample in enumerate(kept))
        seconds = [[sample for _, sample in group] for _, group in groupby(counted, lambda pair: pair[0] // each)]
        return cls(seconds[-width:], width)

    def strip(self, gauge: Gauge, levels: str) -> str:
        """The highest of each second on the gauge's scale."""
        values = [
            max((v for sample in second if (v := getattr(sample, gauge.figure)) is not None), default=None)
            for second in self._seconds
        ]
        return sparkline(values, 0.0, gauge.top, self._width, levels)


def marked(text: str, columns: frozenset[int], sign: str, tone: Tone) -> list[Piece]:
    """`text` with `sign` at these columns, in a tone of its own."""
    pieces: list[Piece] = []
    for is_mark, group in groupby(range(len(text)), lambda column: column in columns):
        here = list(group)
        pieces.append((sign * len(here), "accent") if is_mark else (text[here[0] : here[-1] + 1], tone))
    return pieces
