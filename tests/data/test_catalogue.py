import subprocess
import sys

from fftui.data.catalogue import DATA_NAMES, SETS


def test_every_name_has_its_set():
    assert tuple(SETS) == DATA_NAMES


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
