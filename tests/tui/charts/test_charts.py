from collections.abc import Callable
from dataclasses import replace

from fftui import events as ev
from fftui.runs.layer_view import EpochPart, EpochView, LayerView
from fftui.runs.view import RunView
from fftui.tui.charts.accuracy_chart import accuracy_chart, layers_split
from fftui.tui.charts.chart_spec import ChartSpec
from fftui.tui.charts.goodness_chart import goodness_chart
from fftui.tui.charts.progress_charts import loss_chart, speed_chart


def names(spec: ChartSpec) -> list[str]:
    return [s.name for s in spec.series]


def epoch(number: int, loss: float = 1.0, positive: float | None = None) -> EpochView:
    return EpochView(1, number, loss, positive, None, None, 0.5, 1.0)


def test_goodness_is_drawn_against_the_threshold(view_of: Callable[..., RunView]) -> None:
    view = view_of(until=(2, 5))
    spec = goodness_chart(RunView(), view.layers[1])
    assert names(spec) == ["θ", "g⁻", "g⁺"]
    assert spec.series[0].dotted
    assert len(spec.series[2].points) == 5
    assert (spec.window.left, spec.window.right) == (1, 20)


def test_the_first_epoch_is_drawn_over_the_whole_width_while_it_takes_its_time() -> None:
    parts = tuple(EpochPart(at, 1.0 - at, 2.0 + at, 1.0) for at in (0.25, 0.5))
    row = LayerView(1, "4→2", "learning", 1, 0, 20, under_way=parts)
    spec = goodness_chart(RunView(), row)
    assert [x for x, _ in spec.series[-1].points] == [0.25, 0.5]
    assert (spec.window.left, spec.window.right) == (0, 1)
    losses = loss_chart(RunView(layers=(row,)), row)
    assert losses.series[0].points == ((0.25, 0.75), (0.5, 0.5))
    assert (losses.window.left, losses.window.right) == (0, 1)


def test_a_later_epoch_under_way_goes_on_behind_the_finished_ones() -> None:
    parts = (EpochPart(1.5, 0.25, None, None),)
    row = LayerView(None, "network", "learning", 1, 1, 20, history=(epoch(1),), under_way=parts)
    spec = goodness_chart(RunView(), row)
    assert spec.series[0].points == ((1.0, 1.0), (1.5, 0.25))
    assert (spec.window.left, spec.window.right) == (1, 20)


def test_before_the_first_epoch_a_sentence_is_shown(view_of: Callable[..., RunView]) -> None:
    view = view_of(until=(1, 3))
    assert "not begun" in goodness_chart(view, view.layers[3]).note
    assert accuracy_chart(RunView(), None).note


def test_backprop_shows_its_loss() -> None:
    row = LayerView(None, "network", "learning", 1, 2, 5, history=(epoch(1), epoch(2, 0.5)))
    spec = goodness_chart(RunView(), row)
    assert names(spec) == ["loss"]
    assert spec.title == "Loss · network"


def test_accuracy_shows_the_split_training_and_each_layer(view_of: Callable[..., RunView]) -> None:
    view = view_of(until=(3, 5), validation=True)
    spec = accuracy_chart(view, view.layers[0])
    assert set(names(spec)) == {"paper", "layer 1", "layer 2", "layer 3", "train", "validation"}
    assert spec.window.right == 80
    assert max(x for s in spec.series for x, _ in s.points if not s.is_level) == 45
    assert spec.boundaries == (20.5, 40.5)


def test_the_papers_accuracy_is_a_line_where_the_run_has_its_images(
    view_of: Callable[..., RunView],
) -> None:
    view = view_of(until=(2, 5))
    assert view.started is not None
    paper = accuracy_chart(view, None).series[0]
    assert (paper.name, set(paper.ys)) == ("paper", {97.14})
    for other in (
        replace(view.started, train_images=5_000),
        replace(view.started, data="rings"),
        replace(view.started, experiment="mine"),
    ):
        assert "paper" not in names(accuracy_chart(replace(view, started=other), None))
    faithful = replace(view, started=replace(view.started, experiment="paper/ff"))
    assert names(accuracy_chart(faithful, None))[0] == "paper"
    cnn = replace(view, started=replace(view.started, experiment="cnn"))
    spec = accuracy_chart(cnn, None)
    assert spec.series[0].ys[0] == 10.75
    assert spec.window.bottom >= 80  # what the paper reports does not press the lines together


def test_the_first_epoch_does_not_fix_the_scale_of_a_loss() -> None:
    history = (epoch(1, 900.0), *(epoch(n, 1.0 / n) for n in range(2, 8)))
    row = LayerView(None, "network", "learning", 1, 7, 9, history=history)
    assert goodness_chart(RunView(), row).window.top < 1


def test_a_layer_that_learns_again_shows_its_new_phase_alone() -> None:
    history = tuple(replace(epoch(n), phase=phase) for phase in (1, 2) for n in (1, 2, 3))
    row = LayerView(None, "network", "learning", 2, 3, 5, history=history)
    assert goodness_chart(RunView(), row).series[0].xs == (1, 2, 3)


