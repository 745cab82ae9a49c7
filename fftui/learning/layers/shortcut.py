"""Shortcuts past a layer: inputs that are kept beside its outputs, and joined with those of the
next one.

Letters in shapes: N rows, K channels.
"""

import torch
from torch import Tensor
from torch.nn import functional


def keep(out_NKHW: Tensor, x_NKHW: Tensor, stride: int) -> Tensor:
    """The outputs of a layer and, behind their channels, its input as means over its `stride`."""
    if stride > 1:
        x_NKHW = functional.avg_pool2d(x_NKHW, stride, ceil_mode=True)
    return torch.cat((out_NKHW, x_NKHW), 1)


def concatenate(out_NKHW: Tensor, kept_NKHW: Tensor, classes: int) -> Tensor:
    """Outputs and what was kept, of as many channels each: first a class's outputs, then what was
    kept of it, class after class; channels left over come last.
    """
    each = out_NKHW.shape[1] // classes
    grouped = each * classes

    def by_class(of_NKHW: Tensor) -> Tensor:
        return of_NKHW[:, :grouped].view(-1, classes, each, *of_NKHW.shape[2:])

    joined = torch.cat((by_class(out_NKHW), by_class(kept_NKHW)), 2).flatten(1, 2)
    if grouped == out_NKHW.shape[1]:
        return joined
    return torch.cat((joined, out_NKHW[:, grouped:], kept_NKHW[:, grouped:]), 1)
