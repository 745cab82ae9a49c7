from dataclasses import replace
from typing import Any

import pytest

from fftui import events as ev
from fftui.runs.view import RunView


def fold(*events: ev.Event | tuple[float, ev.Event]) -> RunView:
    view = RunView()
    for second, event in enumerate(events):
        at, fact = event if isinstance(event, tuple) else (float(second), event)
        view = view.after(at, fact)
    return view


def test_a_layer_row_follows_its_epochs(facts: Any) -> None:
    view = fold(
        facts.started(),
        facts.layer(1),
        facts.epoch(1, 1),
        facts.epoch(1, 2),
        facts.evaluated(1, 2, 0.6),
    )
    row = view.layers[0]
    assert (row.label, row.state, row.epoch, row.epochs, row.accuracy) == (
        "4→2",
        "learning",
        2,
        3,
        0.6,
    )
    assert row.separation == 2.0
    assert view.current == 0
    assert view.layers[1].state == "waiting"


def test_a_view_that_goes_on_is_interrupted_where_it_is_by_then(facts: Any) -> None:
    view = fold(facts.started(), facts.layer(1))
    assert view.interrupted.progress is None
    view = view.after(3.0, facts.step(1))
    assert view.interrupted.progress == facts.step(1)
    assert view.interrupted is view.interrupted


def test_an_epoch_under_way_shows_its_means_until_it_is_over(facts: Any) -> None:
    view = fold(
        facts.started(), facts.layer(1), facts.so_far(1, 1, 1), facts.so_far(1, 1, 3, loss=0.375)
    )
    row = view.layers[0]
    assert [(part.at, part.loss) for part in row.under_way] == [(0.25, 0.625), (0.75, 0.375)]
    assert (row.epoch, row.last, row.separation) == (0, None, 0.5)
    assert row.newest == row.under_way[-1]
    over = view.after(9.0, facts.epoch(1, 1)).layers[0]
    assert (over.under_way, over.newest, over.separation) == ((), over.last, 2.0)
    assert view.after(9.0, facts.layer_end(1, skipped=True)).layers[0].under_way == ()


def test_what_a_resumed_epoch_does_again_is_shown_once(facts: Any) -> None:
    view = fold(
        facts.started(),
        facts.layer(1),
        facts.so_far(1, 1, 2),
        facts.so_far(1, 1, 3),
        facts.so_far(1, 1, 2, loss=0.5),
    )
    assert [(part.at, part.loss) for part in view.layers[0].under_way] == [(0.5, 0.5)]
    again = view.after(9.0, replace(facts.started(), resumed=True)).after(9.5, facts.layer(1))
    assert again.layers[0].under_way == ()


def test_an_epoch_has_its_time_on_the_device_and_for_images(facts: Any) -> None:
    view = fold(facts.started(), facts.layer(1), replace(facts.epoch(1, 1), data_s=0.0625))
    assert view.layers[0].last is not None
    assert (view.layers[0].last.compute_s, view.layers[0].last.data_s) == (0.125, 0.0625)


def test_time_left_is_at_this_sessions_pace(facts: Any) -> None:
    view = fold(facts.started(), facts.layer(1), (10.0, facts.step(2)))
    assert view.time_left_s() == 30.0
    assert view.fraction == 0.25
    assert fold(facts.started()).time_left_s() is None


def test_time_left_knows_which_layers_are_expensive(facts: Any) -> None:
    """Four steps of a first layer, each nine times as long as the four of the second."""
    started = replace(facts.started(), stage_steps=(4, 4), step_costs=(9.0, 1.0))
    view = fold(started, facts.layer(1), (18.0, facts.step(2)))
    assert view.time_left_s() == 22.0
    assert view.after(36.0, facts.step(4)).time_left_s() == 4.0
    resumed = view.after(100.0, replace(started, resumed=True)).after(109.0, facts.step(3))
    assert resumed.time_left_s() == 13.0


def test_accuracies_are_measured_once_all_layers_are_learned(facts: Any) -> None:
    view = fold(facts.started(), facts.layer(1), facts.layer_end(1))
    assert not view.measuring
    view = view.after(9.0, facts.layer(2))
    assert not view.measuring
    view = view.after(10.0, facts.layer_end(2, skipped=True))
    assert view.measuring
    assert view.doing == "measuring"
    assert view.after(11.0, ev.StatusChanged("paused")).doing == "paused"
    assert not view.after(11.0, ev.RunFinished("finished", 0.9, (), 9.0, None)).measuring


def test_a_skipped_layer_is_no_pace(facts: Any) -> None:
    """Two layers of 1000 steps of a second: the first is skipped after 100."""
    started = replace(facts.started(total=2000), stage_steps=(1000, 1000), step_costs=(1.0, 1.0))
    first, second = replace(facts.step(100), total=2000), replace(facts.step(1001), total=2000)
    view = fold(started, facts.layer(1), (100.0, first), (100.0, facts.layer_end(1, skipped=True)))
    view = view.after(100.0, facts.layer(2)).after(101.0, second)
    assert view.time_left_s() == 999.0


