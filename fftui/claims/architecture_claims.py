"""Claims about hybrids with backprop, convolution and self-attention."""

from dataclasses import dataclass

from fftui.claims.estimates import all_yes
from fftui.claims.outcomes import Outcome, Outcomes, Setup
from fftui.claims.verdicts import (
    Claim,
    Finding,
    Observation,
    at_chance,
    decide_both,
    is_behind,
    outcome_text,
)

# changed one at a time
CNN_FACTORS = ("normalisation", "learning rate", "goodness", "loss", "label")
HYBRID_FACTORS = ("normalised inputs", "weights kept", "the raw variant's learning rate")


@dataclass(frozen=True)
class _Direction:
    """One order of the two rules in a hybrid: `method` is its preset, `factors` what
    was changed.
    """

    method: str
    order: str
    factors: tuple[str, ...] = ()

    @property
    def faithful(self) -> Setup:
        """The paper's run."""
        return Setup(f"paper/{self.method}")

    @property
    def changed(self) -> tuple[Setup, ...]:
        """The paper's run with one thing changed."""
        return tuple(Setup(f"paper/{self.method}, {factor}") for factor in self.factors)

    @property
    def right(self) -> Setup:
        """The corrected hybrid."""
        return Setup(self.method)

    @property
    def control(self) -> Setup:
        """Its second phase alone, from random weights."""
        return Setup(f"{self.method}, second phase alone")

    def claim(self, name: str, statement: str, paper: str) -> Claim:
        """The claim that this hybrid fails."""
        return Claim(
            id=name,
            statement=statement,
            paper=paper,
            rule=(
                f"Yes (it fails) where {self.order} is at chance or, corrected, behind the same"
                " second phase from random weights with as many epochs of it."
            ),
            needs=(self.faithful, *self.changed, self.right, self.control),
            decide=self._decide,
        )

    def _decide(self, outcomes: Outcomes) -> Finding:
        right, control = outcomes[self.right], outcomes[self.control]
        changed = [outcomes[setup] for setup in self.changed if setup in outcomes]
        lifted = [outcome.label for outcome in changed if not at_chance(outcome)]
        why = (
            "the objectives go together: with its normalisation kept the hybrid is not behind its"
            " control"
        )
        if lifted:
            why += (
                "; the paper's own run leaves chance with one thing changed"
                f" ({' or '.join(lifted)})"
            )
        return decide_both(
            _fails(outcomes[self.faithful]),
            Observation(
                "yes" if at_chance(right) else is_behind(right, control),
                "; ".join(map(outcome_text, (right, control, *changed))),
            ),
            only_as_paper=why,
            only_corrected=(
                "the paper's run is above chance here, but the corrected hybrid is behind its"
                " control"
            ),
        )


def _factor(name: str) -> Setup:
    return Setup(f"paper/cnn, {name}")


def _fails(outcome: Outcome) -> Observation:
    return Observation(truth(at_chance(outcome)), outcome_text(outcome))


def _cnn(outcomes: Outcomes) -> Finding:
    faithful, right = outcomes[Setup("paper/cnn")], outcomes[Setup("cnn")]
    changed = {name: outcomes[_factor(name)] for name in CNN_FACTORS if _factor(name) in outcomes}
    lifting = [name for name, outcome in changed.items() if not at_chance(outcome)]
    everything = [right, *changed.values()]
    cause = (
        f"the paper's own network learns with one thing changed ({' or '.join(lifting)})"
        if lifting
        else (
            "no single change lifts the paper's network from chance, but another network with"
            " shared weights learns"
        )
    )
    return decide_both(
        _fails(faithful),
        Observation(
            all_yes(*(truth(at_chance(each)) for each in everything)),
            "; ".join(map(outcome_text, everything)),
        ),
        only_as_paper=(
            f"weights are shared in all of these networks, so sharing is not the cause: {cause}"
        ),
        only_corrected=(
            "the paper's network learns here, though other networks with shared weights do not"
        ),
    )


def _attention(outcomes: Outcomes) -> Finding:
    faithful, baseline = outcomes[Setup("paper/attention")], outcomes[Setup("paper/ff")]
    everywhere, once = (
        outcomes[Setup("attention, label in every patch")],
        outcomes[Setup("attention, label overlaid")],
    )
    return decide_both(
        Observation(
            is_behind(faithful, baseline), f"{outcome_text(faithful)}; {outcome_text(baseline)}"
        ),
        Observation(
            is_behind(once, everywhere), f"{outcome_text(everywhere)}; {outcome_text(once)}"
        ),
        only_as_paper=(
            "attention is behind, but not for want of the label: with all else corrected, one patch"
            " that holds it does as well as all"
        ),
        only_corrected=(
            "the paper's attention is not behind its fully connected FF, yet the label in every"
            " patch helps"
        ),
    )


def _above_cnn(outcomes: Outcomes) -> Finding:
    def observe(attention: Outcome, cnn: Outcome) -> Observation:
        return Observation(
            is_behind(cnn, attention), f"{outcome_text(attention)}; {outcome_text(cnn)}"
        )

    return decide_both(
        observe(outcomes[Setup("paper/attention")], outcomes[Setup("paper/cnn")]),
        observe(outcomes[Setup("attention")], outcomes[Setup("cnn")]),
        only_as_paper=(
            "attention is ahead only of a convolutional network that does not learn; corrected, it"
            " is not"
        ),
        only_corrected="not as the paper ran them, only with both corrected",
    )


ON_ARCHITECTURES = (
    _Direction("hybrid", "FF followed by backprop", HYBRID_FACTORS).claim(
        "ff-then-backprop",
        "FF is no good initialiser for backprop: their objectives do not go together",
        "section 5.2: about 10 % on MNIST, training loss stuck at a high value",
    ),
    _Direction("hybrid-reverse", "backprop followed by FF").claim(
        "backprop-then-ff",
        "Backprop is no good initialiser for FF: their objectives do not go together",
        "section 5.2: about 10 % on MNIST (its notebook: 15.43 %)",
    ),
    Claim(
        id="cnn-weight-sharing",
        statement="Convolutional networks do not work with FF, because they share weights",
        paper="section 5.3: about 10 % on MNIST after 1,000 epochs (its notebook: 10.75 %)",
        rule=(
            "Yes where a network with shared weights stays at chance: faithful, the paper's;"
            " corrected, every other one: the paper's with one thing changed at a time, and preset"
            " cnn."
        ),
        needs=(Setup("paper/cnn"), *map(_factor, CNN_FACTORS), Setup("cnn")),
        decide=_cnn,
    ),
    Claim(
        id="attention-label-in-one-patch",
        statement="Self-attention stays behind FF because only one patch holds the label",
        paper="section 5.3: about 60 % on MNIST (fully connected: 97.14 %)",
        rule=(
            "Faithful, yes where the paper's attention is behind the paper's fully connected FF."
            " Corrected, yes where preset attention, which has the label in every patch, is ahead"
            " of itself with the label in one patch."
        ),
        needs=(
            Setup("paper/attention"),
            Setup("paper/ff"),
            Setup("attention, label in every patch"),
            Setup("attention, label overlaid"),
        ),
        decide=_attention,
    ),
    Claim(
        id="attention-above-cnn",
        statement="FF does significantly better with self-attention than with convolution",
        paper="section 5.3, MNIST: about 60 % against about 10 %",
        rule=(
            "Yes where attention is ahead of the convolutional network: faithful, the paper's;"
            " corrected, presets attention and cnn."
        ),
        needs=(Setup("paper/attention"), Setup("paper/cnn"), Setup("attention"), Setup("cnn")),
        decide=_above_cnn,
    ),
)
