"""A study for screens, and how far it has come."""

from fftui.experiment import Experiment
from fftui.experiment.values import parse_overrides
from fftui.presets import load_preset
from fftui.runs.view import RunView
from fftui.studies.runner import TrialProgress
from fftui.studies.study import Condition, Study, Trial


def experiment(seed: int = 0, epochs: int = 1) -> Experiment:
    return load_preset(
        "quickstart", overrides=parse_overrides([f"phases.0.epochs={epochs}"]), seed=seed
    )


def two_conditions() -> Study:
    """Two conditions at two seeds."""
    one = Condition((("method", "paper/ff at equal updates"), ("θ", 2.0)), 97.14, 99.0)
    other = Condition((("method", "ff"), ("θ", None)))
    trials = tuple(
        Trial(condition, experiment(seed, epochs))
        for seed in (0, 1)
        for epochs, condition in ((1, one), (2, other))
    )
    return Study(
        "threshold",
        "The threshold θ",
        "How sensitive is it?",
        trials,
        ("svhn is not on this machine",),
    )


def at(
    study: Study, index: int, state: str = "running", view: RunView | None = None, **more: object
) -> TrialProgress:
    return TrialProgress(
        index, len(study.trials), study.trials[index - 1], state, view, "the-run", **more
    )  # type: ignore[arg-type]
