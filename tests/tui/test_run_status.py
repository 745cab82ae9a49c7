"""The log of a run: what is scrolled back stays in sight."""

from dataclasses import replace

import pytest
from textual.geometry import Size

from fftui.runs.view import LOG_KEPT, LogLine, RunView
from fftui.tui.widgets.run_status import LogPane

HEIGHT = 5


def view(first: int, last: int, run: str = "a") -> RunView:
    """A view whose log has the lines of these numbers."""
    log = tuple(LogLine(float(n), f"{run}{n}") for n in range(first, last))
    return replace(RunView(), log=log)


@pytest.fixture
def pane(monkeypatch: pytest.MonkeyPatch) -> LogPane:
    monkeypatch.setattr(LogPane, "size", Size(40, HEIGHT))
    monkeypatch.setattr(LogPane, "repaint", lambda self: None)
    return LogPane()


def shown(pane: LogPane) -> list[str]:
    rows = pane.rows(40, HEIGHT)
    return [row.spans[-1][0].strip() for row in rows]


def test_a_full_log_does_not_drift_under_what_is_read(pane: LogPane) -> None:
    pane.show(view(0, LOG_KEPT))
    pane.scroll_by(100)
    before = shown(pane)
    pane.show(view(7, LOG_KEPT + 7))  # as many lines as before
    assert shown(pane) == before
    pane.show(view(450, LOG_KEPT + 450))  # what was read is not kept any more: the oldest there are
    assert shown(pane) == [f"a{n}" for n in range(450, 455)]


def test_another_run_is_shown_from_its_newest_line(pane: LogPane) -> None:
    pane.show(view(0, 40))
    pane.scroll_by(30)
    pane.show(view(0, 8, "b"))
    assert shown(pane) == ["b3", "b4", "b5", "b6", "b7"]
