"""The lines of a log while an epoch takes long."""

from collections.abc import Iterable

from fftui import events as ev
from fftui.runs.view import RunView
from fftui.text.displays import bar_texts
from fftui.text.progress_line import LogLines

STARTED = ev.RunStarted(
    "run", "tiny", "mnist", "cpu", "float32", ("4→2", "2→2"), 8, 256, 32, 64, False
)
TOGETHER = ev.LayerStarted(1, None, 3, 1.0, (1, 2))
ALONE = ev.LayerStarted(1, 1, 3, 1.0)


def so_far(layer: int, epoch: int, step: int) -> ev.MeansSoFar:
    return ev.MeansSoFar(1, layer, epoch, step, 100, 0.25, 2.0, 0.5)


def epoch_end(number: int) -> ev.EpochFinished:
    return ev.EpochFinished(1, 1, number, 4 * number, 0.5, 2.5, 0.5, 1.0, 0.75, 1000.0, 50.0, 40.0)


def lines_of(events: Iterable[tuple[float, ev.Event]]) -> list[str]:
    view, lines, found = RunView(), LogLines(), []
    for at, event in events:
        view = view.after(at, event)
        found.append(lines.line(event, view))
    return [line for line in found if line is not None]


def test_an_epoch_that_takes_long_has_a_line_a_minute() -> None:
    looks = [
        (5.0 * number, event)
        for number in range(1, 26)  # 125 seconds
        for event in (so_far(1, 1, number), so_far(2, 1, number))
    ]
    start = [(0.0, STARTED), (0.0, TOGETHER)]
    first, *minutes = lines_of([*start, *looks])
    assert "started" in first
    assert [line.split("  ")[1] for line in minutes] == [
        "epoch 1/3, 12 % of it",
        "epoch 1/3, 24 % of it",
    ]
    assert all("loss 0.500  g+ 2.000 2.000 g- 0.500 0.500" in line for line in minutes)


def test_quick_epochs_have_their_own_lines_alone() -> None:
    events: list[tuple[float, ev.Event]] = [(0.0, STARTED), (0.0, ALONE)]
    for number in (1, 2, 3):
        events += [
            (50.0 * number - 2, so_far(1, number, 96)),
            (50.0 * number, epoch_end(number)),
        ]
    assert [line.split("  ")[1] for line in lines_of(events)[1:]] == [
        f"epoch {number}/3" for number in (1, 2, 3)
    ]


def test_the_bar_has_the_goodness_of_the_epoch_under_way() -> None:
    view = RunView()
    for at, event in enumerate((STARTED, ALONE, so_far(1, 1, 1))):
        view = view.after(float(at), event)
    assert "g+ 2.00 g- 0.50" in bar_texts(view)[1]
