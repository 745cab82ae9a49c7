"""The whole of a run's samples in bounded memory, and no spike lost."""

from hypothesis import given
from hypothesis import strategies as st

from fftui.events import TelemetrySampled
from fftui.runs.history import BUCKETS, FIRST_WIDTH, History, Range


def sample(layer: int | None = 1, **metrics: float | None) -> TelemetrySampled:
    return TelemetrySampled(1, layer, 1, **metrics)


def history_of(samples: list[TelemetrySampled]) -> History:
    history = History()
    for at, each in enumerate(samples):
        history = history.sampled(float(at), each)
    return history


def test_memory_is_bounded_and_a_spike_of_one_sample_stays() -> None:
    count = BUCKETS * FIRST_WIDTH * 5
    history = history_of([sample(power_w=900.0 if n == 777 else 100.0) for n in range(count)])
    assert len(history.all) <= BUCKETS + 2
    assert sum(bucket.samples for bucket in history.all) == count
    assert max(bucket.of("power_w").high for bucket in history.all) == 900
    assert [bucket.began_at for bucket in history.all] == sorted(
        bucket.began_at for bucket in history.all
    )


@given(st.lists(st.tuples(st.integers(1, 3), st.none() | st.floats(0, 1e6)), max_size=200))
def test_each_layer_has_the_mean_of_its_samples(result: list[tuple[int, float | None]]) -> None:
    history = history_of([sample(layer, power_w=value) for layer, value in result])
    for (phase, layer), _ in history.stages:
        values = [value for other, value in result if other == layer and value is not None]
        found = history.of((phase, layer), "power_w")
        if values:
            assert found.count == len(values)
            assert abs(found.mean - sum(values) / len(values)) <= 1e-6 * max(values)
            assert (found.low, found.high) == (min(values), max(values))
        else:
            assert found is None


def test_a_bucket_ends_where_a_layer_does() -> None:
    history = history_of([sample(1)] * 3 + [sample(2)] * 3)
    assert [(bucket.stage, bucket.samples) for bucket in history.all] == [((1, 1), 3), ((1, 2), 3)]


def test_a_layer_that_is_come_back_to_is_the_same() -> None:
    history = history_of([sample(1, power_w=1.0), sample(2, power_w=2.0), sample(1, power_w=3.0)])
    assert [place for place, _ in history.stages] == [(1, 1), (1, 2)]
    assert history.of((1, 1), "power_w").mean == 2


def test_what_is_not_finite_does_not_count() -> None:
    history = history_of(
        [sample(power_w=float("nan")), sample(power_w=float("inf")), sample(power_w=3.0)]
    )
    assert history.of((1, 1), "power_w") == Range(3.0, 3.0, 3.0, 1)
