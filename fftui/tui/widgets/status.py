"""The line over a run (`RunHead`), its progress (`ProgressLine`) and its log (`LogPane`)."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events

from fftui import format as fmt
from fftui.runs.view import LogLine, RunView
from fftui.tui.widgets.painted import Line, Painted, Piece, line
from fftui.tui.widgets.plot import Tone
from fftui.tui.widgets.text import cut

STATUS_TONES: dict[str, Tone] = {
    "running": "accent",
    "paused": "warn",
    "finished": "good",
    "interrupted": "warn",
    "failed": "bad",
}


class RunHead(Painted):
    """One line: which run, on what, and how it stands."""

    def __init__(self, run: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.run = run
        self._view = RunView()
        self._word: str | None = None

    def show(self, view: RunView, word: str | None = None) -> None:
        """Show `view`; `word` stands for its status where the screen knows more (`loading`, `stopping`)."""
        self._view, self._word = view, word
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """Name and data at the left, status at the right; the name gives way first."""
        view, started = self._view, self._view.started
        status = self._word or view.status
        if status == "running":
            status = "learning"
        shown = f"{self.glyphs.states.get(view.status, '')} {status}"
        if view.result is not None and view.result.test_accuracy is not None:
            shown += f"  test {fmt.percent(view.result.test_accuracy)} %"
        tone = "accent" if self._word else STATUS_TONES.get(view.status, "text")
        name = started.experiment if started else self.run
        facts = [started.data, started.device, started.precision] if started else []
        if started and width >= 150:
            facts.append(f"{fmt.count(started.train_images)} training images")
            facts.append(self.run)
        room = max(0, width - cell_len(shown) - 3)
        while facts and cell_len("  ".join([name, *facts])) > room:
            facts.pop()
        left = "  ".join(["", *facts])
        name = cut(name, room - cell_len(left))
        gap = max(1, width - cell_len(name) - cell_len(left) - cell_len(shown) - 2)
        return [line(" ", (name, "bold"), (left, "dim"), " " * gap, (shown, tone))]


class ProgressLine(Painted):
    """How much is done, how long it took, how long it will take."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._view = RunView()

    def show(self, view: RunView) -> None:
        """Show the progress of `view`."""
        self._view = view
        self.repaint()

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """A bar with its share, and the words under it (beside it where only one row is given)."""
        view = self._view
        words = self._words()
        if height < 2 and view.result is not None and view.result.error:
            return [line((f" {'   '.join(words)}", "bad"))]
        if height < 2:
            words = words[: 3 if width >= 72 else 2]
            text = "   ".join(words)
            bar = max(8, width - cell_len(text) - 9)
            return [line(" ", *self._bar(bar, view), "  ", text[: max(0, width - bar - 9)])]
        return [line(" ", *self._bar(width - 7, view)), line((" " + "   ".join(words), "dim"))]

    def _bar(self, width: int, view: RunView) -> list[Piece]:
        share = min(1.0, max(0.0, view.fraction))
        done = round(share * width)
        tone: Tone = {"failed": "bad", "interrupted": "warn"}.get(view.status, "accent")  # type: ignore[assignment]
        whole = int(100 * share)
        return [
            (self.glyphs.bar_done * done, tone),
            (self.glyphs.bar_left * (width - done), "faint"),
            (f" {whole:>3} %", "text"),
        ]

    def _words(self) -> list[str]:
        view = self._view
        if view.result is not None:
            words = [f"{view.result.status}", f"learned for {fmt.duration(view.result.train_s)}"]
            if view.result.error:
                words.insert(1, view.result.error)
            return words
        if view.started is None:
            return ["waiting for the first event"]
        words = []
        left = view.time_left_s()
        words.append(f"{fmt.duration(left)} left" if left is not None else "time left: after the first step")
        if view.status == "paused":
            words[0] = "paused"
        words.append(self._where())
        if view.progress is not None and view.progress.samples_per_s is not None:
            words.append(f"{fmt.count(view.progress.samples_per_s)} images/s")
        if view.now is not None and view.started_at is not None:
            words.append(f"{fmt.duration(max(0.0, view.now - view.started_at))} gone")
        if view.progress is not None:
            words.append(f"step {fmt.count(view.progress.done)} of {fmt.count(view.progress.total)}")
        return words

    def _where(self) -> str:
        view = self._view
        if view.current is None or view.current >= len(view.layers):
            return "between layers" if view.progress is not None else "getting ready"
        row = view.layers[view.current]
        numbered = sum(r.number is not None for r in view.layers)
        who = row.label if row.number is None else f"layer {row.number}/{numbered}"
        if len(view.learning) > 1:
            who = f"{len(view.learning)} layers,"
        epoch = view.progress.epoch if view.progress is not None else row.epoch
        return f"{who} epoch {epoch}/{row.epochs}"


class LogPane(Painted, can_focus=True):
    """The newest log lines; the wheel and the page keys scroll back."""

    HELP = "What happened, newest at the end. Page up and page down scroll."

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.border_title = "Log"
        self._log: tuple[LogLine, ...] = ()
        self._back = 0  # lines scrolled back from the newest

    def show(self, view: RunView) -> None:
        """Show the log of `view`."""
        if view.log is self._log:
            return
        if self._back:
            self._back += max(0, len(view.log) - len(self._log))
        self._log = view.log
        self.repaint()

    def scroll_by(self, lines: int) -> None:
        """Scroll back (positive) or towards the newest line."""
        self._back = max(0, min(len(self._log) - max(1, self.size.height), self._back + lines))
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
        """The page keys scroll."""
        page = max(1, self.size.height - 1)
        steps = {"pageup": page, "pagedown": -page, "up": 1, "down": -1, "end": -len(self._log), "home": len(self._log)}
        if event.key in steps:
            event.stop()
            self.scroll_by(steps[event.key])

    def rows(self, width: int, height: int) -> Sequence[Line]:
        """The last lines that fit, with their local time."""
        if not self._log:
            return [line((" nothing has been noted yet", "dim"))][:height]
        end = len(self._log) - self._back
        shown = self._log[max(0, end - height) : end]
        rows = []
        for entry in shown:
            bad = entry.text.startswith("failed")
            text = " ".join(entry.text.split())
            rows.append(
                line((f" {fmt.clock(entry.at):<8}  ", "dim"), (cut(text, width - 11), "bad" if bad else "text"))
            )
        return rows
