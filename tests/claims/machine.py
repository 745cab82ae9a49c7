"""Invented measures of the machine for the rules of the claims: repeats, curves, layers."""

from collections.abc import Sequence

from fftui.claims import Measures, Outcome, Repeats
from fftui.claims.outcomes import Curve, LayerMeasures

from .evidence import Percent, outcome

APART = 0.01  # by which repeats differ from the middle one, as a fraction of it


def repeats(middle: float, count: int = 3) -> Repeats:
    """Repeats close to `middle`, which is their median."""
    return Repeats(tuple(middle * (1 + APART * (n - (count - 1) / 2)) for n in range(count)))


def noisy(middle: float) -> Repeats:
    """Three repeats of which the greatest is several times the least."""
    return Repeats((middle / 3, middle, 3 * middle))


def curve(end: float, seconds: float, *, data: float = 0.0) -> Curve:
    """A validation accuracy (percent) that rises to `end` in ten equal steps over `seconds`, of
    which the fraction `data` went into images.
    """
    steps = [n / 10 for n in range(1, 11)]
    times = tuple(seconds * each for each in steps)
    return Curve(
        tuple(end / 100 * each for each in steps), times, tuple(data * each for each in times)
    )


def learner(
    end: float, seconds: Sequence[float], *, data: float = 0.0, disturbed: str = ""
) -> Outcome:
    """Runs of one set-up, one for each of `seconds`, that rise to the accuracy `end` (percent)."""
    curves = tuple(curve(end, each, data=data) for each in seconds)
    return measured(end, curves=curves, disturbed=disturbed)


def measured(test: Percent = 97.0, label: str = "a run", **figures: object) -> Outcome:
    """An outcome with these figures of `Measures`."""
    return outcome(label, test, measures=Measures(**figures))  # type: ignore[arg-type]


def layers(**figures: Sequence[float | Repeats]) -> tuple[LayerMeasures, ...]:
    """Layers with these figures of `LayerMeasures`, a value a layer: `layers(power_w=(90, 70))`."""
    count = {len(each) for each in figures.values()}.pop()
    return tuple(
        LayerMeasures(
            f"layer {n + 1}",
            **{
                name: each[n] if isinstance(each[n], Repeats) else repeats(each[n])  # type: ignore[arg-type, misc]
                for name, each in figures.items()
            },
        )
        for n in range(count)
    )
