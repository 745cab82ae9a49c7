"""The header of a run (`RunHeader`), its progress (`ProgressLine`) and its log (`LogPane`)."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events

from fftui.runs.view import LogLine, RunView
from fftui.text import format as fmt
from fftui.text.run_list_text import DIVERGED
from fftui.tui.style_names import StyleName
from fftui.tui.widgets.cell_text import cut
from fftui.tui.widgets.row_widget import Line, RowWidget, Span, line

STATUS_STYLES: dict[str, StyleName] = {
    "waiting": "dim",
    "running": "accent",
    "paused": "warn",
    "unsaved": "bad",
    "finished": "good",
    "interrupted": "warn",
    "failed": "bad",
}


class RunHeader(RowWidget):
    """One line: the run's id, data set, device and status."""

    def __init__(self, run: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.run = run
        self._view = RunView()
        self._status_text: str | None = None

    def show(self, view: RunView, status_text: str | None = None) -> None:
        """Show `view`; `status_text` replaces its status where the screen knows more (`loading`,
        `stopping`).
        """
        self._view, self._status_text = view, status_text
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The run and its facts at the left, status at the right; facts give way first."""
        view, started = self._view, self._view.started
        status = self._status_text or view.doing
        style = "accent" if self._status_text else STATUS_STYLES.get(view.status, "text")
        sign = self.glyphs.states.get(view.status, "")
        if view.diverged:
            status, style, sign = f"{status}, {DIVERGED}", "bad", self.glyphs.states["failed"]
        shown = f"{sign} {status}"
        if view.result is not None and view.result.test_accuracy is not None:
            shown += f"  test {fmt.percent(view.result.test_accuracy)} %"
        if self.app.sub_title:  # what waits
            shown += f"  {self.app.sub_title}"
        name = self.run
        facts = [started.data, started.device, started.precision] if started else []
        if started and width >= 150:
            facts.append(f"{fmt.count(started.train_images)} training images")
        room = max(0, width - cell_len(shown) - 3)
        while facts and cell_len("  ".join([name, *facts])) > room:
            facts.pop()
        left = "  ".join(["", *facts])
        name = cut(name, room - cell_len(left))
        gap = max(1, width - cell_len(name) - cell_len(left) - cell_len(shown) - 2)
        return [line(" ", (name, "bold"), (left, "dim"), " " * gap, (shown, style))]


class ProgressLine(RowWidget):
    """The share of the run that is done, the elapsed time and the time left."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view = RunView()

    def show(self, view: RunView) -> None:
        """Show the progress of `view`."""
        self._view = view
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """A bar with its share, and the facts below it (beside it where there is only one row)."""
        view = self._view
        facts = self._facts()
        if height < 2 and view.result is not None and view.result.error:
            return [line((f" {'   '.join(facts)}", "bad"))]
        if height < 2:
            facts = facts[: 3 if width >= 72 else 2]
            text = "   ".join(facts)
            bar = max(8, width - cell_len(text) - 9)
            return [line(" ", *self._bar(bar, view), "  ", text[: max(0, width - bar - 9)])]
        return [line(" ", *self._bar(width - 7, view)), line((" " + "   ".join(facts), "dim"))]

    def _bar(self, width: int, view: RunView) -> list[Span]:
        share = min(1.0, max(0.0, view.fraction))
        done = round(share * width)
        styles: dict[str, StyleName] = {
            "failed": "bad",
            "unsaved": "bad",
            "interrupted": "warn",
        }
        style = "bad" if view.diverged else styles.get(view.status, "accent")
        whole = int(100 * share)
        return [
            (self.glyphs.bar_done * done, style),
            (self.glyphs.bar_left * (width - done), "faint"),
            (f" {whole:>3} %", "text"),
        ]

    def _facts(self) -> list[str]:
        view = self._view
        if view.result is not None:
            ended = f"{view.result.status}{f', {DIVERGED}' if view.diverged else ''}"
            facts = [ended, f"learned for {fmt.duration(view.result.train_s)}"]
            if view.result.error:
                facts.insert(1, view.result.error)
            return facts
        if view.started is None:
            return ["waiting for the first event"]
        facts = [self._doing_text()]
        if not view.measuring:
            facts.append(self._stage_text())
            if view.progress is not None and view.progress.samples_per_s is not None:
                facts.append(f"{fmt.count(view.progress.samples_per_s)} samples/s")
        if view.elapsed_s is not None:
            facts.append(f"{fmt.duration(view.elapsed_s)} gone")
        if view.progress is not None:
            facts.append(f"step {fmt.count(view.progress.done)}/{fmt.count(view.progress.total)}")
        return facts

    def _doing_text(self) -> str:
        """The time left, or what the run does instead of learning."""
        view = self._view
        if view.status == "paused":
            return "paused"
        if view.status == "unsaved":
            return "waits for room to write its files: see the log"
        if view.divergence is not None:
            return DIVERGED
        if view.measuring:
            return "measuring the accuracy"
        left = view.time_left_s()
        return "time left: after the first step" if left is None else f"{fmt.duration(left)} left"

    def _stage_text(self) -> str:
        view = self._view
        if view.current is None or view.current >= len(view.layers):
            return "between layers" if view.progress is not None else "getting ready"
        row = view.layers[view.current]
        numbered = sum(r.number is not None for r in view.layers)
        who = row.label if row.number is None else f"layer {row.number}/{numbered}"
        if len(view.learning) > 1:
            who = f"{len(view.learning)} layers,"
        epoch = view.progress.epoch if view.progress is not None else row.epoch
        share = view.progress.step / view.progress.steps if row.under_way and view.progress else 0.0
        return f"{who} epoch {epoch}/{row.epochs}" + (f", {share:.0%}" if share else "")


class LogPane(RowWidget, can_focus=True):
    """The newest log lines; the wheel and the page keys scroll."""

    HELP = "What happened, newest at the end. Page up and page down scroll."

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "Log"
        self._log: tuple[LogLine, ...] = ()
        self._scrolled = 0  # lines scrolled back from the newest

    def show(self, view: RunView) -> None:
        """Show the log of `view`."""
        if view.log is self._log:
            return
        if self._scrolled:
            self._scrolled += _lines_added(self._log, view.log)
        self._log = view.log
        self._scrolled = max(0, min(self._furthest, self._scrolled))
        self.repaint()

    @property
    def _furthest(self) -> int:
        """The lines that can be scrolled back at most."""
        return max(0, len(self._log) - max(1, self.size.height))

    def scroll_by(self, lines: int) -> None:
        """Scroll back (positive) or towards the newest line."""
        self._scrolled = max(0, min(self._furthest, self._scrolled + lines))
        self.repaint()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll back."""
        event.stop()
        self.scroll_by(2)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll towards the newest line."""
        event.stop()
        self.scroll_by(-2)

    def on_key(self, event: events.Key) -> None:
        """Scroll by the page, arrow, home and end keys."""
        page = max(1, self.size.height - 1)
        steps = {
            "pageup": page,
            "pagedown": -page,
            "up": 1,
            "down": -1,
            "end": -len(self._log),
            "home": len(self._log),
        }
        if event.key in steps:
            event.stop()
            self.scroll_by(steps[event.key])

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The last lines that fit, with their local time."""
        if not self._log:
            return [line((" the log is empty", "dim"))][:height]
        end = len(self._log) - self._scrolled
        shown = self._log[max(0, end - height) : end]
        rows = []
        for entry in shown:
            bad = entry.text.startswith(("failed", "unsaved"))
            text = " ".join(entry.text.split())
            rows.append(
                line(
                    (f" {fmt.clock(entry.at):<8}  ", "dim"),
                    (cut(text, width - 11), "bad" if bad else "text"),
                )
            )
        return rows


def _lines_added(before: Sequence[LogLine], now: Sequence[LogLine]) -> int:
    """The lines of `now` after the last one of `before`, negative where it is not a later part of
    the same log: nothing is scrolled back in a log that was not seen yet.
    """
    for added, entry in enumerate(reversed(now)):
        if entry == before[-1]:
            return added
    return -len(before)
