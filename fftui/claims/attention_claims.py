"""Claims about what a self-attention layer asks of the machine beside linear layers of equal size,
both learned by Forward-Forward.
"""

from collections.abc import Callable, Sequence

from fftui.claims.amounts import (
    ENERGY,
    GPU,
    TIMED,
    Amount,
    LayerFigure,
    Quantity,
    compared,
    is_more,
    mean_of_layers,
    of_first_layer,
    percentage,
    watts,
)
from fftui.claims.outcomes import Outcomes, Setup
from fftui.claims.verdicts import Claim, Finding, Observation, decide_one, observed

ATTENTION, LINEAR = "paper/attention-metrics", TIMED[0].name
# the sets of the paper's figures 7, 5 and 6, and MNIST where they are not here
POWER_SETS, UTILISATION_SETS, MEMORY_SETS = ("svhn", "mnist"), ("cifar100", "mnist"), ("mnist",)


def _more_than_linear(
    what: str,
    figure: LayerFigure,
    written: Callable[[float], str],
    sets: Sequence[str],
    needs: str = GPU,
) -> Callable[[Outcomes], Finding]:
    """Decides whether a figure of the attention layer is over a tenth more than the mean over
    linear layers, on the first of `sets` that has runs of both.
    """
    first = Quantity(of_first_layer(figure), written, needs)
    linear = Quantity(mean_of_layers(figure), written, needs)

    def observe(outcomes: Outcomes) -> Observation:
        attention, fully_connected = (outcomes[setup] for setup in _pair(outcomes, sets))
        return compared(
            Amount(first, attention, f"{what}: attention layer of {attention.label}"),
            Amount(linear, fully_connected, f"layers of {fully_connected.label} in the mean"),
            is_more,
        )

    def decide(outcomes: Outcomes) -> Finding:
        return decide_one(
            observed(lambda: observe(outcomes)),
            yes=f"{what} of the attention layer is over a tenth more",
            no=f"{what} of the attention layer is not over a tenth more",
            corrected=False,
        )

    return decide


def _pair(outcomes: Outcomes, sets: Sequence[str]) -> tuple[Setup, Setup]:
    pairs = [(Setup(ATTENTION, data), Setup(LINEAR, data)) for data in sets]
    there = (pair for pair in pairs if all(setup in outcomes for setup in pair))
    return next(there, pairs[-1])


def _setups(sets: Sequence[str]) -> tuple[Setup, ...]:
    return tuple(Setup(name, data) for data in sets for name in (ATTENTION, LINEAR))


ON_ATTENTION = (
    Claim(
        id="attention-draws-more",
        statement=(
            "Training an attention layer takes significantly more power than training linear ones"
        ),
        paper="Figure 7, SVHN: a second lobe of the power, while the attention layer learned",
        rule=(
            "Yes where the mean power, of the GPU's board (else of the CPU's packages), while the"
            " attention layer of the paper's network learns is over a tenth more than while the"
            " layers of its fully connected FF do, in the mean of them (as many units, batches of"
            " equal size); on SVHN, or MNIST where that is not here."
        ),
        needs=_setups(POWER_SETS),
        decide=_more_than_linear("power", lambda layer: layer.power_w, watts, POWER_SETS, ENERGY),
    ),
    Claim(
        id="attention-utilisation",
        statement="Training an attention layer keeps the GPU busier than training linear ones",
        paper=(
            "Figure 5, CIFAR100: utilisation has a second lobe with attention, put down to that"
            " layer; the lobe of the linear layers, about 35 %, is that of the network without it"
        ),
        rule=(
            "Yes where the GPU's mean utilisation while the attention layer of the paper's network"
            " learns is over a tenth more than while the layers of its fully connected FF do, in"
            " the mean of them; on CIFAR100, or MNIST where that is not here."
        ),
        needs=_setups(UTILISATION_SETS),
        decide=_more_than_linear(
            "utilisation", lambda layer: layer.utilization_percent, percentage, UTILISATION_SETS
        ),
    ),
    Claim(
        id="attention-memory-utilisation",
        statement=(
            "Training an attention layer reads and writes the GPU's memory more of the time than"
            " training linear ones"
        ),
        paper="Figure 6, MNIST and CIFAR10: memory utilisation has a second lobe with attention",
        rule=(
            "Yes where the mean memory utilisation (the share of time in which memory is read or"
            " written) while the attention layer of the paper's network learns is over a tenth more"
            " than while the layers of its fully connected FF do, in the mean of them; on MNIST."
        ),
        needs=_setups(MEMORY_SETS),
        decide=_more_than_linear(
            "memory utilisation",
            lambda layer: layer.memory_utilization_percent,
            percentage,
            MEMORY_SETS,
        ),
    ),
)
