"""Every metric of a sample is read, has a column and is drawn; a new one is tested by its field."""

from dataclasses import fields
from typing import Any

import polars as pl
import pytest

from fftui import events as ev
from fftui.runs.columns import SCHEMAS
from fftui.runs.view import RunView
from fftui.telemetry.host import HostMetrics
from fftui.telemetry.machine_reader import CPU_ENERGY_METRICS, GPU_METRICS
from fftui.tui.system.metric_styles import FIRST, metric_styles
from fftui.tui.system.this_machine import Machine

SEVEN_GB = 7_000_000_000
KEY = {"doing", "phase", "layer", "epoch", "interval_s"}
NUMBERS = [name for name in ev.METRICS if name != "gpu_throttle_reasons"]


def sampled(metric: str) -> ev.TelemetrySampled:
    values: dict[str, Any] = {metric: SEVEN_GB if metric.endswith("_bytes") else 7.0}
    return ev.TelemetrySampled(1, 1, 1, **values)


def test_every_field_is_a_metric_and_every_metric_is_read() -> None:
    assert {each.name for each in fields(ev.TelemetrySampled)} == KEY | ev.METRICS.keys()
    host = [each.name for each in fields(HostMetrics)]
    assert {*host, *CPU_ENERGY_METRICS, *GPU_METRICS} == ev.METRICS.keys()


@pytest.mark.parametrize("metric", ev.METRICS)
def test_a_metric_has_a_column_and_a_meaning(metric: str) -> None:
    assert SCHEMAS["telemetry"][metric] in (pl.Int64, pl.Float64, pl.String)
    assert ev.METRICS[metric].meaning


@pytest.mark.parametrize("metric", NUMBERS)
def test_a_metric_with_a_name_is_drawn_where_it_was_read(metric: str) -> None:
    view = RunView().after(1.0, sampled(metric))
    shown = {each.metric: each for each in metric_styles(view, Machine(4, 10**9))}
    if not ev.METRICS[metric].name:
        assert metric not in shown
        return
    assert list(shown) == [metric]
    assert shown[metric].name == ev.METRICS[metric].name
    assert shown[metric].text(getattr(view.telemetry[-1], metric)).startswith("7")
    assert shown[metric].top > 0


def test_the_first_metrics_are_metrics() -> None:
    assert set(FIRST) <= ev.METRICS.keys()
