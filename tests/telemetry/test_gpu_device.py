import json
from types import SimpleNamespace
from uuid import UUID

import torch

from fftui.telemetry.gpu_device import gpu_uuid

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
import json, os
from types import SimpleNamespace
import torch
from fftui.telemetry.gpu_device import gpu_uuid
from fftui.telemetry.gpu_source import GpuSource
torch.cuda.get_device_properties = lambda device: SimpleNamespace({properties})
torch.cuda.current_device = lambda: 1
for value, device in {asked!r}:
    os.environ["CUDA_VISIBLE_DEVICES"] = value
    uuid = gpu_uuid(torch.device(device))
    print(json.dumps(uuid and GpuSource(uuid).name))
"""
OTHER = "GPU-77777777-0000-4000-8000-00000000000c"
SLICE = "MIG-11111111-0000-4000-8000-000000000001"
TWO = f"device {OTHER} Other"


def names(run, asked, *statements, properties=""):
    """The GPUs that these devices under these CUDA_VISIBLE_DEVICES are: in one process, for torch
    loads slowly.
    """
    ran = run(FIND.format(properties=properties, asked=asked), *statements)
    return [json.loads(line) for line in ran.stdout.splitlines()], ran.stderr


def test_where_torch_gives_no_uuid_cuda_visible_devices_does(python_with_gpu):
    asked = [
        ("0,1", "cuda:1"),
        ("1,0", "cuda:0"),
        ("1,0", "cuda:1"),
        ("1,0", "cuda"),
        (OTHER, "cuda:0"),
    ]
    found, said = names(python_with_gpu, asked, TWO)
    assert found == ["Other", "Other", "Stand-in 0", "Stand-in 0", "Other"]
    # Each search releases NVML: only the GPUs that are read hold it.
    assert said.splitlines() == [f"held {count}" for count in range(len(asked))]


def test_where_neither_gives_a_uuid_nothing_is_guessed(python_with_gpu):
    asked = [("0,7", "cuda:1"), ("1,1", "cuda:0"), ("0", "cuda"), ("", "cuda:0")]
    found, said = names(python_with_gpu, asked, TWO, properties="uuid=None")
    assert found == [None] * 4
    assert said == "held 0\n" * 4


def test_without_nvml_nothing_is_guessed(python_without_gpu):
    assert names(python_without_gpu, [("0", "cuda:0"), ("1,0", "cuda")]) == ([None, None], "")


def test_the_slice_that_torch_gives_is_found_by_its_uuid(python_with_gpu):
    """torch writes a slice's UUID like a board's, without its kind in front."""
    properties = f"uuid={SLICE.removeprefix('MIG-')!r}"
    found, _ = names(
        python_with_gpu, [("0", "cuda:0")], f"slice {SLICE} 1 0 A MIG slice", properties=properties
    )
    assert found == ["A MIG slice"]
