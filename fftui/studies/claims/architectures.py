"""Claims about hybrids with backprop, convolution and self-attention."""

from dataclasses import dataclass

from fftui.studies.claims.evidence import Evidence, Outcome, Role
from fftui.studies.claims.rules import Claim, Finding, Seen, at_chance, behind, every, joined, tested, truth

CNN_FACTORS = ("normalisation", "learning rate", "goodness", "loss", "label")  # changed one at a time
HYBRID_FACTORS = ("normalised inputs", "weights kept", "the raw variant's learning rate")


@dataclass(frozen=True)
class _Direction:
    """One order of the two rules in a hybrid: `method` is its preset, `factors` what was changed."""

    method: str
    order: str
    factors: tuple[str, ...] = ()

    @property
    def faithful(self) -> Role:
        """The paper's run."""
        return Role(f"paper/{self.method}")

    @property
    def changed(self) -> tuple[Role, ...]:
        """The paper's run with one thing changed."""
        return tuple(Role(f"paper/{self.method}, {factor}") for factor in self.factors)

    @property
    def right(self) -> Role:
        """The hybrid put right."""
        return Role(self.method)

    @property
    def control(self) -> Role:
        """Its second phase alone, from random weights."""
        return Role(f"{self.method}, second phase alone")

    def claim(self, name: str, statement: str, paper: str) -> Claim:
        """The claim that this hybrid fails."""
        return Claim(
            id=name,
            statement=statement,
            paper=paper,
            rule=f"Yes (it fails) where {self.order} is at chance or, put right, behind the same second phase from "
            "random weights with as many epochs of it.",
            needs=(self.faithful, *self.changed, self.right, self.control),
            decide=self._decide,
        )

    def _decide(self, evidence: Evidence) -> Finding:
        right, control = evidence[self.right], evidence[self.control]
        changed = [evidence[role] for role in self.changed if role in evidence]
        lifted = [outcome.label for outcome in changed if not at_chance(outcome)]
        why = "the objectives go together: with its normalisation kept the hybrid is not behind its control"
        if lifted:
            why += f"; the paper's own run leaves chance with one thing changed ({' or '.join(lifted)})"
        return joined(
            _fails(evidence[self.faithful]),
            Seen(
                "yes" if at_chance(right) else behind(right, control),
                "; ".join(map(tested, (right, control, *changed))),
            ),
            only_faithful=why,
            only_corrected="the paper's run is above chance here, but put right the hybrid is behind its control",
        )


def _factor(name: str) -> Role:
    return Role(f"paper/cnn, {name}")


def _fails(outcome: Outcome) -> Seen:
    return Seen(truth(at_chance(outcome)), tested(outcome))


def _cnn(evidence: Evidence) -> Finding:
    faithful, right = evidence[Role("paper/cnn")], evidence[Role("cnn")]
    changed = {name: evidence[_factor(name)] for name in CNN_FACTORS if _factor(name) in evidence}
    lifting = [name for name, outcome in changed.items() if not at_chance(outcome)]
    everything = [right, *changed.values()]
    cause = (
        f"the paper's own network learns with one thing changed ({' or '.join(lifting)})"
        if lifting
        else "no single change lifts the paper's network from chance, but another network with shared weights learns"
    )
    return joined(
        _fails(faithful),
        Seen(every(*(truth(at_chance(each)) for each in everything)), "; ".join(map(tested, everything))),
        only_faithful=f"weights are shared in all of these networks, so sharing is not the cause: {cause}",
        only_corrected="the paper's network learns here, though other networks with shared weights do not",
    )


def _attention(evidence: Evidence) -> Finding:
    faithful, baseline = evidence[Role("paper/attention")], evidence[Role("paper/ff")]
    everywhere, once = evidence[Role("attention, label in every patch")], evidence[Role("attention, label overlaid")]
    return joined(
        Seen(behind(faithful, baseline), f"{tested(faithful)}; {tested(baseline)}"),
        Seen(behind(once, everywhere), f"{tested(everywhere)}; {tested(once)}"),
        only_faithful="attention is behind, but not for want of the label: with all else put right, one patch that "
        "holds it does as well as all",
        only_corrected="the paper's attention is not behind its fully connected FF, yet the label in every patch helps",
    )


def _above_cnn(evidence: Evidence) -> Finding:
    def seen(attention: Outcome, cnn: Outcome) -> Seen:
        return Seen(behind(cnn, attention), f"{tested(attention)}; {tested(cnn)}")

    return joined(
        seen(evidence[Role("paper/attention")], evidence[Role("paper/cnn")]),
        seen(evidence[Role("attention")], evidence[Role("cnn")]),
        only_faithful="attention is ahead only of a convolutional network that does not learn; put right, it is not",
        only_corrected="not as the paper ran them, only with both put right",
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
        rule="Yes where a network with shared weights stays at chance: faithful, the paper's; put right, every other "
        "one: the paper's with one thing changed at a time, and preset cnn.",
        needs=(Role("paper/cnn"), *map(_factor, CNN_FACTORS), Role("cnn")),
        decide=_cnn,
    ),
    Claim(
        id="attention-label-in-one-patch",
        statement="Self-attention stays behind FF because only one patch holds the label",
        paper="section 5.3: about 60 % on MNIST (fully connected: 97.14 %)",
        rule="Faithful, yes where the paper's attention is behind the paper's fully connected FF. Put right, yes where "
        "preset attention, which has the label in every patch, is ahead of itself with the label in one patch.",
        needs=(
            Role("paper/attention"),
            Role("paper/ff"),
            Role("attention, label in every patch"),
            Role("attention, label overlaid"),
        ),
        decide=_attention,
    ),
    Claim(
        id="attention-above-cnn",
        statement="FF does significantly better with self-attention than with convolution",
        paper="section 5.3, MNIST: about 60 % against about 10 %",
        rule="Yes where attention is ahead of the convolutional network: faithful, the paper's; put right, presets "
        "attention and cnn.",
        needs=(Role("paper/attention"), Role("paper/cnn"), Role("attention"), Role("cnn")),
        decide=_above_cnn,
    ),
)
