"""Which images of a split a run labelled rightly, one by one: the facts of paired tests.

Two runs with the same data settings and seed have the same images in the same order, whatever they
learned.
"""

import numpy as np
from numpy.typing import NDArray

from fftui import events as ev
from fftui.bits import unpack_bits
from fftui.runs.folder import RunFolder
from fftui.runs.journal_end import read_backwards

Flags = NDArray[np.bool_]
AT_THE_END = (b'"final":true', b'"resumed":')  # most evaluations are none, and not worth parsing


def correct_images(folder: RunFolder, split: str = "test") -> Flags | None:
    """Whether the run's whole network labelled each image of the split rightly at the end: (N,).

    None where the run has not measured the split at the end, or its journal is of a version that
    did not keep this. Raises OSError where the journal cannot be read.
    """
    evaluated = _final(folder, split)
    return None if evaluated is None else correct_of(evaluated)


def correct_at_depths(folder: RunFolder, split: str = "test") -> Flags | None:
    """The same by the first 1, 2, … L layers together: (L, N). None also where layers do not
    predict (backprop). Raises OSError where the journal cannot be read.
    """
    evaluated = _final(folder, split)
    return None if evaluated is None else depth_correct_of(evaluated)


def correct_of(evaluated: ev.Evaluated) -> Flags | None:
    """Whether each image was labelled rightly: (N,); None where the event does not say."""
    if evaluated.correct is None:
        return None
    return unpack_bits(evaluated.correct, evaluated.images)


def depth_correct_of(evaluated: ev.Evaluated) -> Flags | None:
    """The same by the first 1, 2, … L layers together: (L, N); None where the event does not
    say.
    """
    if not evaluated.depth_correct:
        return None
    return np.stack([unpack_bits(text, evaluated.images) for text in evaluated.depth_correct])


def _final(folder: RunFolder, split: str) -> ev.Evaluated | None:
    """The last evaluation of the split at the end of the run."""
    kinds = (ev.RunStarted, ev.Evaluated)
    for _, event in read_backwards(folder.journal, *kinds, holding=AT_THE_END):
        match event:
            case ev.RunStarted(resumed=False):  # without a checkpoint a run starts over
                return None
            case ev.Evaluated(final=True) if event.split == split:
                return event
    return None
