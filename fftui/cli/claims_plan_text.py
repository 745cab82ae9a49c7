"""The plan of the claims before it runs: how many runs, on which sets, how long, claim by claim."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fftui.claims import Claim
from fftui.claims.claims_plan import AROUND_S, ClaimsPlan
from fftui.cli.study_plan import TrialPlan, trial_plans
from fftui.experiment import Experiment
from fftui.runs.workspace import Workspace
from fftui.studies.matching import identity
from fftui.text.format import columns, roughly


@dataclass(frozen=True)
class RunsAhead:
    """Runs of a claim, or of all: how many, how many of them are to come, and their likely time."""

    runs: int
    to_come: int
    expected_s: float

    @classmethod
    def of(cls, runs: Iterable[TrialPlan]) -> "RunsAhead":
        """Of these runs, each once."""
        known = list(runs)
        ahead = [each for each in known if each.is_to_come]
        expected_s = sum(AROUND_S + (each.expected_s or 0.0) for each in ahead)
        return cls(len(known), len(ahead), expected_s)

    @property
    def facts(self) -> dict[str, Any]:
        """As plain values."""
        return {"runs": self.runs, "to_come": self.to_come, "expected_s": self.expected_s}


@dataclass(frozen=True)
class PlanAhead:
    """The runs of a plan: of each claim, and of all together, in which one that several claims need
    is once; and the sets that they learn from.
    """

    scale: str
    seeds: int
    by_claim: tuple[tuple[Claim, RunsAhead], ...]
    whole: RunsAhead
    sets: tuple[str, ...]
    absent: tuple[str, ...]

    @classmethod
    def of(cls, plan: ClaimsPlan, workspace: Workspace) -> "PlanAhead":
        """What is ahead of a plan. Raises RequestError where there is no such device."""
        study = plan.study()
        states = _by_experiment(trial_plans(study, workspace))
        experiments = {each.setup: each.experiments for each in plan.planned}

        def of_claim(claim: Claim) -> RunsAhead:
            keys = {identity(each) for setup in claim.needs for each in experiments.get(setup, ())}
            return RunsAhead.of(states[key] for key in keys)

        return cls(
            plan.scale,
            plan.seeds,
            tuple((claim, of_claim(claim)) for claim in plan.claims),
            RunsAhead.of(states.values()),
            tuple(dict.fromkeys(_set_of(trial.experiment) for trial in study.trials)),
            tuple(dict.fromkeys(plan.absent.values())),
        )

    @property
    def facts(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return {
            "scale": self.scale,
            "seeds": self.seeds,
            "sets": list(self.sets),
            **self.whole.facts,
            "claims": [{"id": claim.id, **ahead.facts} for claim, ahead in self.by_claim],
            "absent": list(self.absent),
        }

    @property
    def text(self) -> str:
        """A line a claim, and one of all."""
        rows = [
            (claim.id, str(ahead.runs), str(ahead.to_come), _time_text(ahead))
            for claim, ahead in self.by_claim
        ]
        return columns(("claim", "runs", "to come", "expected"), rows) + f"\n{self.line}\n"

    @property
    def line(self) -> str:
        """All runs in one line."""
        whole, sets = self.whole, ", ".join(self.sets) or "no set"
        seeds, runs = _counted(self.seeds, "seed"), _counted(whole.runs, "run")
        expected = f", {_time_text(whole)}" if whole.to_come else ""
        return (
            f"{self.scale} scale, {seeds}, on {sets}: {runs}, {whole.to_come} to come{expected} (a"
            " run that several claims need is run once)"
        )


def _by_experiment(plans: Iterable[TrialPlan]) -> dict[str, TrialPlan]:
    """The plan of each run; the first trial of an experiment says whether it is to come."""
    found: dict[str, TrialPlan] = {}
    for each in plans:
        found.setdefault(identity(each.trial.experiment), each)
    return found


def _set_of(experiment: Experiment) -> str:
    return experiment.data.name


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _time_text(ahead: RunsAhead) -> str:
    return roughly(ahead.expected_s) if ahead.to_come else ""
