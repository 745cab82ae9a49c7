import json
from types import SimpleNamespace
from uuid import UUID

import pytest
import torch

from fftui.telemetry.device import gpu_uuid

BOARD = UUID("5ba3ed4f-0000-4000-8000-00000000000a")


def test_only_a_cuda_device_has_a_uuid(monkeypatch):
    asked = []

    def properties(device):
        asked.append(device)
        return SimpleNamespace(uuid=BOARD)

    monkeypatch.setattr(torch.cuda, "get_device_properties", properties)
    assert gpu_uuid(torch.device("cpu")) is None
    assert gpu_uuid(torch.device("mps")) is None
    assert gpu_uuid(torch.device("cuda:1")) == str(BOARD)
    assert asked == [torch.device("cuda:1")]


FIND = """
import json
from dataclasses import asdict
from types import SimpleNamespace
import torch
from fftui.telemetry.device import gpu_uuid
from fftui.telemetry.nvml import GpuSource
torch.cuda.get_device_properties = lambda device: SimpleNamespace({told})
torch.cuda.current_device = lambda: 1
uuid = gpu_uuid(torch.device({device!r}))
print(json.dumps(uuid and [uuid, GpuSource(uuid).name]))
"""
OTHER = "GPU-77777777-0000-4000-8000-00000000000c"
SLICE = "MIG-11111111-0000-4000-8000-000000000001"
TWO = f"device {OTHER} Other"


@pytest.mark.parametrize(
    ("value", "device", "name"),
    [("0,1", "cuda:1", "Other"), ("1,0", "cuda:0", "Other"), ("1,0", "cuda", "Stand-in 0"), (OTHER, "cuda:0", "Other")],
)
def test_where_torch_tells_no_uuid_cuda_visible_devices_does(python_with_gpu, value, device, name):
    ran = python_with_gpu(FIND.format(told="", device=device), TWO, CUDA_VISIBLE_DEVICES=value)
    assert json.loads(ran.stdout)[1] == name
    assert ran.stderr == "held 0\n"  # the GPU that is read holds NVML, the search for it no longer


def test_where_neither_tells_nothing_is_guessed(python_with_gpu, python_without_gpu):
    code = FIND.format(told="", device="cuda:1")
    assert json.loads(python_with_gpu(code, TWO, CUDA_VISIBLE_DEVICES="0,7").stdout) is None
    assert json.loads(python_without_gpu(code).stdout) is None


def test_the_slice_that_torch_tells_is_found_by_its_uuid(python_with_gpu):
    """torch writes a slice's UUID like a board's, without its kind in front."""
    told = f"uuid={SLICE.removeprefix('MIG-')!r}"
    ran = python_with_gpu(FIND.format(told=told, device="cuda:0"), f"slice {SLICE} 1 0 A MIG slice")
    assert json.loads(ran.stdout)[1] == "A MIG slice"
