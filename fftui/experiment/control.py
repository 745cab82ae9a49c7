"""The control of a way of learning: the same network, images and epochs by backprop."""

from fftui.errors import ExperimentError
from fftui.experiment.experiment import Experiment
from fftui.experiment.field_errors import validated
from fftui.experiment.model_config import Head
from fftui.experiment.phase_configs import Backprop

RATE = 1e-3  # of Adam, falling by a cosine: that of the preset `backprop`


def as_backprop(experiment: Experiment) -> Experiment:
    """The experiment learned by backprop in one phase, from random weights, without labels in the
    inputs: data with their changes, layers, seed and precision are the same.

    It learns for as many epochs as one layer does over all phases, in batches of the first one,
    with the early stopping and the kept weights of the last one. A network without a classifier
    gets a linear one. Raises ExperimentError where it learns by backprop already, or cannot.
    """
    first, last = experiment.phases[0], experiment.phases[-1]
    if all(phase.rule == "backprop" for phase in experiment.phases):
        msg = f"{experiment.name} learns by backprop already: leave out --as-backprop"
        raise ExperimentError(msg)
    phase = Backprop(
        epochs=sum(each.epochs for each in experiment.phases),
        batch_size=first.batch_size,
        learning_rate=RATE,
        schedule="cosine",
        early_stopping=last.early_stopping,
        keep=last.keep,
    )
    head = experiment.model.head or Head(normalisation="rms")
    values = experiment.model_dump(mode="json") | {
        "name": f"{experiment.name}-as-backprop"[:80],
        "description": f"backprop with the layers, images and epochs of {experiment.name}",
        "phases": [phase.model_dump(mode="json")],
    }
    values["model"] |= {"label": {"encoding": "none"}, "head": head.model_dump(mode="json")}
    return validated(Experiment, values, f"{experiment.name} by backprop")
