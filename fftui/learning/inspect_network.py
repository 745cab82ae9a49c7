"""Looks into a network that has learned: goodness, units, mistakes and weights, on probe images.

Letters in shapes: N images, B of them at once, L layers, C labels, H activities, U units (channels
of a convolution), P positions of a unit.
"""

from copy import copy
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from fftui.data.encodings import WORDS
from fftui.data.sets import DataSplit
from fftui.experiment import Experiment, PhaseConfig
from fftui.learning.diagnosis import layer_similarity, update_cosines
from fftui.learning.goodness_split import goodness_split
from fftui.learning.layer_pictures import beside_pictures, filter_pictures, picture
from fftui.learning.layers.layer import Layer
from fftui.learning.prediction import MAX_FLOATS, MAX_ROWS
from fftui.learning.rules.layer_schedule import LayerSchedule
from fftui.learning.rules.network_rule import NetworkRule
from fftui.learning.rules.readout import ReadoutRule
from fftui.learning.shown import shown_input, without_normalisation
from fftui.learning.trained import TrainedNetwork
from fftui.learning.unit_tally import UnitTally
from fftui.network_report import (
    Confusion,
    FilterPictures,
    InputPicture,
    InputRole,
    LayerReport,
    LayerState,
    NetworkReport,
    Position,
    ProbeSample,
)


@dataclass(frozen=True, eq=False)
class _Passes:
    """Goodness by which layers score labels, and by which they learn: (L, N, C), empty where the
    rule has none; and the tally of each layer's units.
    """

    scored_LNC: Tensor
    learned_LNC: Tensor
    tallies: list[UnitTally]


