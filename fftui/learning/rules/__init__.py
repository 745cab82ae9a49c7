"""Learning rules: how a network learns during one phase. One file a rule.

A rule cuts its phase into stretches; in each, one learner learns: a layer (Forward-Forward) or the network
(backprop). The loop over epochs and batches is written once, in `fftui.learning.training`.
"""

from fftui import experiment as ex
from fftui.learning.rules.backprop import BackpropRule
from fftui.learning.rules.base import Rule, Setting
from fftui.learning.rules.forward_forward import ForwardForwardRule


def rule_for(phase: ex.Phase, number: int, setting: Setting) -> Rule:
    """The rule that carries out `phase`, the experiment's `number`-th."""
    if isinstance(phase, ex.ForwardForward):
        return ForwardForwardRule(phase, number, setting)
    return BackpropRule(phase, setting)
