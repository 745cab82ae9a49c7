"""What a run does at some moment, and in which phase, layer and epoch."""

from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator

# words of published journals, and what they are called now
_FORMER_DOING = {"idle": "rest", "preparing": "loading"}
# loading: reading images, setting up, what a layer needs before its first epoch. rest: nothing is
# learned, as on the idle machine before the run, in a pause, while a checkpoint is written
Doing = Annotated[
    Literal["learning", "evaluating", "loading", "rest"],
    BeforeValidator(lambda word: _FORMER_DOING.get(word, word) if isinstance(word, str) else word),
]
# phase and layer, from 1; None where nothing, or the whole network, learns
StageKey = tuple[int | None, int | None]
# phase, layer and epoch, from 1; None as in `StageKey`
EpochKey = tuple[int | None, int | None, int | None]


class Moment(NamedTuple):
    """What a run does at some moment, in which phase, layer and epoch (from 1; None as in
    `EpochKey`).
    """

    doing: Doing | None
    phase: int | None
    layer: int | None
    epoch: int | None