class NetworkInspector:
    """A network that has learned so far as `position` says, and probe images to look into it with.

    `experiment` is what it learns by. Nothing is changed by looking.
    """

    def __init__(
        self,
        experiment: Experiment,
        trained: TrainedNetwork,
        probe: DataSplit,
        position: Position,
        written: float | None = None,
    ) -> None:
        self._experiment = experiment
        self._trained = trained
        self._position = position
        self._written = written
        self._images = trained.images_of(probe.images, probe.labels)
        self._probe = len(self._images)

    def first(self, images: int) -> "NetworkInspector":
        """The same with the first of the probe images alone: a report sooner."""
        fewer = copy(self)
        fewer._images = self._images.part(0, images)
        return fewer

    @property
    def _layers(self) -> list[Layer]:
        return self._trained.network.layers

    @property
    def _numbers(self) -> range:
        return range(1, len(self._layers) + 1)

    @torch.no_grad()
    def report(self) -> NetworkReport:
        """All that is said of the network and its layers."""
        rule, info = self._trained.rule, self._experiment.data.info
        passes = (
            self._passes_by_label(rule)
            if isinstance(rule, LayerSchedule) and self._predicts
            else self._passes()
        )
        scores_NC, scored_by = self._network_scores(passes)
        tally = passes.tallies[0]
        return NetworkReport(
            position=self._position,
            labels=tuple(self._images.labels_N.tolist()),
            class_names=tuple(info.class_names),
            layers=tuple(
                self._layer_report(index, layer, passes) for index, layer in enumerate(self._layers)
            ),
            scores=_rows(scores_NC),
            scored_by=scored_by,
            confusion=self._confusion(scores_NC),
            filters=self._filters(tally),
            problem="" if len(passes.scored_LNC) else self._why_no_goodness(),
            written=self._written,
            probe=self._probe,
        )

    def _why_no_goodness(self) -> str:
        rule = self._position.rule
        return f"{rule} has no goodness" if self._predicts else f"{rule} contrasts no labels"

    def full_report(self) -> NetworkReport:
        """The same with what takes gradients and all activities at once: how alike layers are, and
        how far their updates agree with backprop's.
        """
        report, images, network = self.report(), self._images, self._trained.network
        cosines = update_cosines(self._experiment, self._position.phase, network, images)
        with torch.no_grad():
            few = images.part(0, min(len(images), self._images_at_once()))
            similarity = layer_similarity(self._trained.rule.activities(few))
        layers = zip(report.layers, cosines, strict=True)
        return replace(
            report,
            layers=tuple(replace(layer, update_cosine=cosine) for layer, cosine in layers),
            similarity=_rows(similarity),
        )

    @torch.no_grad()
    def sample(self, number: int, wrong: int) -> ProbeSample:
        """Probe image `number` (from 0), and what the first layer is shown of it with its own label
        and with the label `wrong`.
        """
        part = self._images.part(number, number + 1)
        label = int(part.labels_N)
        shown = self._labels_shown(label, wrong)
        first = without_normalisation(self._layers[0])
        x = first.encode(part.inputs(slice(None)))
        inputs = []
        for each in shown:
            made = shown_input(first, x, part.labels_N.new_tensor([each]), part.scale)
            role: InputRole = (
                "positive"
                if each == label
                else "neutral"
                if each == part.info.classes
                else "negative"
            )
            inputs.append(
                InputPicture(role, each, picture(made.pixels), beside_pictures(made.beside))
            )
        image = picture(part.pixels[0] / 255)
        return ProbeSample(number, label, image, tuple(inputs), self._how_label_enters(shown))

    def _labels_shown(self, label: int, wrong: int) -> tuple[int, ...]:
        """The labels with which the first layer is shown an image; none where it is shown none."""
        rule, neutral = self._trained.rule, self._images.info.classes
        if self._experiment.model.label.encoding == "none":
            return ()
        if isinstance(rule, LayerSchedule):
            asked_N = self._images.labels_N.new_tensor([label, wrong])
            return tuple(dict.fromkeys(rule.shown_labels(asked_N).tolist()))
        is_neutral = isinstance(rule, NetworkRule | ReadoutRule) and rule.shows_label
        return (neutral,) if is_neutral else ()

    def _how_label_enters(self, shown: tuple[int, ...]) -> str:
        encoding, rule = self._experiment.model.label.encoding, self._position.rule
        if not shown:
            return f"{rule} shows the layers no label"
        neutral = shown == (self._images.info.classes,)
        return f"{rule} shows the mean of all labels" if neutral else WORDS[encoding]

    def _passes_by_label(self, rule: LayerSchedule) -> _Passes:
        """Every image with every label through all layers."""
        count, classes = len(self._images), self._images.info.classes
        scored_LNC = torch.empty(len(self._layers), count, classes)
        learned_LNC = torch.empty_like(scored_LNC)
        tallies = [UnitTally(layer.shape) for layer in self._layers]
        for start in range(0, count, self._images_at_once()):
            part = self._images.part(start, start + self._images_at_once())
            rows = slice(start, start + len(part))
            for label, layers in enumerate(rule.passes_per_label(part)):
                for index, each in enumerate(layers):
                    scored_LNC[index, rows, label] = each.scored_N.float().cpu()
                    learned_LNC[index, rows, label] = each.learned_N.float().cpu()
                    tallies[index].add(each.activities_NH, part.labels_N == label)
        return _Passes(scored_LNC, learned_LNC, tallies)

    def _passes(self) -> _Passes:
        """Every image through all layers, by a rule without goodness."""
        # rules without goodness give what a layer hands on, pooled
        pooled = not isinstance(self._trained.rule, LayerSchedule)
        tallies = [
            UnitTally(layer.output_shape if pooled else layer.shape) for layer in self._layers
        ]
        for part in self._images.parts(self._images_at_once()):
            neutral = replace(part, labels_N=self._trained.network.neutral(part.labels_N))
            for tally, z_NH in zip(tallies, self._trained.rule.activities(neutral), strict=True):
                tally.add(z_NH, torch.ones(len(part), dtype=torch.bool, device=z_NH.device))
        none = torch.empty(0, len(self._images), self._images.info.classes)
        return _Passes(none, none, tallies)

    def _images_at_once(self) -> int:
        """As many images as the activities of all layers leave memory for."""
        floats = sum(layer.floats_per_sample for layer in self._layers)
        return max(1, min(MAX_ROWS, MAX_FLOATS // floats))

    def _network_scores(self, passes: _Passes) -> tuple[Tensor, str]:
        """What the network predicts by (N, C), and what that is: of those layers that have begun to
        learn, as in the evaluations of the run.
        """
        rule, prediction = self._trained.rule, self._prediction
        if not self._predicts:
            return torch.zeros(len(self._images), self._images.info.classes), "nothing"
        if not isinstance(rule, LayerSchedule):
            return rule.class_scores(self._images).float().cpu(), "logits"
        if prediction == "head":
            return rule.class_scores(self._images).float().cpu(), "logits of the softmax head"
        begun = [number for number in self._numbers if self._state(number) != "not begun"]
        scores_NC = rule.label_scores(passes.scored_LNC[: len(begun)])
        begun_text = "" if len(begun) == len(self._layers) else f" of the first {len(begun)}"
        return scores_NC, f"goodness, {prediction}{begun_text}"

    @property
    def _predicts(self) -> bool:
        """Whether the phase learns to predict labels."""
        return self._phase.predicts

    @property
    def _prediction(self) -> str:
        """How the phase predicts by its layers."""
        return str(getattr(self._phase, "prediction", ""))  # every local phase has it

    @property
    def _phase(self) -> PhaseConfig:
        return self._experiment.phases[self._position.phase - 1]

    def _state(self, number: int) -> LayerState:
        """How far layer `number` is in the phase."""
        learning = self._position.layer
        if self._position.ended or (learning is not None and number < learning):
            return "learned"
        return "learning" if learning is None or number == learning else "not begun"

    def _layer_report(self, index: int, layer: Layer, passes: _Passes) -> LayerReport:
        number, rule = index + 1, self._trained.rule
        report = LayerReport(
            number, layer.title, self._state(number), passes.tallies[index].report()
        )
        if not isinstance(rule, LayerSchedule) or not len(passes.scored_LNC):
            return report
        scored_NC = passes.scored_LNC[index]
        split = goodness_split(
            passes.learned_LNC[index], self._images.labels_N.cpu(), rule.threshold(number)
        )
        return replace(
            report,
            scores=_rows(scored_NC),
            goodness=split,
            confusion=self._confusion(scored_NC),
        )

    def _confusion(self, scores_NC: Tensor) -> Confusion:
        classes, labels_N = self._images.info.classes, self._images.labels_N.cpu()
        pairs_N = labels_N * classes + scores_NC.argmax(1)
        if not self._predicts:
            pairs_N = pairs_N[:0]  # no image is predicted
        counts = torch.bincount(pairs_N, minlength=classes**2).view(classes, classes)
        return Confusion(_whole_rows(counts))

    def _filters(self, tally: UnitTally) -> FilterPictures:
        layer = self._layers[0]
        weights_FKHW = layer.image_weights()
        if weights_FKHW is None:
            return FilterPictures(problem="the weights of this kind of layer are no pictures")
        order = tally.most_active()
        if len(order) != len(weights_FKHW):  # of another thing than a unit
            order = list(range(len(weights_FKHW)))
        return filter_pictures(weights_FKHW, order, layer.filters)


def _rows(values_NC: Tensor) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, values_NC.tolist()))


def _whole_rows(values_NC: Tensor) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, values_NC.tolist()))
