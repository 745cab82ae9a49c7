"""Learning rules: how a network learns during one phase. One file a rule.

A phase has one or more stages. In each, a `StageTrainer` trains one layer, all layers in parallel,
or the network (backprop). The loop over epochs and batches is written once, in
`fftui.learning.stage_loop`.
"""

from typing import TYPE_CHECKING

from fftui import experiment as ex
from fftui.learning.registry import Builder, Registry, resolve

if TYPE_CHECKING:
    from fftui.learning.rules.phase_rule import PhaseRule, TrainContext

# called with the phase, its number in the experiment (from 1) and a TrainContext
RULES: Registry[Builder] = Registry("learning rule")
RULES.add("forward-forward", "fftui.learning.rules.forward_forward:forward_forward")
RULES.add("local-ce", "fftui.learning.rules.local_cross_entropy:local_cross_entropy")
RULES.add("image-contrast", "fftui.learning.rules.image_contrast:image_contrast")
RULES.add("softhebb", "fftui.learning.rules.softhebb:softhebb")
RULES.add("readout", "fftui.learning.rules.readout:ReadoutRule")
RULES.add("backprop", "fftui.learning.rules.backprop:BackpropRule")
RULES.add("feedback-alignment", "fftui.learning.rules.feedback_alignment:FeedbackAlignmentRule")
RULES.add("predsim", "fftui.learning.rules.similarity_matching:similarity_matching")
RULES.add("supervised-contrast", "fftui.learning.rules.supervised_contrast:supervised_contrast")
RULES.add("cafo", "fftui.learning.rules.cascaded_forward:CascadedForwardRule")
RULES.add(
    "direct-feedback-alignment",
    "fftui.learning.rules.direct_feedback_alignment:DirectFeedbackAlignmentRule",
)


def rule_for(phase: ex.Phase, number: int, context: "TrainContext") -> "PhaseRule":
    """The rule of `phase`, which is number `number` (from 1) of its experiment. Raises
    ExperimentError where it is unknown.
    """
    rule: PhaseRule = resolve(RULES.find(phase.rule))(phase, number, context)
    return rule
