"""What every test may rely on."""

import os

import hypothesis
import pytest

# A busy machine is no defect: an example that once took long because another process ran must not fail a test.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], max_examples=50
)
hypothesis.settings.load_profile("patient")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests on the full data sets need FFTUI_DATA; in CI its absence is a failure, never a silent skip."""
    if item.get_closest_marker("real_data") is None or os.environ.get("FFTUI_DATA"):
        return
    if os.environ.get("CI"):
        pytest.fail("FFTUI_DATA is not set: CI runs the tests on real data")
    pytest.skip("FFTUI_DATA is not set")
