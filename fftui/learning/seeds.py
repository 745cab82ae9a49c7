"""Random numbers by purpose: the same (seed, purpose) gives the same numbers, whatever was drawn
before.

This is why a resumed run continues bit by bit: no generator state has to be saved.
"""

import hashlib

import torch
from torch import Generator


def generator_for(seed: int, *purpose: str | int, device: torch.device | str = "cpu") -> Generator:
    """A generator for one purpose, such as `generator_for(0, "order", phase, layer, epoch)`; on a
    CPU unless numbers are drawn on another device.
    """
    digest = hashlib.sha256(repr((seed, *purpose)).encode()).digest()
    generator = Generator(device)
    generator.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
    return generator
