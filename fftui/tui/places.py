"""Where a run was, in words: `layer 2`, `layers 1-3` in parallel, `network`, with its phase where there are several."""

from fftui.runs.energy import Place
from fftui.runs.view import RunView


def place_name(view: RunView, place: Place) -> str:
    """What learned at `place`; empty where nothing did."""
    phase, layer = place
    if phase is None:
        return ""
    stretch = view.stretch(phase, layer)
    if layer is not None:
        name = f"layer {layer}"
    elif stretch is not None and stretch.parallel:
        name = f"layers {min(stretch.parallel)}-{max(stretch.parallel)}"
    else:
        name = "network"
    return f"{phase}: {name}" if view.phase is not None and view.phase.phase > 1 else name


def short_name(view: RunView, place: Place) -> str:
    """The same in few cells: `2`, `1-3`, `net`."""
    return place_name(view, place).replace("layers ", "").replace("layer ", "").replace("network", "net")
