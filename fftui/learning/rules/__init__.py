"""Learning rules: how a network learns during one phase. One file a rule.

A rule cuts its phase into stretches; in each, one learner learns: a layer, all layers in parallel, or the network
(backprop). The loop over epochs and batches is written once, in `fftui.learning.training`.
"""

from fftui import experiment as ex
from fftui.learning.rules.backprop import BackpropRule
from fftui.learning.rules.base import Rule, Setting
from fftui.learning.rules.forward_forward import forward_forward
from fftui.learning.rules.local_cross_entropy import local_cross_entropy


def rule_for(phase: ex.Phase, number: int, setting: Setting) -> Rule:
    """The rule that carries out `phase`, the experiment's `number`-th."""
    if isinstance(phase, ex.ForwardForward):
        return forward_forward(phase, number, setting)
    if isinstance(phase, ex.LocalCrossEntropy):
        return local_cross_entropy(phase, number, setting)
    return BackpropRule(phase, number, setting)
