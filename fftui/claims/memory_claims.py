"""Claims about memory."""

from fftui.claims.amounts import MEMORY, NOTHING_KEPT, PLAIN, TIMED, compared_pair, is_more
from fftui.claims.outcomes import Outcomes
from fftui.claims.verdicts import Claim, Finding, decide_both, decide_one, observed


def _more_memory(outcomes: Outcomes) -> Finding:
    return decide_both(
        observed(lambda: compared_pair(outcomes, TIMED, MEMORY, is_more)),
        observed(lambda: compared_pair(outcomes, PLAIN, MEMORY, is_more)),
        only_as_paper=(
            "the paper's FF network is far larger than its backprop network; at equal size FF takes"
            " at most a tenth more"
        ),
        only_corrected="not the paper's networks, only networks of equal size",
    )


def _no_storage(outcomes: Outcomes) -> Finding:
    pair = (PLAIN[1], NOTHING_KEPT)
    return decide_one(
        observed(lambda: compared_pair(outcomes, pair, MEMORY, is_more)),
        yes="backprop takes over a tenth more memory than FF at equal size",
        no="backprop takes at most a tenth more memory than FF at equal size",
    )


ON_MEMORY = (
    Claim(
        id="more-memory",
        statement="FF uses more memory than backprop",
        paper=(
            "Figure 4, MNIST: on average FF used 28.9 % of the GPU's memory, backprop 5.4 %; the"
            " paper puts it down to how its code handles memory"
        ),
        rule=(
            "Yes where the most memory that FF held (of the GPU, else of the process) above what"
            " was held before the run is over a tenth more than backprop's, each run in a process"
            " of its own, on MNIST. As the paper ran it: its networks; corrected: networks, batches"
            " and epochs of equal size."
        ),
        needs=(*TIMED, *PLAIN),
        decide=_more_memory,
    ),
    Claim(
        id="no-activation-storage",
        statement="FF takes less memory than backprop, because it need not store activations",
        paper="section 1, after Hinton (2022): it might be an advantage of FF; not measured",
        rule=(
            "Yes where the most memory that backprop held above what was held before the run is"
            " over a tenth more than that of FF, layer after layer with nothing of other layers"
            " kept: networks and batches of equal size, each run in a process of its own."
        ),
        needs=(PLAIN[1], NOTHING_KEPT),
        decide=_no_storage,
    ),
)
