"""`Chosen`: what the user looks at; `Overlaps`: how far goodness moved apart from checkpoint to
checkpoint.
"""

from dataclasses import dataclass, field

from fftui.network_report import LayerReport, NetworkReport, best, best_wrong


@dataclass
class Chosen:
    """What the user looks at: the layer (from 1; one more than there are is the whole network), the
    image and the label of the negative (None: the strongest wrong one), and the pane, all from 0.
    """

    layer: int = 1
    image: int = 0
    wrong: int | None = None
    pane: int = 0

    def keep_within(self, report: NetworkReport) -> None:
        """Look at an image and a layer that are in a new report."""
        self.image = min(self.image, len(report.labels) - 1)
        self.layer = min(self.layer, len(report.layers) + 1)

    def step_layer(self, report: NetworkReport, by: int) -> None:
        """Look into another layer, or at last the whole network."""
        self.layer = min(len(report.layers) + 1, max(1, self.layer + by))

    def choose_image(self, image: int) -> None:
        """Look at another image, with its strongest wrong label."""
        self.image, self.wrong = image, None

    def step_wrong(self, report: NetworkReport, by: int) -> None:
        """Look at the image with another wrong label, round and round."""
        classes, label = len(report.confusion.counts), report.labels[self.image]
        wrong = (self.wrong_label(report) + by) % classes
        self.wrong = wrong if wrong != label else (wrong + by) % classes

    def layer_of(self, report: NetworkReport | None) -> LayerReport | None:
        """The layer that is looked at; None: the whole network."""
        if report is None or self.layer > len(report.layers):
            return None
        return report.layers[self.layer - 1]

    def scores(self, report: NetworkReport) -> tuple[tuple[float, ...], ...]:
        """The scores of the layer, or of the network where the layer has none."""
        layer = self.layer_of(report)
        return layer.scores if layer is not None and layer.scores else report.scores

    def wrong_label(self, report: NetworkReport) -> int:
        """The label of the negative."""
        if self.wrong is not None:
            return self.wrong
        return best_wrong(self.scores(report)[self.image], report.labels[self.image])

    def next_mistake(self, report: NetworkReport) -> int | None:
        """The next image that is predicted wrongly; None where all are predicted rightly."""
        count, scores = len(report.labels), self.scores(report)
        following = ((self.image + step) % count for step in range(1, count + 1))
        return next((n for n in following if best(scores[n]) != report.labels[n]), None)


@dataclass
class Overlaps:
    """The share of negatives over the median positive by layer, at each checkpoint that was
    read.
    """

    by_layer: dict[int, list[float]] = field(default_factory=dict)

    def add(self, report: NetworkReport) -> None:
        """Add those of a new checkpoint."""
        for layer in report.layers:
            if layer.goodness is not None:
                share = layer.goodness.negatives_over_median
                self.by_layer.setdefault(layer.number, []).append(share)

    def before(self, layer: int) -> list[float]:
        """Those of the checkpoints before the last."""
        return self.by_layer.get(layer, [])[:-1]
