"""The paper's claims, one value each, and how runs decide on them.

`CLAIMS` holds what the paper says and a pure rule for each; `fftui.studies.reproduce` carries out the runs that play
their roles, and asks `claim.judge(evidence)`. No verdict is written down anywhere.
"""

from fftui.studies.claims.accuracy import ON_ACCURACY
from fftui.studies.claims.architectures import ON_ARCHITECTURES
from fftui.studies.claims.evidence import Estimate, Evidence, Outcome, Role, of_accuracies
from fftui.studies.claims.rules import MARGINS, Claim, Finding, Verdict
from fftui.studies.claims.samples import ON_SAMPLES
from fftui.studies.claims.settings import ON_SETTINGS
from fftui.studies.claims.system import ON_SYSTEM

CLAIMS: tuple[Claim, ...] = (*ON_ACCURACY, *ON_SYSTEM, *ON_ARCHITECTURES, *ON_SAMPLES, *ON_SETTINGS)

__all__ = [
    "CLAIMS",
    "MARGINS",
    "Claim",
    "Estimate",
    "Evidence",
    "Finding",
    "Outcome",
    "Role",
    "Verdict",
    "of_accuracies",
]
