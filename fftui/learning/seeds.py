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
    generator = Generator(device)
    generator.manual_seed(seed_for(seed, *purpose))
    return generator


def seed_for(seed: int, *purpose: str | int) -> int:
    """The seed of the generator for one purpose."""
    digest = hashlib.sha256(repr((seed, *purpose)).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
