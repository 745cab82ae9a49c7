"""A preset as TOML: every field of its experiment."""

from collections.abc import Iterator

import tomli_w

from fftui.experiment import Experiment
from fftui.presets import Preset


def preset_toml(preset: Preset, experiment: Experiment) -> str:
    """A preset's experiment as TOML, with its description and the published accuracy in comments
    above.
    """
    reported = reported_text(preset, experiment.data.name)
    head = [
        f"# {preset.name}: {preset.description}",
        f"# published on {experiment.data.name}: {reported}",
    ]
    values = experiment.model_dump(mode="json")
    # TOML has no null: absent is the default
    unset = [f"# {path} = null" for path in _null_paths("", values)]
    return "\n".join(
        [*head, *unset, "", tomli_w.dumps(experiment.model_dump(mode="json", exclude_none=True))]
    )


def reported_text(preset: Preset, data: str) -> str:
    """The paper's accuracy on a data set; `n/a` where it reports none."""
    percent = preset.reports.get(data)
    return "n/a" if percent is None else f"{percent:g} %"


def _null_paths(path: str, value: object) -> Iterator[str]:
    """The fields below `path` that are null, as `--set` names them."""
    if value is None:
        yield path
    elif isinstance(value, dict):
        for name, below in value.items():
            yield from _null_paths(f"{path}.{name}" if path else name, below)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _null_paths(f"{path}.{index}", below)
