"""The paper's claims, one value each, and how runs decide on them.

`CLAIMS` holds what the paper says and a pure rule for each; `fftui.claims.reproduce` gathers the
outcomes of the runs of their set-ups, and asks `claim.judge(outcomes)`. No verdict is written down
anywhere.
"""

from fftui.claims.accuracy_claims import ON_ACCURACY
from fftui.claims.architecture_claims import ON_ARCHITECTURES
from fftui.claims.attention_claims import ON_ATTENTION
from fftui.claims.estimates import Accuracies, Estimate, Repeats
from fftui.claims.hybrid_claims import ON_HYBRIDS
from fftui.claims.memory_claims import ON_MEMORY
from fftui.claims.outcomes import Measures, Outcome, Outcomes, Platform, Setup
from fftui.claims.power_claims import ON_POWER
from fftui.claims.sample_claims import ON_SAMPLES
from fftui.claims.settings_claims import ON_SETTINGS
from fftui.claims.time_claims import ON_TIME
from fftui.claims.verdicts import MARGINS, Claim, Finding, Verdict

CLAIMS: tuple[Claim, ...] = (
    *ON_ACCURACY,
    *ON_TIME,
    *ON_MEMORY,
    *ON_POWER,
    *ON_ATTENTION,
    *ON_HYBRIDS,
    *ON_ARCHITECTURES,
    *ON_SAMPLES,
    *ON_SETTINGS,
)

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
