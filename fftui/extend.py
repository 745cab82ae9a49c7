"""What another package adds to fftui: kinds of layers and learning rules.

A package names a module in the entry point group `fftui.plugins`; importing it registers all that
the package adds. Losses, goodness and activations are registered by decorators beside theirs
(`fftui.loss`, `fftui.goodness`, `fftui.activation`), charts by `fftui.register_chart`, published
data sets by `fftui.register_data`.
"""

from fftui.experiment import LAYERS, PHASES, LayerConfig, PhaseConfig
from fftui.learning.layers import LAYER_BUILDERS
from fftui.learning.registry import Builder
from fftui.learning.rules import RULES


def register_layer(description: type[LayerConfig], builder: Builder) -> None:
    """Add a kind of layer: its description, and what makes a `Layer` of it.

    `builder` is called with the description, the shape of the inputs, how the label reaches the
    layer, the type of its products and a generator; as "package.module:name" it is loaded when it
    is first needed, so that the description needs no torch. Raises ExperimentError where the name
    is taken.
    """
    LAYERS.add(description)
    LAYER_BUILDERS.add(_tag(description, "kind"), builder)


def register_rule(description: type[PhaseConfig], builder: Builder) -> None:
    """Add a learning rule: the description of its phases, and what makes a `PhaseRule` of one.

    `builder` is called with the phase, its number in the experiment, from 1, and a `TrainContext`;
    it may be "package.module:name". Raises ExperimentError where the name is taken.
    """
    PHASES.add(description)
    RULES.add(_tag(description, "rule"), builder)


def _tag(description: type[LayerConfig | PhaseConfig], field: str) -> str:
    return str(description.model_fields[field].default)
