"""The units in which the cost of learning is counted: of a layer, of a stage, of what a phase needs
to know.

Letters in names: D inputs, H units, C labels, S labels per image.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# Elementwise operations, in passes over memory at the measured rate; both include what does not
# reach that rate (short vectors, conversions, the gaps between operations). Adam alone took 2 ns a
# weight where a pass took 0.1 ns.
PASSES_PER_ACTIVITY = 40
PASSES_PER_WEIGHT = 20
BYTES = 4
BYTES_CACHED = 2  # per float of a cached input


@dataclass(frozen=True)
class Cost:
    """Floating-point operations of products, bytes moved by elementwise operations, and images
    read one by one.
    """

    flops: float
    moved_bytes: float
    images_read: float = 0.0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            self.flops + other.flops,
            self.moved_bytes + other.moved_bytes,
            self.images_read + other.images_read,
        )

    def __mul__(self, times: float) -> "Cost":
        return Cost(self.flops * times, self.moved_bytes * times, self.images_read * times)


NO_COST = Cost(0.0, 0.0)
ONE_READ = Cost(0.0, 0.0, 1.0)


@dataclass(frozen=True)
class LayerCost:
    """The cost of one layer for one image: products shared by all labels, and products for each
    label.

    A gradient takes `gradient` times the products again. `floats` are computed elementwise, per
    label.
    """

    shared_flops: float
    flops: float
    gradient: float
    floats: float
    weights: float
    inputs: int
    outputs: int

    def forward(self, labels: int) -> Cost:
        """The forward pass of an image with `labels` labels."""
        return Cost(
            self.shared_flops + labels * self.flops,
            labels * self.floats * PASSES_PER_ACTIVITY / 2 * BYTES,
        )

    def learning(self, labels: int) -> Cost:
        """Forward pass and gradient of an image with `labels` labels."""
        flops = (self.shared_flops + labels * self.flops) * (1 + self.gradient)
        return Cost(flops, labels * self.floats * PASSES_PER_ACTIVITY * BYTES)

    @property
    def update(self) -> Cost:
        """One optimiser step."""
        return Cost(0.0, self.weights * PASSES_PER_WEIGHT * BYTES)


@dataclass(frozen=True)
class CostContext:
    """The parts of an experiment that the cost of a phase depends on.

    `images` is the number of training images; `cache_bytes` the memory for a layer's inputs, each
    computed once.
    """

    layers: tuple[LayerCost, ...]
    images: int
    classes: int
    has_head: bool  # a head with weights of its own
    augmented: bool
    cache_bytes: int
    per_image: bool = False  # the images of a batch are read one by one
    cached_bytes: int = BYTES_CACHED  # of one number of what is kept
    read_layers: tuple[int, ...] = ()  # from 1: those whose outputs the head reads
    head_inputs: int = 0  # of the head; 0 where it has no weights of its own

    @property
    def read(self) -> Cost:
        """Reading one image of a batch; nothing where batches are selected from a tensor."""
        return ONE_READ if self.per_image else NO_COST

    @property
    def head(self) -> Cost:
        """The head for one image: forward pass and gradient; none without a head."""
        if not self.has_head:
            return NO_COST
        return Cost(
            6.0 * self.head_inputs * self.classes, self.classes * PASSES_PER_ACTIVITY * BYTES
        )

    def cached(self, layer: LayerCost, labels: int) -> int:
        """The number of labels, of `labels`, for which the inputs of `layer` fit into the cache."""
        fitting = self.cache_bytes // (self.images * layer.inputs * self.cached_bytes)
        return min(labels, int(fitting))

    def first_inputs(self, left_bytes: float | None = None) -> float:
        """Floats of the first layer's inputs that are kept for all images: those that fit into
        what is left of the cache, unless images are augmented or read one by one.
        """
        floats = float(self.images * self.layers[0].inputs)
        left = self.cache_bytes if left_bytes is None else left_bytes
        fits = not self.augmented and not self.per_image and floats * self.cached_bytes <= left
        return floats if fits else 0.0


@dataclass(frozen=True)
class StageTerms:
    """The cost of a stage: the layers that learn in it, its cost per image and epoch, its cost per
    image once, the floats of inputs that it keeps for all images, and of sums over all images.
    """

    layers: Sequence[LayerCost]
    per_epoch: Cost
    once: Cost = NO_COST
    kept_inputs: float = 0.0
    sums: float = 0.0
