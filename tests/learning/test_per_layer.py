"""Learning rates and thresholds of one layer each, and phases that start from another run's
weights.
"""

from collections.abc import Callable, Mapping
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from fftui import events as ev
from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.learning.layers import LAYER_BUILDERS
from fftui.learning.registry import resolve
from fftui.learning.rules import RULES, rule_for
from fftui.learning.training import Training, train

from .conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL

Make = Callable[..., Experiment]
SOFTPLUS = FORWARD_FORWARD | {"loss": "softplus"}


def finished(experiment: Experiment, **options: Any) -> Training:
    training = train(experiment, device="cpu", **options)
    for _ in training:
        pass
    return training


def layer(training: Training, number: int) -> list[Tensor]:
    return list(training.network.layers[number - 1].state_dict().values())


def alike(one: list[Tensor], other: list[Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("phase", [FORWARD_FORWARD, PARALLEL | {"negatives": "random"}, LOCAL])
def test_a_layer_learns_at_its_own_rate(small: Make, phase: dict[str, Any]) -> None:
    equal, scalar, mixed, other = (
        finished(small(phase | {"learning_rate": rate}))
        for rate in ([0.01, 0.01], 0.01, [0.01, 0.002], [0.01, 0.004])
    )
    assert alike(layer(equal, 1) + layer(equal, 2), layer(scalar, 1) + layer(scalar, 2))
    assert alike(layer(mixed, 1), layer(scalar, 1))
    assert alike(layer(mixed, 1), layer(other, 1))
    assert not alike(layer(mixed, 2), layer(other, 2))


def test_a_layer_learns_in_a_list_as_alone_on_the_layer_below(small: Make) -> None:
    """Layer by layer: the second with its rate, whatever rate made the first."""
    both = finished(small(FORWARD_FORWARD | {"learning_rate": [0.01, 0.002]}))
    first = finished(small(FORWARD_FORWARD | {"learning_rate": 0.01}))
    start = first.network.state_dict()
    start |= {n: t for n, t in train(small()).network.state_dict().items() if "_layers.1" in n}
    # The first layer's epochs are skipped, so that only the second learns.
    experiment = small(FORWARD_FORWARD | {"learning_rate": 0.002, "init_from": "first"})
    training = train(experiment, device="cpu", weights_of=lambda _: start)
    for event in training:
        if isinstance(event, ev.LayerStarted) and event.layer == 1:
            training.skip_layer()
    assert alike(layer(training, 2), layer(both, 2))


def test_backprop_has_rates_by_layer_too(small: Make) -> None:
    scalar, equal, mixed = (
        finished(small(BACKPROP | {"learning_rate": rate}))
        for rate in (0.001, [0.001, 0.001], [1e-12, 0.001])
    )
    for name, tensor in scalar.network.state_dict().items():
        assert torch.equal(tensor, equal.network.state_dict()[name])
    untouched = train(small(BACKPROP), device="cpu")
    torch.testing.assert_close(layer(mixed, 1)[0], layer(untouched, 1)[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("order", ["layer-wise", "parallel"])
def test_layers_state_their_own_thresholds(small: Make, order: str) -> None:
    phase = SOFTPLUS | {"threshold": [1.0, 3.0], "order": order}
    events = list(train(small(phase), device="cpu"))
    started = [e.threshold for e in events if isinstance(e, ev.LayerStarted)]
    epochs = [e.threshold for e in events if isinstance(e, ev.EpochFinished)]
    means = [(e.layer, e.threshold) for e in events if isinstance(e, ev.LayerMeans)]
    if order == "parallel":
        assert started == [None]
        assert epochs == [None, None]
        assert means == [(1, 1.0), (2, 3.0)] * 2
    else:
        assert started == [1.0, 3.0]
        assert epochs == [1.0, 1.0, 3.0, 3.0]


def test_a_threshold_of_ones_own_changes_only_that_layer(small: Make) -> None:
    one, other = (
        finished(small(SOFTPLUS | {"threshold": threshold})) for threshold in (1.0, [1.0, 3.0])
    )
    assert alike(layer(one, 1), layer(other, 1))
    assert not alike(layer(one, 2), layer(other, 2))


@pytest.mark.parametrize("name", ["learning_rate", "threshold"])
def test_a_list_has_an_entry_a_layer(small: Make, name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} has 3 entries for 2 layers"):
        small(FORWARD_FORWARD | {name: [1.0, 2.0, 3.0]})


def test_a_floor_needs_a_schedule(small: Make) -> None:
    with pytest.raises(ValueError, match="set schedule = 'cosine'"):
        small(FORWARD_FORWARD | {"optimizer": {"final_rate": 0.1}})


def test_a_phase_starts_from_another_runs_weights(small: Make) -> None:
    source = finished(small()).network.state_dict()
    asked: list[str] = []

    def weights_of(name: str) -> Mapping[str, Tensor]:
        asked.append(name)
        return source

    # a rate that changes nothing, and a head that the source has not
    experiment = small(BACKPROP | {"learning_rate": 1e-12, "init_from": "digits"})
    training = finished(experiment, weights_of=weights_of)
    assert asked == ["digits"] * 2  # checked before the run, taken at the start of the phase
    for name, tensor in source.items():
        torch.testing.assert_close(training.network.state_dict()[name], tensor, atol=1e-6, rtol=0)


def test_resuming_within_the_phase_asks_no_more(small: Make) -> None:
    source = finished(small(seed=5)).network.state_dict()
    experiment = small(FORWARD_FORWARD | {"init_from": "digits"})
    whole = finished(experiment, weights_of=lambda _: source)
    first = train(experiment, device="cpu", weights_of=lambda _: source)
    list(islice(first, 6))
    rest = finished(experiment, state=first.state())  # there is no one to ask
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(tensor, rest.network.state_dict()[name])


def test_weights_that_do_not_fit_are_refused_by_the_first_layer(small: Make) -> None:
    layers = [{"units": 24, "normalisation": "rms"}, {"units": 12, "normalisation": "rms"}]
    source = train(small(model={"layers": layers})).network.state_dict()
    experiment = small(FORWARD_FORWARD | {"init_from": "digits"})
    words = r"phases.0.init_from = 'digits' does not fit: layer 2 has weight 24×12 there and"
    with pytest.raises(ExperimentError, match=words):
        finished(experiment, weights_of=lambda _: source)
    short = {name: tensor for name, tensor in source.items() if "_layers.1" not in name}
    with pytest.raises(ExperimentError, match="layer 2 has no weight there"):
        finished(experiment, weights_of=lambda _: short)


def test_a_phase_that_starts_from_a_run_needs_runs(small: Make) -> None:
    with pytest.raises(ExperimentError, match=r"phases.0.init_from = 'digits': no runs"):
        train(small(FORWARD_FORWARD | {"init_from": "digits"}))


def test_an_unknown_rule_is_refused() -> None:
    phase, none = SimpleNamespace(rule="bakprop"), SimpleNamespace()
    with pytest.raises(ExperimentError, match="no learning rule is called 'bakprop'; did you mean"):
        rule_for(phase, 1, none)  # type: ignore[arg-type]


@pytest.mark.parametrize("builder", [*RULES.values(), *LAYER_BUILDERS.values()])
def test_builders_are_where_the_registries_say(builder: str) -> None:
    assert callable(resolve(builder))


@pytest.mark.parametrize("builder", ["fftui.learning.rules:nothing", "no_such_module:rule"])
def test_a_builder_that_is_not_there_is_refused(builder: str) -> None:
    with pytest.raises(ExperimentError, match=r"write it as package\.module:name"):
        resolve(builder)
