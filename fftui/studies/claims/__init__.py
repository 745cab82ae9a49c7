"""The paper's claims, one value each, and how runs decide on them.

`CLAIMS` holds what the paper says and a pure rule for each; `fftui.studies.reproduce` gathers the outcomes of the runs
of their set-ups, and asks `claim.judge(outcomes)`. No verdict is written down anywhere.
"""

from fftui.studies.claims.accuracy_claims import ON_ACCURACY
from fftui.studies.claims.architecture_claims import ON_ARCHITECTURES
from fftui.studies.claims.outcomes import Estimate, Outcome, Outcomes, Setup, of_accuracies
from fftui.studies.claims.sample_claims import ON_SAMPLES
from fftui.studies.claims.settings_claims import ON_SETTINGS
from fftui.studies.claims.system_claims import ON_SYSTEM
from fftui.studies.claims.verdicts import MARGINS, Claim, Finding, Verdict

CLAIMS: tuple[Claim, ...] = (*ON_ACCURACY, *ON_SYSTEM, *ON_ARCHITECTURES, *ON_SAMPLES, *ON_SETTINGS)

__all__ = [
    "CLAIMS",
    "MARGINS",
    "Claim",
    "Estimate",
    "Finding",
    "Outcome",
    "Outcomes",
    "Setup",
    "Verdict",
    "of_accuracies",
]
