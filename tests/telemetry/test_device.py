from types import SimpleNamespace
from uuid import UUID

import torch

from fftui.telemetry.device import gpu_uuid


def test_only_a_cuda_device_has_a_uuid(monkeypatch):
    board = UUID("5ba3ed4f-0000-4000-8000-00000000000a")
    asked = []

    def properties(device):
        asked.append(device)
        return SimpleNamespace(uuid=board)

    monkeypatch.setattr(torch.cuda, "get_device_properties", properties)
    assert gpu_uuid(torch.device("cpu")) is None
    assert gpu_uuid(torch.device("mps")) is None
    assert gpu_uuid(torch.device("cuda:1")) == str(board)
    assert asked == [torch.device("cuda:1")]
