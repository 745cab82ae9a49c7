"""How the steps of a run, which are as dear as the stage that takes them, share out its time."""

from itertools import accumulate

from fftui.events import RunStarted


def cost_of_steps(started: RunStarted | None, begin: int, end: int) -> float:
    """The relative cost of the steps of the whole run from `begin` to `end`; their number where
    their costs are unknown.
    """
    if started is None or not started.step_costs:
        return end - begin
    cost, before = 0.0, 0
    for steps, each in zip(started.stage_steps, started.step_costs, strict=False):
        cost += max(0, min(end, before + steps) - max(begin, before)) * each
        before += steps
    return cost


def last_step_of_stage(started: RunStarted | None, done: int) -> int:
    """The number, in the whole run, of the last step of the stage of step `done`; `done` where the
    stages are unknown.
    """
    ends = accumulate(started.stage_steps) if started else ()
    return next((end for end in ends if end >= done), done)
