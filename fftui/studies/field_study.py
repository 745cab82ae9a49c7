"""The methods of other papers side by side, each with its control by backprop; and what each method
gains from more layers.
"""

from collections.abc import Iterator, Mapping

from fftui.data.catalogue import DataName
from fftui.experiment.control import as_backprop
from fftui.presets import Preset, list_presets
from fftui.studies.small_scale import TRAIN_IMAGES, small_scale_changes
from fftui.studies.study import Published, Row, Scale, experiment_of

FOLDER = "field/"  # of the presets of other papers
OWN = ("ff", "ff-elastic", "local-ce")  # beside them
STACKED = ("ff", "local-ce", "backprop")
DEPTHS: Mapping[Scale, tuple[int, ...]] = {"full": tuple(range(1, 9)), "quick": (1, 2, 4)}


def field(data: DataName, scale: Scale) -> Iterator[Row]:
    """Every preset of another paper that is meant for the set, and three of fftui's own, each as it
    is and by backprop.
    """
    for preset in _compared():
        if data not in preset.data_sets:
            continue
        changes = small_scale_changes(preset.name, data, TRAIN_IMAGES) if scale == "quick" else {}
        own, control = (
            (("method", preset.name), ("learned", learned))
            for learned in ("as published", "by backprop")
        )
        published = _published(preset, data) if scale == "full" else None
        yield Row(own, preset.name, changes, published=published)
        yield Row(control, preset.name, changes, into=as_backprop)


def depth(data: DataName, scale: Scale) -> Iterator[Row]:
    """One to eight layers, each as the preset's first one."""
    for method in STACKED:
        small = small_scale_changes(method, data, TRAIN_IMAGES) if scale == "quick" else {}
        first = experiment_of(method, data, small).model.layers[0].model_dump(mode="json")
        others = {path: value for path, value in small.items() if "model.layers." not in path}
        for layers in DEPTHS[scale]:
            values = (("method", method), ("layers", layers))
            yield Row(values, method, {**others, "model.layers": [first] * layers})


def _compared() -> list[Preset]:
    return [
        preset
        for preset in list_presets()
        if not preset.is_own and (preset.name.startswith(FOLDER) or preset.name in OWN)
    ]


def _published(preset: Preset, data: DataName) -> Published | None:
    """The figure of the paper that the preset is of; those of `ff` are of another recipe."""
    test = preset.reports.get(data)
    if test is None or preset.name in OWN:
        return None
    return Published(test, preset.source or "said in the preset")