def test_waiting_is_no_pace(facts: Any) -> None:
    pause, go = ev.StatusChanged("paused"), ev.StatusChanged("running")
    view = fold((0.0, facts.started()), (10.0, facts.step(2)), (10.0, pause))
    assert view.time_left_s() is None
    assert view.after(500.0, ev.Noted("meanwhile")).elapsed_s == 10.0
    view = view.after(1010.0, go).after(1020.0, facts.step(4))
    assert view.time_left_s() == 20.0
    assert view.elapsed_s == 20.0


@pytest.mark.parametrize("status", ["paused", "unsaved"])
def test_a_layer_learns_only_while_its_run_does(facts: Any, status: ev.Status) -> None:
    view = fold(facts.started(), facts.layer(1), facts.epoch(1, 1), facts.layer_end(1))
    view = view.after(4.0, facts.layer(2)).after(5.0, ev.StatusChanged(status))
    assert [row.state for row in view.layers] == ["learned", "paused"]
    assert [row.number for row in view.learning] == [2]
    assert view.current == 1
    assert [row.state for row in view.interrupted.layers] == ["learned", "interrupted"]
    went_on = view.after(9.0, ev.StatusChanged("running"))
    assert [row.state for row in went_on.layers] == ["learned", "learning"]
    resumed = view.after(9.0, facts.started(resumed=True))
    assert [row.state for row in resumed.layers] == ["learned", "waiting"]


def test_a_resumed_run_counts_its_own_steps_even_from_an_older_checkpoint(facts: Any) -> None:
    view = fold((0.0, facts.started()), (60.0, facts.step(6)), (100.0, facts.started(resumed=True)))
    assert view.time_left_s() is None
    view = view.after(101.0, facts.step(3)).after(102.0, facts.step(4))
    assert view.time_left_s() == 4.0


def test_what_was_being_learned_waits_once_resumed(facts: Any) -> None:
    view = fold(
        facts.started(),
        facts.layer(1),
        facts.epoch(1, 1),
        facts.layer_end(1),
        facts.layer(2),
        facts.started(resumed=True),
    )
    assert [row.state for row in view.layers] == ["learned", "waiting"]
    assert view.current is None


def test_a_run_begun_again_shows_nothing_of_the_first_try_but_its_log(facts: Any) -> None:
    view = fold(
        facts.started(),
        facts.layer(1),
        facts.epoch(1, 1),
        facts.evaluated(1, 1, 0.5),
        facts.started(),
    )
    assert view.layers[0].history == ()
    assert view.evaluations == ()
    assert len(view.log) == 2


def test_a_measurement_done_again_counts_once(facts: Any) -> None:
    view = fold(
        facts.started(), facts.layer(1), facts.evaluated(1, 1, 0.5), facts.evaluated(1, 1, 0.7)
    )
    assert [measured.accuracy for measured in view.evaluations] == [0.7]


def test_backprop_gets_a_row_of_its_own(facts: Any) -> None:
    view = fold(facts.started(), facts.layer(None), facts.epoch(None, 1))
    assert [row.label for row in view.layers] == ["4→2", "2→2", "network"]
    assert view.layers[2].epoch == 1


def test_the_end_is_the_whole(facts: Any) -> None:
    view = fold(facts.started(), facts.step(2), facts.finished)
    assert (view.fraction, view.status, view.result) == (1.0, "finished", facts.finished)


def test_nothing_learns_in_a_run_that_was_stopped(facts: Any) -> None:
    end = ev.RunFinished("interrupted", None, (), 1.0, None)
    view = fold(facts.started(), facts.layer(1), facts.epoch(1, 1), end)
    assert (view.layers[0].state, view.layers[0].epoch, view.learning, view.current) == (
        "interrupted",
        1,
        (),
        None,
    )
    assert view.layers[1].state == "waiting"
    again = view.after(9.0, replace(facts.started(), resumed=True))
    assert again.layers[0].state == "waiting"
    assert again.after(9.5, facts.layer(1)).layers[0].state == "learning"


def test_an_accuracy_keeps_the_split_it_is_of(facts: Any) -> None:
    view = fold(facts.started(), facts.layer(1), facts.evaluated(1, 1, 0.6))
    assert (view.layers[0].accuracy, view.layers[0].accuracy_split) == (0.6, "train")
    view = view.after(9.0, facts.evaluated(None, 3, 0.5, split="test", final=True))
    assert [(row.accuracy, row.accuracy_split) for row in view.layers] == [(0.5, "test")] * 2


def test_backprop_after_forward_forward_leaves_no_accuracy_from_before(facts: Any) -> None:
    layers = (
        facts.layer(1),
        facts.evaluated(1, 1, 0.6),
        facts.layer(2),
        facts.evaluated(2, 1, 0.7),
    )
    view = fold(facts.started(), *layers)
    assert [row.accuracy for row in view.layers] == [0.7, 0.7]
    view = view.after(9.0, ev.LayerStarted(2, None, 3, None))
    assert [(row.accuracy, row.accuracy_split) for row in view.layers] == [(None, None)] * 3
    end = ev.Evaluated(2, None, 3, "test", True, 0.9, (), (3, 4), (5, 5), 0.1)
    assert [row.accuracy for row in view.after(10.0, end).layers] == [None, None, 0.9]


