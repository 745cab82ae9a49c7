"""The rows of the layer table as events change them: each function gives the next rows.

A row is found by its number, as a `LayerView` has it; where no row has that number nothing changes.
"""

from collections.abc import Sequence
from dataclasses import replace

from fftui.events import EpochFinished, LayerMeans, LayerStarted, MeansSoFar
from fftui.runs.layer_view import EpochPart, EpochView, LayerState, LayerView

PARTS_KEPT = 720  # of an epoch under way: an hour at one in five seconds

Rows = tuple[LayerView, ...]


def index_of(rows: Rows, number: int | None) -> int | None:
    """The place of the row of that number, from 0; None where there is none."""
    return next((index for index, row in enumerate(rows) if row.number == number), None)


def row_of(rows: Rows, number: int | None) -> LayerView | None:
    """The row of that number; None where there is none."""
    index = index_of(rows, number)
    return None if index is None else rows[index]


def updated(rows: Rows, number: int | None, **changes: object) -> Rows:
    """The rows with `changes` to the fields of one."""
    index = index_of(rows, number)
    if index is None:
        return rows
    # names checked by every caller's test
    row = replace(rows[index], **changes)  # type: ignore[arg-type]
    return (*rows[:index], row, *rows[index + 1 :])


def with_state(rows: Rows, states: Sequence[LayerState], now: LayerState) -> Rows:
    """The rows, of which those in one of the `states` are in another `now`."""
    return tuple(replace(row, state=now) if row.state in states else row for row in rows)


def with_row_for(rows: Rows, number: int | None) -> Rows:
    """The rows with one of that number: for backprop, which trains all layers at once, a row
    `network`.
    """
    return rows if row_of(rows, number) is not None else (*rows, LayerView(number, "network"))


def without_outdated_accuracies(rows: Rows, event: LayerStarted) -> Rows:
    """The rows without the accuracies of those whose layer, or one before it, learns again in
    another phase.
    """
    return tuple(
        replace(row, accuracy=None, accuracy_split=None)
        if row.phase != event.phase
        and (event.layer is None or row.number is None or row.number >= event.layer)
        else row
        for row in rows
    )


def with_part(rows: Rows, event: MeansSoFar) -> Rows:
    """The rows with what an epoch under way has brought so far."""
    row = row_of(rows, event.layer)
    if row is None:
        return rows
    part = EpochPart(
        event.epoch - 1 + event.step / event.steps,
        event.loss,
        event.goodness_positive,
        event.goodness_negative,
    )
    # a resumed run does again what its checkpoint did not hold
    before = tuple(each for each in row.under_way if each.at < part.at)
    return updated(rows, event.layer, under_way=(*before[-PARTS_KEPT + 1 :], part))


def with_epoch(rows: Rows, number: int | None, epoch: EpochView) -> Rows:
    """The rows with an epoch that is over."""
    row = row_of(rows, number)
    if row is None:
        return rows
    history, now = row.history, (epoch.phase, epoch.epoch)
    # A resumed run states an epoch again when the checkpoint was older than the journal: the
    # later one counts.
    while history and (history[-1].phase, history[-1].epoch) >= now:
        history = history[:-1]
    return updated(
        rows,
        number,
        epoch=epoch.epoch,
        threshold=epoch.threshold,
        history=(*history, epoch),
        under_way=(),
    )


def with_shared_epoch(rows: Rows, number: int, event: EpochFinished) -> Rows:
    """The rows with the accuracy and the times of an epoch, whose means one of several parallel
    layers already has.
    """
    row = row_of(rows, number)
    last = row.last if row else None
    if not row or not last or (last.phase, last.epoch) != (event.phase, event.epoch):
        return rows
    return updated(rows, number, history=(*row.history[:-1], with_times(last, event)))


def means_of(event: EpochFinished | LayerMeans) -> EpochView:
    """The means of an epoch, without its accuracy and times."""
    return EpochView(
        phase=event.phase,
        epoch=event.epoch,
        loss=event.loss,
        goodness_positive=event.goodness_positive,
        goodness_negative=event.goodness_negative,
        threshold=event.threshold,
    )


def with_times(epoch: EpochView, event: EpochFinished) -> EpochView:
    """A row's epoch with the accuracy and times of the whole epoch."""
    return replace(
        epoch,
        accuracy=event.accuracy,
        epoch_s=event.epoch_s,
        compute_s=event.compute_s,
        data_s=event.data_s,
        step=event.step,
    )
