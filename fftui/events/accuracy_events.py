"""Events of measured accuracy: on a split of the images, and of the layers chosen by it."""

from dataclasses import dataclass

from fftui.bits import contradiction_of_bits
from fftui.events.event import Event, lengths_differ
from fftui.events.field_types import Amount, Bits, Count, Flag, Fraction, Ordinal


@dataclass(frozen=True)
class Evaluated(Event, kind="evaluated"):
    """Accuracy on one split: on a few images while learning, on the whole split at the end
    (`final`).

    At the end training images may be limited to the first few (`evaluation.final_train_images`).
    `layer_accuracies` holds the accuracy of each layer's goodness alone, first to last, for the
    layers learned so far (empty under backprop). `head_accuracy` is that of the softmax head in one
    pass, where a rule that predicts by goodness has one. `class_correct` and `class_images` count
    images for each label.

    At the end `correct` says of each image, in the split's order, whether its label was predicted
    (see `fftui.bits`), and `depth_correct` the same by the goodness of the first 1, 2, … L layers
    together, with its `depth_accuracies` (both empty under backprop).
    """

    phase: Ordinal
    layer: Ordinal | None
    epoch: Ordinal
    split: str
    final: Flag
    accuracy: Fraction
    layer_accuracies: tuple[Fraction, ...]
    class_correct: tuple[Count, ...]
    class_images: tuple[Count, ...]
    evaluation_s: Amount
    head_accuracy: Fraction | None = None
    correct: Bits | None = None
    depth_correct: tuple[Bits, ...] = ()
    depth_accuracies: tuple[Fraction, ...] = ()

    @property
    def images(self) -> int:
        """The number of images measured."""
        return sum(self.class_images)

    def contradiction(self) -> str | None:
        """Other labels counted right than counted, more images of a label right than there are, or
        bits of other images than those or of another accuracy.
        """
        correct, images = self.class_correct, self.class_images
        lengths = lengths_differ(class_correct=correct, class_images=images) or lengths_differ(
            depth_correct=self.depth_correct, depth_accuracies=self.depth_accuracies
        )
        if lengths is not None:
            return lengths
        wrong = [label for label in range(len(images)) if correct[label] > images[label]]
        if wrong:
            return f"more images of label {wrong[0]} are right than there are"
        stated = [*zip(self.depth_correct, self.depth_accuracies, strict=True)]
        if self.correct is not None:
            stated.append((self.correct, self.accuracy))
        problems = (contradiction_of_bits(self.images, *each) for each in stated)
        return next(filter(None, problems), None)


@dataclass(frozen=True)
class LayersChosen(Event, kind="layers-chosen"):
    """The layers that predict, `first` to `last`, were chosen after learning: of all ranges, theirs
    has the highest `accuracy` on the validation images.
    """

    phase: Ordinal
    first: Ordinal
    last: Ordinal
    accuracy: Fraction
    evaluation_s: Amount

    @property
    def text(self) -> str:
        """Which layers predict, and why."""
        which = f"layer {self.first} predicts"
        if self.last > self.first:
            which = f"layers {self.first} to {self.last} predict"
        return f"{which}: best on validation images, {self.accuracy:.2%}"

    def contradiction(self) -> str | None:
        """A range that ends before it begins."""
        return f"layers {self.first} to {self.last}" if self.last < self.first else None
