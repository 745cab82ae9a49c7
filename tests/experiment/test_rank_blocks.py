"""Which experiments ranks can share, and who has which layers."""

from typing import Any

import pytest

from fftui.errors import ExperimentError
from fftui.experiment import PHASES, Experiment, PhaseConfig
from fftui.experiment.rank_blocks import (
    check_blocks,
    check_shared_batches,
    check_shared_layers,
    layer_blocks,
)

LAYERS = [{"units": 100}, {"units": 100}, {"units": 100}, {"units": 4000}]
PARALLEL = {"rule": "forward-forward", "order": "parallel"}


def described(phase: dict[str, Any] | None = None, **model: Any) -> Experiment:
    values = {
        "data": {"name": "mnist-mini"},
        "model": {"layers": LAYERS} | model,
        "phases": [phase or PARALLEL],
    }
    return Experiment.model_validate(values)


def test_the_slowest_rank_has_least_to_compute() -> None:
    assert layer_blocks(described(), 2) == [range(3), range(3, 4)]
    assert layer_blocks(described(), 4) == [range(n, n + 1) for n in range(4)]
    assert layer_blocks(described(), 1) == [range(4)]


@pytest.mark.parametrize(
    ("experiment", "why"),
    [
        (described(PARALLEL | {"peer_normalisation": 0.1}), "peer normalisation"),
        (
            described({"rule": "readout", "dropout": 0.5}, head={"kind": "linear"}),
            "draws its numbers for a whole batch",
        ),
        (
            described(
                {"rule": "backprop"},
                layers=[{"kind": "convolution", "channels": 10}],
                head={"kind": "linear"},
            ),
            "go through normalisation = 'batch'",
        ),
    ],
)
def test_what_needs_a_whole_batch_is_refused(experiment: Experiment, why: str) -> None:
    with pytest.raises(ExperimentError, match=f"--ranks data: phases.0: .*{why}"):
        check_shared_batches(experiment)


@pytest.mark.parametrize(
    ("experiment", "ranks", "why"),
    [
        (described(), 5, "5 processes have only 4 layers to learn: start 4"),
        (described(PARALLEL | {"order": "layer-wise"}), 2, "phases.0: set order = 'parallel'"),
        (described(head={"kind": "linear"}), 2, "phases.0: the head needs all layers"),
    ],
)
def test_what_needs_all_layers_is_refused(experiment: Experiment, ranks: int, why: str) -> None:
    check_shared_layers(described(), 4)
    with pytest.raises(ExperimentError, match=why):
        check_shared_layers(experiment, ranks)


def test_blocks_are_shared_by_1_2_4_or_8_and_need_nothing_of_each_other() -> None:
    experiment = described(PARALLEL)
    check_blocks(experiment, 4)
    with pytest.raises(ExperimentError, match="3 processes cannot share 8 blocks: start 1, 2, 4"):
        check_blocks(experiment, 3)
    batch = experiment.changed({"model.layers.1.normalisation": "batch"})
    with pytest.raises(ExperimentError, match=r"model\.layers\.1: batch normalisation is of the"):
        check_blocks(batch, 2)


def test_a_budget_of_time_is_not_shared() -> None:
    limited = described().changed({"budget_s": 10.0})
    for check in (check_shared_batches, lambda each: check_shared_layers(each, 2)):
        with pytest.raises(ExperimentError, match="budget_s is of one process"):
            check(limited)


def test_a_rule_that_does_not_say_is_not_shared() -> None:
    class Unknown(PhaseConfig):
        rule: str = "unknown"

    model = described().model
    assert "does not state" in (Unknown().needs_whole_batch(model) or "")
    assert "unknown" in (Unknown().needs_all_layers(model) or "")
    assert PHASES.get("forward-forward")().needs_whole_batch(model) is None
