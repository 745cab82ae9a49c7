"""The paper's claims, judged from finished runs: a verdict on each, with the evidence that it rests
on.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fftui.claims import Accuracies, Claim, Finding, Outcome, Outcomes, Repeats, Setup
from fftui.claims.claims_plan import ClaimsPlan, described
from fftui.claims.gathering import gather


@dataclass(frozen=True)
class Evidence:
    """A set-up that a claim needs and its outcome; where nothing was run, `absent` says why and
    `what` is empty. `data` is the set that its runs learn from, empty where none are planned.
    """

    setup: Setup
    what: str
    outcome: Outcome | None
    absent: str = ""
    data: str = ""


@dataclass(frozen=True)
class ClaimVerdict:
    """A claim, the finding on it, and the evidence that it rests on."""

    claim: Claim
    finding: Finding
    evidence: tuple[Evidence, ...]

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """The outcomes that there are."""
        return tuple(each.outcome for each in self.evidence if each.outcome is not None)


@dataclass(frozen=True)
class Verdicts:
    """The verdicts, and lines about finished runs that were left out."""

    verdicts: tuple[ClaimVerdict, ...]
    notes: tuple[str, ...] = ()


def judge_all(
    plan: ClaimsPlan, runs_dir: Path, failures: Mapping[str, str] | None = None
) -> Verdicts:
    """Judge the claims of `plan` by those of its runs that have finished in `runs_dir`.

    `failures` says why a set-up's runs could not be started, by the set-up's text. Raises
    RequestError where `runs_dir` cannot be read.
    """
    gathered = gather(plan, runs_dir, failures or {})
    verdicts = tuple(_judged(claim, plan, gathered.outcomes) for claim in plan.claims)
    return Verdicts(verdicts, gathered.notes)


def _judged(claim: Claim, plan: ClaimsPlan, outcomes: Outcomes) -> ClaimVerdict:
    planned = {each.setup: each for each in plan.planned}
    evidence = tuple(
        Evidence(
            setup,
            described(planned[setup].experiments[0]) if setup in planned else "",
            outcomes.by_setup.get(setup),
            "" if setup in outcomes else outcomes.absent.get(setup, "not run"),
            planned[setup].experiments[0].data.name if setup in planned else "",
        )
        for setup in claim.needs
    )
    return ClaimVerdict(claim, claim.judge(outcomes), evidence)


def as_facts(judged: Verdicts, plan: ClaimsPlan) -> dict[str, Any]:
    """The claims as plain values, for JSON: accuracies as fractions with their 95 % interval, null
    where there is none; times, memory and power as medians of the repeats, with the least and the
    greatest.
    """
    return {
        "scale": plan.scale,
        "seeds": plan.seeds,
        "notes": list(judged.notes),
        "claims": [_claim_facts(each, plan) for each in judged.verdicts],
    }


def _claim_facts(judged: ClaimVerdict, plan: ClaimsPlan) -> dict[str, Any]:
    claim, finding, outcomes = judged.claim, judged.finding, judged.outcomes
    return {
        "id": claim.id,
        "statement": claim.statement,
        "paper": claim.paper,
        "scale": plan.scale,
        "data": list(dict.fromkeys(each.data for each in judged.evidence if each.outcome)),
        "seeds": _range(each.seeds for each in outcomes),
        "train_images": _range(each.train_images for each in outcomes),
        "test_images": _range(each.test.images for each in outcomes),
        "as_paper": finding.as_paper,
        "corrected": finding.corrected,
        "verdict": finding.verdict,
        "why": finding.why,
        "rule": claim.rule,
        "evidence": [_evidence_facts(each, plan) for each in judged.evidence],
    }


def _range(values: Iterable[int]) -> list[int] | None:
    """The smallest and the greatest; None where there is none."""
    found = sorted(values)
    return [found[0], found[-1]] if found else None


def _evidence_facts(evidence: Evidence, plan: ClaimsPlan) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "role": evidence.setup.text,
        "what": evidence.what or None,
        "absent": evidence.absent or None,
        "scale": plan.scale,
    }
    outcome = evidence.outcome
    return facts if outcome is None else facts | _outcome_facts(outcome)


def _outcome_facts(outcome: Outcome) -> dict[str, Any]:
    measures, platform = outcome.measures, outcome.platform
    return {
        "seeds": outcome.seeds,
        "train_images": outcome.train_images,
        "test_images": outcome.test.images,
        **_accuracy_facts("test", outcome.test),
        **_accuracy_facts("train", outcome.train),
        **({} if outcome.validation is None else _accuracy_facts("validation", outcome.validation)),
        "depth_accuracies": [each.mean for each in outcome.depths],
        "last_losses": [_finite(each) for each in outcome.losses],
        **_repeat_facts("e2e_s", measures.e2e_s),
        **_repeat_facts("train_s", measures.train_s),
        **_repeat_facts("data_s", measures.data_s),
        **_repeat_facts("memory_bytes", measures.memory_bytes),
        **_repeat_facts("power_w", measures.power_w),
        "disturbed": measures.disturbed or None,
        "host": platform and platform.host,
        "device": platform and platform.device,
        "precision": platform and platform.precision,
        "runs": list(outcome.runs),
    }


def _accuracy_facts(split: str, accuracies: Accuracies) -> dict[str, float | None]:
    half = accuracies.half
    low, high = (
        (None, None) if math.isinf(half) else (accuracies.mean - half, accuracies.mean + half)
    )
    return {
        f"{split}_accuracy": accuracies.mean,
        f"{split}_accuracy_low": low,
        f"{split}_accuracy_high": high,
    }


def _finite(values: Sequence[float]) -> list[float | None]:
    return [value if math.isfinite(value) else None for value in values]


def _repeat_facts(name: str, repeats: Repeats | None) -> dict[str, float | None]:
    if repeats is None:
        return dict.fromkeys((name, f"{name}_least", f"{name}_greatest"))
    least, greatest = min(repeats.values), max(repeats.values)
    return {name: repeats.median, f"{name}_least": least, f"{name}_greatest": greatest}
