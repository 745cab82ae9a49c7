import subprocess
import sys

import pytest

from fftui.data.catalogue import DATA_NAMES, SETS


@pytest.mark.parametrize("name", DATA_NAMES)
def test_a_record_agrees_with_itself(name: str):
    record = SETS[name]
    assert record.name == name
    assert len(record.class_names) == len(set(record.class_names)) == record.classes
    for scale in (record.standard, record.paper or record.standard):
        assert len(scale.mean) == len(scale.std) == record.shape[0]
    assert record.source is None or record.source.fetch_bytes > 1_000_000


def test_inputs_are_the_pixels_of_all_channels():
    assert SETS["mnist"].inputs == 784
    assert SETS["cifar10"].inputs == 3072


def test_the_catalogue_loads_no_tensor_library():
    code = (
        "import sys, fftui.data.catalogue; print(*{'torch', 'numpy', 'torchvision'} &"
        " sys.modules.keys())"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert found.stdout.strip() == ""
