"""What each of the six panes shows of a report: its title, and the function that draws it."""

from functools import partial
from typing import NamedTuple

from fftui.network_report import NetworkReport, ProbeSample
from fftui.tui.look.chosen import Chosen, Overlaps
from fftui.tui.look.confusion_pane import confusion_pane
from fftui.tui.look.filters_pane import filters_pane
from fftui.tui.look.inputs_pane import inputs_pane
from fftui.tui.look.labels_pane import Candidates, labels_pane
from fftui.tui.look.look_pane import Draw
from fftui.tui.look.room import Drawn, Room, words
from fftui.tui.look.split_pane import split_pane
from fftui.tui.look.units_pane import units_pane

NO_LABELS = "no labels were learned yet: a readout, or fftui probe, reads the layers"


class Content(NamedTuple):
    """What a pane shows."""

    title: str
    draw: Draw


def inputs_content(sample: ProbeSample, report: NetworkReport) -> Content:
    """The image, and as the first layer is shown it."""
    title = f"Inputs, image {sample.number + 1} of {len(report.labels)}"
    return Content(title, partial(inputs_pane, sample, report))


def labels_content(chosen: Chosen, report: NetworkReport, sample: ProbeSample | None) -> Content:
    """The scores of the image for each label; `sample` says which negative is shown."""
    if not report.confusion.images:
        return Content("Labels", partial(_words, NO_LABELS))
    layer, image = chosen.layer_of(report), chosen.image
    by = report.scored_by
    if layer is not None and layer.scores:
        by = f"goodness of layer {layer.number}"
    elif layer is not None:
        by = f"{report.scored_by} of the network, {report.problem}"
    inputs = sample.inputs if sample is not None else ()
    shown = next((each.label for each in inputs if each.role == "negative"), None)
    of = Candidates(chosen.scores(report)[image], report.labels[image], shown)
    return Content(f"Labels, by {by}", partial(labels_pane, of, report))


def goodness_content(chosen: Chosen, report: NetworkReport, overlaps: Overlaps) -> Content:
    """The goodness of all images with their true label and with wrong ones."""
    title, layer = "Goodness, true label and wrong ones", chosen.layer_of(report)
    if layer is None:
        said = "of the whole network there is none: choose a layer, up and down"
        return Content(title, partial(_words, said))
    if layer.goodness is None:
        said = report.problem or "no value of its goodness is finite"
        return Content(title, partial(_words, said))
    return Content(title, partial(split_pane, layer.goodness, overlaps.before(layer.number)))


def confusion_content(chosen: Chosen, report: NetworkReport) -> Content:
    """What was predicted for each label, by the layer alone where it predicts."""
    layer, confusion, by = chosen.layer_of(report), report.confusion, "the whole network"
    if layer is not None and layer.confusion is not None:
        confusion, by = layer.confusion, f"layer {layer.number} alone"
    if not confusion.images:
        return Content("Confusion", partial(_words, NO_LABELS))
    return Content(f"Confusion, by {by}", partial(confusion_pane, confusion, report))


def units_content(chosen: Chosen, report: NetworkReport) -> Content:
    """Dead and always-on units."""
    return Content("Units", partial(units_pane, chosen.layer_of(report), report))


def weights_content(report: NetworkReport) -> Content:
    """The weights of the first layer as pictures."""
    filters, title = report.filters, "First-layer weights"
    if filters.pictures:
        title = f"{title}, {filters.of} {filters.kind}"
    return Content(title, partial(filters_pane, filters))


def _words(text: str, room: Room) -> Drawn:
    return Drawn(tuple(words([text], room, "dim")))
