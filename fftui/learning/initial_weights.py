"""Weights from another run, put into a network."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from fftui.errors import ExperimentError
from fftui.experiment import Phase
from fftui.learning.network import Network
from fftui.learning.state import Progress

WeightsOf = Callable[[str], Mapping[str, Tensor]]

LAYERS = "_layers."  # names of layers' tensors in a network's state are "_layers.0.weight", …
HEAD = "head"
KEPT = "_kept"  # by learning rules beside the layers: tensors are "_kept.projection_1.weight", …


class InitialWeights:
    """The weights of other runs from which phases start (`init_from`); `weights_of` gives those of
    a run by its name, named as in `Network.state_dict`.
    """

    def __init__(self, phases: Sequence[Phase], weights_of: WeightsOf | None) -> None:
        self._phases = phases
        self._weights_of = weights_of

    def check(self, network: Network, progress: Progress) -> None:
        """Raise ExperimentError where a phase to come starts from a run that is not to be had or
        does not fit.
        """
        for phase in range(progress.phase, len(self._phases)):
            self._use(check_alike, phase, network, progress)

    def put_into(self, network: Network, progress: Progress) -> None:
        """Let the current phase start from its run, if it names one and nothing of it has been
        learned. Raises ExperimentError as `check` does.
        """
        self._use(start_from, progress.phase, network, progress)

    def _use(
        self,
        use: Callable[[Network, Mapping[str, Tensor], str], object],
        phase: int,
        network: Network,
        progress: Progress,
    ) -> None:
        name = self._phases[phase].init_from
        if name is None or not progress.is_before(phase):
            return
        where = f"phases.{phase}.init_from = {name!r}"
        if self._weights_of is None:
            msg = f"{where}: no runs can be read here"
            raise ExperimentError(msg)
        use(network, self._weights_of(name), where)


@torch.no_grad()
def start_from(network: Network, weights: Mapping[str, Tensor], source: str) -> None:
    """Copy `weights`, named as in the network's `state_dict`, into it. Raises ExperimentError as
    `check_alike` does.
    """
    for name, tensor in check_alike(network, weights, source).items():
        tensor.copy_(weights[name])


def check_alike(network: Network, weights: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """The tensors of the network that `weights` are for.

    Layers have to be alike. A head or what a rule keeps is left as it is where only one of the two
    has it. Raises ExperimentError, naming `source` and the first layer that differs.
    """
    own = network.state_dict()
    in_both = {_beside(name) for name in own} & {_beside(name) for name in weights} | {""}
    wanted, given = (
        {name: each for name, each in tensors.items() if _beside(name) in in_both}
        for tensors in (own, weights)
    )
    for name in [*wanted, *given]:
        _compare(name, wanted.get(name), given.get(name), source)
    return wanted


def _beside(name: str) -> str:
    """The head, or the module that a rule keeps, whose tensor is called `name`; empty for a
    layer's.
    """
    first, _, rest = name.partition(".")
    return rest.partition(".")[0] if first == KEPT else HEAD if first == HEAD else ""


def _compare(name: str, own: Tensor | None, given: Tensor | None, source: str) -> None:
    """Raises ExperimentError where the two tensors of a name are not of one shape."""
    here, there = (None if each is None else tuple(each.shape) for each in (own, given))
    if here == there and _are_alike(own, given):
        return
    if here == there:
        msg = f"{source} does not fit: {name} has no real numbers there"
        raise ExperimentError(msg)
    part, tensor = _part(name)
    msg = (
        f"{source} does not fit: {part} has {_shape_text(tensor, there)} there and"
        f" {_shape_text(tensor, here)} here; give both runs the same layers"
    )
    raise ExperimentError(msg)


def _part(name: str) -> tuple[str, str]:
    """The part of a network that the tensor called `name` is of, in words, and its name there."""
    first, _, tensor = name.partition(".")
    if not name.startswith(LAYERS):
        return "the head" if first == HEAD else "what rules keep", tensor
    number, _, tensor = tensor.partition(".")
    return f"layer {int(number) + 1}" if number.isdecimal() else f"layer {number!r}", tensor


def _are_alike(own: Tensor | None, given: Tensor | None) -> bool:
    """Whether both hold real numbers, or neither."""
    if own is None or given is None:
        return own is given
    return own.dtype.is_floating_point == given.dtype.is_floating_point


def _shape_text(tensor: str, shape: tuple[int, ...] | None) -> str:
    return f"no {tensor}" if shape is None else f"{tensor} {'×'.join(map(str, shape))}"