def test_the_final_test_is_drawn_at_the_end(view_of: Callable[..., RunView]) -> None:
    view = view_of(layers=2, epochs=10)
    last = replace(view.evaluations[-1], layer=None)
    spec = accuracy_chart(replace(view, evaluations=(*view.evaluations[:-1], last)), None)
    assert spec.series[-1].points[-1][0] == 20


def test_layers_are_drawn_on_train_where_only_that_is_evaluated(
    view_of: Callable[..., RunView],
) -> None:
    view = view_of(until=(2, 3))
    assert layers_split(view) == "test"
    only_train = replace(
        view, evaluations=tuple(replace(e, split="train") for e in view.evaluations)
    )
    assert layers_split(only_train) == "train"
    assert "layer 2" in names(accuracy_chart(only_train, None))


def test_with_many_layers_only_the_selected_one_is_labelled(
    view_of: Callable[..., RunView],
) -> None:
    view = view_of(layers=9, epochs=2)
    spec = accuracy_chart(view, view.layers[4])
    labelled = {s.name for s, _ in spec.labelled if s.name.startswith("layer")}
    assert labelled == {"layer 5"}


def test_layers_in_parallel_share_the_axis_of_epochs(
    parallel_view_of: Callable[..., RunView],
) -> None:
    view = parallel_view_of(until=7)
    spec = accuracy_chart(view, view.layers[2])
    assert names(spec) == ["paper", "layer 1", "layer 2", "layer 3", "train", "head"]
    assert spec.window.right == 20
    assert {len(s.points) for s in spec.series[1:]} == {7}
    assert all(s.points[-1][0] == 7 for s in spec.series[1:])
    goodness = goodness_chart(RunView(), view.layers[1])
    assert names(goodness) == ["g⁻", "g⁺"]
    assert len(goodness.series[1].points) == 7


def test_the_final_test_of_layers_in_parallel_is_drawn_where_they_ended(
    parallel_view_of: Callable[..., RunView],
) -> None:
    view = parallel_view_of(epochs=10)
    spec = accuracy_chart(view, None)
    assert (spec.series[-1].name, spec.series[-1].points) == ("test", ((10.0, 98.8),))


def test_a_head_that_is_the_prediction_is_not_drawn_twice(
    parallel_view_of: Callable[..., RunView],
) -> None:
    view = parallel_view_of(until=3)
    same = replace(
        view, evaluations=tuple(replace(e, head_accuracy=e.accuracy) for e in view.evaluations)
    )
    assert "head" not in names(accuracy_chart(same, None))


def test_without_negative_data_only_the_true_class_is_drawn() -> None:
    history = tuple(EpochView(1, n, 1.0, 2.0 * n) for n in (1, 2))
    assert names(
        goodness_chart(RunView(), LayerView(1, "4→2", "learning", 1, 2, 5, history=history))
    ) == ["g⁺"]


def test_backprop_before_layers_in_parallel_comes_before_them() -> None:
    first = [
        ev.LayerStarted(1, None, 5, None),
        *(
            ev.EpochFinished(1, None, n, n, 1.0, None, None, None, 0.9, 1.0, 1.0, 1.0)
            for n in range(1, 6)
        ),
        ev.LayerFinished(1, None, 5, 5.0, False),
        ev.LayerStarted(2, None, 4, None, (1, 2, 3)),
        ev.LayerMeans(2, 1, 1, 0.1, 2.0, 1.0, None),
        ev.EpochFinished(2, None, 1, 1, 1.0, None, None, None, 0.95, 1.0, 1.0, 1.0),
    ]
    view = RunView(layers=tuple(LayerView(n, "4→2") for n in (1, 2, 3)))
    for event in first:
        view = view.after(1.0, event)
    spec = accuracy_chart(view, None)
    assert spec.window.right == 9
    assert [x for x, _ in spec.series[0].points] == [1, 2, 3, 4, 5, 6]


def test_the_loss_of_every_layer_follows_the_one_before(view_of: Callable[..., RunView]) -> None:
    view = view_of(until=(2, 5))
    spec = loss_chart(view, view.layers[0])
    assert names(spec) == ["layer 2", "layer 1"]  # the selected one in front
    assert spec.series[0].xs == (21, 22, 23, 24, 25)
    assert spec.boundaries == (20.5,)
    assert loss_chart(RunView(), None).note


def test_a_negative_loss_is_on_the_scale() -> None:
    row = LayerView(1, "4→2", "learning", 1, 2, 5, history=(epoch(1, -3.0), epoch(2, -3.5)))
    for chart in (loss_chart, goodness_chart):  # without goodness that shows the loss
        window = chart(RunView(layers=(row,)), row).window
        assert window.bottom <= -3.5 < -3.0 <= window.top < 0


def test_the_speed_is_that_of_learning(view_of: Callable[..., RunView]) -> None:
    view = view_of(until=(2, 5))
    assert view.started is not None
    (line,) = speed_chart(view, None).series
    assert len(line.points) == 25
    first = view.layers[0].history[0].epoch_s
    assert first
    assert line.ys[0] == view.started.train_images / first
    assert speed_chart(RunView(), None).note
