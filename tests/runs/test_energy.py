"""Energy of windows against a power whose integral is known."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui import events as ev
from fftui.runs.energy import MAX_POINTS, Curve, EnergyAccount, EnergyFold, WindowEnergy

Power = Callable[[float], float]
HZ = 10


def window(
    began: float, ended: float, *, doing: ev.Doing = "learning", epoch: int = 1, images: int = 100
):
    return ev.WindowMeasured(doing, 1, 1, epoch, 1, images, began, ended)


def sample(**metrics: float | None) -> ev.TelemetrySampled:
    return ev.TelemetrySampled(1, 1, 1, **metrics)


def square(at: float) -> float:
    """100 W for a second, then 300 W for a second."""
    return 100.0 if at % 2 < 1 else 300.0


def joules(at: float) -> float:
    """The integral of `square` from 0."""
    whole, rest = divmod(at, 2)
    return 400 * whole + 100 * min(rest, 1) + 300 * max(0.0, rest - 1)


def measured_by(events: list[tuple[float, ev.Event]]) -> list[WindowEnergy]:
    fold, found = EnergyFold(), []
    for at, event in [
        (0.0, ev.MachineDescribed(HZ, 2, None)),
        *sorted(events, key=lambda each: each[0]),
    ]:
        fold, measured = fold.after(at, event)
        found += measured
    return found


def samples(
    until: float, read: Callable[[float], dict[str, float | None]], every: float = 1 / HZ
) -> list[tuple[float, ev.Event]]:
    return [(n * every, sample(**read(n * every))) for n in range(round(until / every) + 1)]


def by_counter(at: float) -> dict[str, float | None]:
    return {"gpu_energy_j": 5e6 + joules(at), "power_w": square(at)}


@given(st.floats(0.05, 20), st.floats(0.3, 9))
def test_a_counter_gives_the_integral_of_the_power(began: float, length: float) -> None:
    seen = window(began, began + length)
    (found,) = measured_by([*samples(32, by_counter), (began + length, seen)])
    assert found.gpu is not None
    assert found.gpu.method == "counter"
    assert found.gpu.joules == pytest.approx(
        joules(began + length) - joules(began), abs=2 * 200 * 0.5 / HZ
    )
    assert found.gpu.measured_s == pytest.approx(length)


def test_a_counter_over_many_periods_is_right_within_one_percent() -> None:
    (found,) = measured_by([*samples(62, by_counter), (60.3, window(0.7, 60.3))])
    assert found.gpu.joules == pytest.approx(joules(60.3) - joules(0.7), rel=0.01)


def test_power_is_integrated_where_there_is_no_counter_and_the_method_says_so() -> None:
    sampled = samples(62, lambda at: {"power_w": square(at)})
    (found,) = measured_by([*sampled, (60.3, window(0.7, 60.3))])
    assert found.gpu.method == "integrated power"
    assert found.gpu.joules == pytest.approx(joules(60.3) - joules(0.7), rel=0.05)


def test_power_is_integrated_where_the_counter_stands_still() -> None:
    sampled = samples(30, lambda at: {"power_w": 200.0, "gpu_energy_j": 77.0})
    found = measured_by([*sampled, *((float(n + 1), window(n, n + 1)) for n in range(5, 20))])
    assert {each.gpu.method for each in found} == {"integrated power"}
    assert all(each.gpu.joules == pytest.approx(200.0) for each in found)


@given(st.sampled_from([0.1, 0.3, 0.7, 1.3]), st.integers(2, 12))
def test_a_counter_that_moves_rarely_gives_no_window_nothing_and_no_joule_twice(
    every: float, count: int
) -> None:
    def read(at: float) -> dict[str, float | None]:
        return {"gpu_energy_j": 200.0 * every * math.floor(at / every + 1e-9), "power_w": 200.0}

    windows = [(2.0 + n + 1, window(2.0 + n, 2.0 + n + 1)) for n in range(count)]
    found = measured_by([*samples(count + 8, read), *windows])
    assert {each.gpu.method for each in found} == {"counter"}
    assert all(each.gpu.joules == pytest.approx(200.0, rel=0.2) for each in found)
    assert sum(each.gpu.joules for each in found) == pytest.approx(200.0 * count, rel=0.15)


def test_a_counter_that_begins_anew_is_bridged_by_power() -> None:
    def read(at: float) -> dict[str, float | None]:
        return {"gpu_energy_j": 200.0 * (at if at < 10.05 else at - 10.05), "power_w": 200.0}

    found = measured_by(
        [*samples(30, read), *((float(n + 1), window(n, n + 1)) for n in range(1, 20))]
    )
    methods = [each.gpu.method for each in found]
    assert methods.count("integrated power") == 1
    assert all(each.gpu.joules == pytest.approx(200.0, rel=0.01) for each in found)


def test_without_metrics_there_is_no_energy() -> None:
    (found,) = measured_by([*samples(9, lambda _: {}), (5.0, window(1.0, 5.0))])
    assert (found.gpu, found.cpu) == (None, None)


def test_a_gap_in_the_samples_leaves_its_window_unknown_and_no_other() -> None:
    sampled = [(at, event) for at, event in samples(30, by_counter) if not 10 < at < 14]
    found = measured_by([*sampled, *((float(n + 1), window(n, n + 1)) for n in range(1, 20))])
    assert [each.window.began_at for each in found if each.gpu is None] == [10, 11, 12, 13]


def test_the_energy_of_the_processor_stands_beside_that_of_the_gpu() -> None:
    sampled = samples(
        9, lambda at: {"cpu_energy_j": 60 * at, "gpu_energy_j": 300 * at, "power_w": 300.0}
    )
    (found,) = measured_by([*sampled, (5.0, window(1.0, 5.0))])
    assert (found.gpu.joules, found.cpu.joules) == (pytest.approx(1200), pytest.approx(240))


def test_what_waits_is_bounded_when_a_driver_hangs_and_measured_when_the_sampler_ends() -> None:
    fold, _ = EnergyFold().after(0.0, ev.MachineDescribed(HZ, 2, None))
    fold, _ = fold.after(0.0, sample(gpu_energy_j=1.0, power_w=1.0))
    for n in range(2000):
        fold, _ = fold.after(n + 1.0, window(n, n + 1))
    assert len(fold.waiting) <= 600
    fold, measured = fold.after(2001.0, ev.TelemetryEnded(1, 0, 0.0, 0.0, None, "hung"))
    assert not fold.waiting
    assert measured
    assert measured[0].gpu is None


def test_without_a_sampler_windows_are_measured_at_once() -> None:
    _, measured = EnergyFold().after(2.0, window(1, 2))
    assert [(each.gpu, each.cpu) for each in measured] == [(None, None)]


def test_an_idle_window_that_begins_with_the_first_sample_is_measured_though_rounded() -> None:
    sampled = [(at + 0.0005, event) for at, event in samples(3, by_counter)]
    (found,) = measured_by([*sampled, (1.2, window(0.0, 1.0, doing="rest"))])
    assert found.gpu is not None
    assert found.gpu.joules == pytest.approx(joules(1.0), rel=0.15)


def test_windows_that_overlap_a_little_are_both_known() -> None:
    """The second begins before the sample that measured the first, and ends of windows come from
    another clock.
    """
    windows = [(3.15, window(2.0, 3.1005)), (4.2, window(3.0995, 4.1))]
    found = measured_by([*samples(9, by_counter), *windows])
    assert [each.gpu is not None for each in found] == [True, True]


def test_a_window_without_its_times_is_no_event() -> None:
    line = ev.to_json(1.0, window(1, 2))
    with pytest.raises(ValueError, match="'began_at'"):
        ev.from_json(line.replace('"began_at":1', '"began_at":null', 1))


def test_a_day_idle_does_not_fill_the_memory_and_a_long_window_keeps_its_energy() -> None:
    curve = Curve()
    for n in range(50_000):
        curve = curve.with_point(float(n), 3.0 * n)
    assert len(curve.times) <= MAX_POINTS
    assert curve.between(window(12.5, 49_000)) == pytest.approx(3 * (49_000 - 12.5))


def account_of(events: list[tuple[float, ev.Event]]) -> EnergyAccount:
    account = EnergyAccount()
    for at, event in events:
        account = account.after(at, event)
    return account


def started(*, resumed: bool = False) -> ev.RunStarted:
    return ev.RunStarted("r", "e", "d", "cuda", "float32", ("1",), 9, 100, 0, 0, resumed)


def test_an_account_separates_idle_learning_and_evaluation() -> None:
    sampled = samples(
        20, lambda at: {"gpu_energy_j": 100 * min(at, 2) + 300 * max(0.0, at - 2), "power_w": 1.0}
    )
    windows = [
        (2.0, window(1, 2, doing="rest", images=0)),
        (6.0, window(2, 6, images=1000)),
        (8.0, window(6, 8, doing="evaluating", images=0)),
    ]
    account = account_of(
        [
            (0.0, started()),
            (0.0, ev.MachineDescribed(HZ, 2, None)),
            *sorted(sampled + windows, key=lambda each: each[0]),
        ]
    )
    assert account.idle.energy_of("gpu").power_w == pytest.approx(100)
    assert account.total.energy_of("gpu").joules == pytest.approx(1200)
    assert account.evaluating.energy_of("gpu").joules == pytest.approx(600)
    assert account.summary() == {
        "energy_j": pytest.approx(1200),
        "energy_j_per_sample": pytest.approx(1.2),
        "energy_source": "gpu",
        "energy_method": "counter",
        "idle_power_w": pytest.approx(100),
    }


def test_what_was_learned_since_the_checkpoint_is_not_counted_when_it_is_learned_again() -> None:
    sampled = samples(9, lambda at: {"cpu_energy_j": 10 * at})
    first = [(4.0, window(2, 4)), (6.5, ev.Checkpointed(1, 1, 1, 0.0)), (8.0, window(6, 8))]
    again = [(at + 100, event) for at, event in sampled] + [(108.0, window(106, 108))]
    account = account_of(
        [
            (0.0, started()),
            (0.0, ev.MachineDescribed(HZ, 2, None)),
            *sorted(sampled + first, key=lambda each: each[0]),
            (100.0, started(resumed=True)),
            (100.0, ev.MachineDescribed(HZ, 2, None)),
            *sorted(again, key=lambda each: each[0]),
            (110.0, ev.RunFinished("finished", None, (), 0.0, None)),
        ]
    )
    assert account.total.seconds == pytest.approx(4)
    assert account.total.energy_of("cpu").joules == pytest.approx(40)


def test_a_checkpoint_saves_what_ended_before_it_though_its_energy_was_not_known_yet() -> None:
    sampled = samples(9, lambda at: {"cpu_energy_j": 10 * at})
    first = [
        (4.0, window(2, 4)),
        (6.0, window(4, 6, doing="evaluating", images=0)),
        (6.0, ev.Checkpointed(1, 1, 1, 0.0)),  # the sample that measures the evaluation comes later
    ]
    account = account_of(
        [
            (0.0, started()),
            (0.0, ev.MachineDescribed(HZ, 2, None)),
            *sorted(sampled + first, key=lambda each: each[0]),
            (100.0, started(resumed=True)),
        ]
    )
    assert account.total.energy_of("cpu").joules == pytest.approx(20)
    assert account.evaluating.energy_of("cpu").joules == pytest.approx(20)


def test_part_of_an_energy_is_no_energy() -> None:
    sampled = samples(9, lambda at: {"cpu_energy_j": 10 * at})
    account = account_of(
        [
            (0.0, started()),
            (0.0, ev.MachineDescribed(HZ, 2, None)),
            *sampled,
            (9.0, window(2, 4)),
            (9.0, window(50, 52)),
            (60.0, ev.RunFinished("finished", None, (), 0.0, None)),
        ]
    )
    assert account.total.partial_energy_of("cpu").joules == pytest.approx(20)
    assert account.total.energy_of("cpu") is None
    assert account.summary()["energy_j"] is None
