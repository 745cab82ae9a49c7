"""The runs that decide on claims, and in which order they come."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fftui.claims import CLAIMS, Claim, Setup
from fftui.claims.own_setups import own_runs
from fftui.claims.setup_runs import Asked, PlannedRuns, Studies
from fftui.claims.study_setups import runs_in_studies
from fftui.experiment import Experiment, PhaseConfig, per_layer_text
from fftui.studies.study import Scale, Study, Trial

# at both scales: with fewer no interval of seeds is worth the name
SEEDS = 3
# A run's likely time has this besides its learning: starting, reading images, measuring, tables.
AROUND_S = 1.0


@dataclass(frozen=True)
class ClaimsPlan:
    """The claims to decide, the runs of every set-up that they need, and the reason where a set-up
    has none.
    """

    scale: Scale
    seeds: int
    planned: tuple[PlannedRuns, ...]
    absent: Mapping[Setup, str]
    claims: tuple[Claim, ...] = CLAIMS

    def study(self) -> Study:
        """The runs as a study, seed by seed: a plan that was stopped has whole rows, and repeats
        that are timed are spread over the session.
        """
        most = max((len(each.experiments) for each in self.planned), default=0)
        trials = tuple(
            Trial(runs.condition, runs.experiments[seed], runs.process)
            for seed in range(most)
            for runs in self.planned
            if seed < len(runs.experiments)
        )
        return Study(
            "claims",
            "The paper's claims",
            "Which of the paper's claims hold?",
            trials,
            scale=self.scale,
        )


def plan(asked: Asked, claims: Sequence[Claim] = CLAIMS) -> ClaimsPlan:
    """The plan for `claims`; those that no set asked for decides are left out.

    Raises ExperimentError where a preset cannot be read or changed.
    """
    kept = tuple(claim for claim in claims if any(map(asked.includes, claim.needs)))
    wanted = dict.fromkeys(setup for claim in kept for setup in claim.needs)
    studies = Studies(asked)
    planned: dict[Setup, PlannedRuns] = {}
    for runs in (*own_runs(asked, studies), *runs_in_studies(studies)):
        if runs.setup in wanted:
            planned.setdefault(runs.setup, runs)
    absent = {setup: asked.why_not(setup) for setup in wanted if setup not in planned}
    in_order = tuple(planned[setup] for setup in wanted if setup in planned)
    return ClaimsPlan(asked.scale, asked.seeds, in_order, absent, kept)


def described(experiment: Experiment) -> str:
    """What an experiment does, in a few words."""
    data, layers = experiment.data, "-".join(each.short_name for each in experiment.model.layers)
    images = "all images" if data.train_images is None else f"{data.train_images:,} images"
    phases = " then ".join(map(_phase_text, experiment.phases))
    return f"{data.name}, {images}, layers {layers}, {phases}"


def _phase_text(phase: PhaseConfig) -> str:
    text = (
        f"{phase.rule}, {phase.epochs} epoch{'s' if phase.epochs > 1 else ''}, batch"
        f" {phase.batch_size:,}"
    )
    if phase.shown_threshold is not None:
        text += f", θ {per_layer_text(phase.shown_threshold)}"
    return text