def test_a_layer_that_goes_on_after_a_resume_keeps_its_accuracy(facts: Any) -> None:
    view = fold(
        facts.started(),
        facts.layer(1),
        facts.evaluated(1, 1, 0.6),
        facts.started(resumed=True),
        facts.layer(1),
    )
    assert view.layers[0].accuracy == 0.6


def test_layers_in_parallel_learn_each_in_a_row_of_its_own(facts: Any) -> None:
    view = fold(facts.started(), facts.together(), *facts.shared_epoch(1), *facts.shared_epoch(2))
    assert [(row.number, row.state, row.epoch, row.epochs) for row in view.layers] == [
        (1, "learning", 2, 3),
        (2, "learning", 2, 3),
    ]
    assert [row.last.goodness_positive for row in view.layers if row.last] == [3.0, 4.0]
    assert [row.accuracy for row in view.layers] == [0.5, 0.625]
    assert view.current == 0
    assert view.learning == view.layers
    assert [(e.accuracy, e.epoch_s, e.compute_s) for e in view.layers[1].history] == [
        (0.75, 0.25, 0.125)
    ] * 2


def test_an_epoch_of_layers_in_parallel_has_no_time_until_all_have_ended_it(facts: Any) -> None:
    view = fold(facts.started(), facts.together(), *facts.shared_epoch(1), facts.means(1, 2))
    assert [row.last.epoch_s for row in view.layers if row.last] == [None, 0.25]
    assert [row.epoch for row in view.layers] == [2, 1]


def test_the_layers_that_predict_are_said(facts: Any) -> None:
    chosen = ev.LayersChosen(1, 2, 2, 0.975, 0.1)
    view = fold(facts.started(), facts.together(), *facts.shared_epoch(1), chosen)
    assert view.chosen is chosen
    assert view.log[-1].text == "layer 2 predicts: best on validation images, 97.50%"
    assert fold(facts.started(), chosen, facts.started()).chosen is None


def test_layers_in_parallel_share_their_time(facts: Any) -> None:
    view = fold(facts.started(), facts.together(), *facts.shared_epoch(1), facts.layer_end(None))
    assert [(row.state, row.layer_s) for row in view.layers] == [("learned", None)] * 2
    assert [(s.parallel, s.epochs, s.layer_s) for s in view.stages] == [((1, 2), 3, 0.75)]
    assert view.log[-1].text == "2 layers in parallel learned after 3 epochs"


def test_resumed_layers_in_parallel_do_their_last_epoch_again(facts: Any) -> None:
    lost = (*facts.shared_epoch(2), facts.means(1, 3))
    again = (facts.started(resumed=True), facts.together(), *facts.shared_epoch(2))
    view = fold(facts.started(), facts.together(), *facts.shared_epoch(1), *lost, *again)
    assert [[e.epoch for e in row.history] for row in view.layers] == [[1, 2], [1, 2]]
    assert len(view.stages) == 1
    assert view.layers[0].accuracy == 0.5


def test_the_head_is_that_of_the_phase_that_learns(facts: Any) -> None:
    view = fold(
        facts.started(),
        ev.PhaseStarted(1, "forward-forward", 3),
        facts.together(),
        *facts.shared_epoch(1),
    )
    assert view.head is not None
    assert view.head.head_accuracy == 0.875
    assert view.after(9.0, ev.PhaseStarted(2, "backprop", 3)).head is None


def test_parallel_layers_after_backprop_leave_its_row_as_it_was(facts: Any) -> None:
    first = (facts.started(), facts.layer(None), facts.epoch(None, 1), facts.layer_end(None))
    view = fold(*first, facts.together(phase=2), *facts.shared_epoch(1, phase=2))
    assert [(row.label, row.state, row.epoch) for row in view.layers] == [
        ("4→2", "learning", 1),
        ("2→2", "learning", 1),
        ("network", "learned", 1),
    ]
    assert view.layers[2].layer_s == 0.75


def test_a_layer_that_diverged_is_shown_so_until_the_run_begins_again(facts: Any) -> None:
    diverged = ev.LayerDiverged(1, 1, 2, 4, 1, "try less")
    view = fold(facts.started(), facts.layer(1), facts.epoch(1, 1), diverged)
    assert view.divergence is diverged
    assert (view.layers[0].state, view.diverged) == ("diverged", True)
    assert view.log[-1].text == diverged.text
    stepped = fold(facts.started(), facts.layer(1), (10.0, facts.step(2)))
    assert stepped.time_left_s() == 30.0
    assert stepped.after(11.0, diverged).time_left_s() is None
    assert fold(facts.started(), facts.layer(1), diverged, facts.started()).divergence is None


def test_a_stage_of_which_no_layer_is_named_ends_with_all_its_layers(facts: Any) -> None:
    parallel = ev.LayerStarted(1, None, 2, None, (1, 2))
    view = fold(facts.started(), parallel, ev.LayerDiverged(1, None, 1, 4, 0, "try less"))
    assert [layer.state for layer in view.layers] == ["diverged", "diverged"]
