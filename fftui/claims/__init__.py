"""The paper's claims, one value each, and how runs decide on them.

`CLAIMS` holds what the paper says and a pure rule for each; `fftui.claims.reproduce` gathers the
outcomes of the runs of their set-ups, and asks `claim.judge(outcomes)`. No verdict is written down
anywhere.
"""

from fftui.claims.accuracy_claims import ON_ACCURACY
from fftui.claims.architecture_claims import ON_ARCHITECTURES
from fftui.claims.estimates import Accuracies, Estimate, Repeats
from fftui.claims.outcomes import Measures, Outcome, Outcomes, Platform, Setup
from fftui.claims.sample_claims import ON_SAMPLES
from fftui.claims.settings_claims import ON_SETTINGS
from fftui.claims.system_claims import ON_SYSTEM
from fftui.claims.verdicts import MARGINS, Claim, Finding, Verdict

CLAIMS: tuple[Claim, ...] = (*ON_ACCURACY, *ON_SYSTEM, *ON_ARCHITECTURES, *ON_SAMPLES, *ON_SETTINGS)

__all__ = [
    "CLAIMS",
    "MARGINS",
    "Accuracies",
    "Claim",
    "Estimate",
    "Finding",
    "Measures",
    "Outcome",
    "Outcomes",
    "Platform",
    "Repeats",
    "Setup",
    "Verdict",
]
