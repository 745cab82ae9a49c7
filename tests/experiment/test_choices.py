"""The names that a description offers are those that learning has."""

import subprocess
import sys

import pytest

from fftui.experiment.choices import _in_source, choices
from fftui.learning.activations import ACTIVATIONS
from fftui.learning.goodness import GOODNESS
from fftui.learning.losses import LOSSES


@pytest.mark.parametrize(
    ("what", "registry"),
    [("loss", LOSSES), ("goodness", GOODNESS), ("activation", ACTIVATIONS)],
)
def test_names_read_from_the_source_are_those_registered(what, registry) -> None:
    assert [each.name for each in _in_source(what)] == list(registry)
    assert list(choices(what)) == list(registry)


def test_options_read_from_the_source_are_those_of_the_function() -> None:
    in_source = {each.name: each for each in _in_source("loss")}
    for name, loss in LOSSES.items():
        required = {option for option, default in loss.options.items() if default is None}
        assert set(in_source[name].options) == set(loss.options)
        assert set(in_source[name].required) == required


def test_choices_load_no_torch() -> None:
    code = (
        "import sys; from fftui.presets import load_preset; load_preset('ff');"
        "print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
