from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from optuna.trial import TrialState

from fftui.errors import RequestError
from fftui.sweeps.plan import SweepPlan
from fftui.sweeps.trials import SweepTrials

from .conftest import RATES, UNITS

PlanOf = Callable[..., SweepPlan]
TrialsOf = Callable[[SweepPlan], SweepTrials]


def test_several_at_once_take_each_trial_once(plan_of: PlanOf, trials_of: TrialsOf) -> None:
    plan = plan_of(RATES, UNITS, sampler="random")
    openers = [trials_of(plan) for _ in range(3)]

    def take_all(trials: SweepTrials) -> list[int]:
        numbers = []
        while (taken := trials.take(12)) is not None:
            trials.finish(taken, 0.5)
            taken.owned.release()
            numbers.append(taken.number)
        return numbers

    with ThreadPoolExecutor(3) as pool:
        numbers = [number for each in pool.map(take_all, openers) for number in each]
    assert sorted(numbers) == list(range(12))
    assert openers[0].is_all_over(12)
    assert not openers[0].is_all_over(13)


def test_a_trial_whose_process_is_gone_is_gone_on_with(
    plan_of: PlanOf, trials_of: TrialsOf
) -> None:
    plan = plan_of(RATES, UNITS)
    first = trials_of(plan)
    left, held = first.take(9), first.take(9)
    assert left and held
    left.owned.release()  # as if its process had been killed
    again = trials_of(plan).take(9)
    assert again and (again.number, again.values) == (left.number, left.values)
    fresh = trials_of(plan).take(9)
    assert fresh and fresh.number == 2  # the one that is held is left alone


def test_a_trial_that_ends_while_another_process_asks_is_not_run_again(
    plan_of: PlanOf, trials_of: TrialsOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    trials = trials_of(plan_of())
    ending = trials.take(1)
    assert ending
    own = SweepTrials._own

    def ends_just_now(self: SweepTrials, number: int) -> Any:
        trials.finish(ending, 0.5)
        ending.owned.release()
        return own(self, number)

    monkeypatch.setattr(SweepTrials, "_own", ends_just_now)
    assert trials_of(plan_of()).take(1) is None


def test_what_is_drawn_does_not_depend_on_who_asks(plan_of: PlanOf, trials_of: TrialsOf) -> None:
    plan = plan_of(RATES, UNITS, sampler="random")
    taken = [trials_of(plan).take(9) for _ in range(3)]
    values = [each.values for each in taken if each]
    assert len({each["phases.0.learning_rate"] for each in values}) == 3
    by_number = {each.number: each.values for each in taken if each}
    other = SweepTrials(trials_of(plan_of(RATES, UNITS, sampler="random")).folder, plan)
    assert [trial.params["phases.0.learning_rate"] for trial in other.all] == [
        by_number[n]["phases.0.learning_rate"] for n in range(3)
    ]


def test_a_grid_takes_every_combination_once(plan_of: PlanOf, trials_of: TrialsOf) -> None:
    trials = trials_of(plan_of(UNITS, "phases.0.loss=softplus|swish", sampler="grid"))
    seen: Counter[tuple[object, ...]] = Counter()
    while (taken := trials.take(100)) is not None:
        seen[tuple(taken.values.values())] += 1
        trials.finish(taken, 0.1)
        taken.owned.release()
    assert seen == Counter((u, loss) for u in (4, 8, 12) for loss in ("softplus", "swish"))
    assert trials.is_all_over(100)


def test_a_line_that_a_killed_process_has_half_written_is_cut(
    plan_of: PlanOf, trials_of: TrialsOf
) -> None:
    plan = plan_of()
    trials = trials_of(plan)
    assert trials.take(1)
    with trials.folder.storage.open("ab") as file:
        file.write(b'{"op_code": 4, "work')
    again = trials_of(plan)
    assert [each.state for each in again.all] == [TrialState.RUNNING]
    trials.folder.storage.write_text('{"op_code": "x"}\n' * 3)
    with pytest.raises(RequestError, match="is damaged"):
        trials_of(plan)
