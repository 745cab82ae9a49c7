"""Names of a run's stages: `layer 2`, `layers 1-3` in parallel, `network`, with the phase if there
are several.
"""

from fftui.events import StageKey
from fftui.runs.view import RunView


def stage_name(view: RunView, key: StageKey) -> str:
    """The name of the stage `key`; empty where nothing learned."""
    phase, layer = key
    if phase is None:
        return ""
    stage = view.stage(phase, layer)
    if layer is not None:
        name = f"layer {layer}"
    elif stage is not None and stage.parallel:
        name = f"layers {min(stage.parallel)}-{max(stage.parallel)}"
    else:
        name = "network"
    return f"{phase}: {name}" if view.phase is not None and view.phase.phase > 1 else name


def short_stage_name(view: RunView, key: StageKey) -> str:
    """The name of the stage `key` in few cells: `2`, `1-3`, `net`."""
    return (
        stage_name(view, key).replace("layers ", "").replace("layer ", "").replace("network", "net")
    )
