"""The names that a description offers are those that learning has."""

import subprocess
import sys

import pytest

from fftui.experiment.choices import choices
from fftui.learning.activations import ACTIVATIONS
from fftui.learning.goodness import GOODNESS
from fftui.learning.losses import LOSSES


@pytest.mark.parametrize(
    ("what", "registry"),
    [("loss", LOSSES), ("goodness", GOODNESS), ("activation", ACTIVATIONS)],
)
def test_names_read_from_the_source_are_those_registered(what, registry) -> None:
    assert list(choices(what)) == list(registry)


def test_options_read_from_the_source_are_those_of_the_function() -> None:
    for name, loss in LOSSES.items():
        assert set(choices("loss")[name].options) == set(loss.options)


def test_choices_load_no_torch() -> None:
    code = (
        "import sys; from fftui.presets import load_preset; load_preset('ff');"
        "print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
