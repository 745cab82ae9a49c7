"""Learning rules: how a network learns during one phase. One file a rule.

A phase has one or more stages. In each, a `StageTrainer` trains one layer, all layers in parallel,
or the network (backprop). The loop over epochs and batches is written once, in
`fftui.learning.training`.
"""

from fftui import experiment as ex
from fftui.learning.rules.backprop import BackpropRule
from fftui.learning.rules.forward_forward import forward_forward
from fftui.learning.rules.local_cross_entropy import local_cross_entropy
from fftui.learning.rules.phase_rule import PhaseRule, TrainContext


def rule_for(phase: ex.Phase, number: int, context: TrainContext) -> PhaseRule:
    """The rule of `phase`, which is number `number` (from 1) of its experiment."""
    if isinstance(phase, ex.ForwardForward):
        return forward_forward(phase, number, context)
    if isinstance(phase, ex.LocalCrossEntropy):
        return local_cross_entropy(phase, number, context)
    return BackpropRule(phase, number, context)
