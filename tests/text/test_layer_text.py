"""Runs in words: layers one after the other, layers in parallel, and the network as a whole."""

from fftui import events as ev
from fftui.runs.view import RunView
from fftui.text.layer_text import head_text, layer_rows
from fftui.text.progress_line import progress_line

STARTED = ev.RunStarted(
    "run", "tiny", "mnist", "cpu", "float32", ("4→2", "2→2"), 8, 256, 32, 64, False
)
MEASURED = ev.Evaluated(1, None, 1, "test", True, 0.75, (0.5, 0.625), (3, 4), (5, 5), 0.1, 0.9889)
TOGETHER = (
    STARTED,
    ev.PhaseStarted(1, "forward-forward", 3),
    ev.LayerStarted(1, None, 3, 1.0, (1, 2)),
    ev.LayerMeans(1, 1, 1, 0.25, 3.0, 0.5, 1.0),
    ev.LayerMeans(1, 2, 1, 0.25, 4.0, 0.75, 1.0),
)
EPOCH = ev.EpochFinished(1, None, 1, 4, 0.5, None, None, 1.0, 0.75, 1000.0, 12.0, 9.0)
END = ev.LayerFinished(1, None, 1, 12.5, False)


def fold(*events: ev.Event) -> RunView:
    view = RunView()
    for event in events:
        view = view.after(1.0, event)
    return view


def test_an_epoch_of_layers_in_parallel_is_one_line_with_the_goodness_of_each() -> None:
    line = progress_line(EPOCH, fold(*TOGETHER, EPOCH))
    assert line == (
        "2 layers in parallel  epoch 1/3  loss 0.500  g+ 3.000 4.000 g- 0.500 0.750  theta 1.000  "
        "accuracy 75.00 %  1000 samples/s"
    )
    assert progress_line(TOGETHER[3], fold(*TOGETHER)) is None
    assert (
        progress_line(END, fold(*TOGETHER, EPOCH, END))
        == "2 layers in parallel learned after 1 epochs, 12 s"
    )


def test_the_time_of_layers_in_parallel_stands_once() -> None:
    view = fold(*TOGETHER, EPOCH, END, MEASURED)
    assert [(row[0], row[1], row[3], row[7]) for row in layer_rows(view)] == [
        ("1", "4→2", "–", "50.00 %"),
        ("2", "2→2", "–", "62.50 %"),
        ("all", "in parallel", "12 s", ""),
    ]
    assert layer_rows(fold(*TOGETHER, EPOCH))[2][3] == "12 s"


def test_the_head_is_told_beside_the_layers() -> None:
    view = fold(*TOGETHER, EPOCH, MEASURED)
    assert head_text(view) == "softmax head, one pass: 98.89 % (test)"
    assert (
        progress_line(MEASURED, view)
        == "test accuracy 75.00 % of 10 images; softmax head, one pass: 98.89 %"
    )
    assert head_text(fold(*TOGETHER)) is None


def test_backprop_is_the_network() -> None:
    epoch = ev.EpochFinished(1, None, 1, 4, 0.5, None, None, None, None, 1000.0, 12.0, 9.0)
    view = fold(STARTED, ev.LayerStarted(1, None, 3, None), epoch)
    assert progress_line(epoch, view) == "network  epoch 1/3  loss 0.500  1000 samples/s"
    assert [(row[0], row[1], row[3]) for row in layer_rows(view)][2] == ("all", "network", "12 s")


def test_one_layer_after_the_other_each_has_its_time() -> None:
    epoch = ev.EpochFinished(1, 1, 1, 4, 0.5, 2.5, 0.5, 1.0, None, 1000.0, 12.0, 9.0)
    view = fold(STARTED, ev.LayerStarted(1, 1, 3, 1.0), epoch)
    line = "layer 1/2  epoch 1/3  loss 0.500  g+ 2.500 g- 0.500  theta 1.000  1000 samples/s"
    assert progress_line(epoch, view) == line
    assert [row[3] for row in layer_rows(view)] == ["12 s", "–"]
