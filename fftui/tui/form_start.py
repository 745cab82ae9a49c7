"""What the form begins with: a preset, or what a run was asked to do."""

from dataclasses import dataclass

from fftui.errors import ExperimentError
from fftui.experiment import Experiment
from fftui.presets import Preset, load_preset
from fftui.tui.draft import BaseOn, Draft


@dataclass(frozen=True)
class FormStart:
    """The title of a form, its `preset` (None where there is none), its draft at the beginning, and
    what drafts are compared with on a data set.
    """

    title: str
    preset: str | None
    draft: Draft
    base_on: BaseOn

    @property
    def base_name(self) -> str:
        """What a draft is compared with, in a word."""
        return "run" if self.preset is None else "preset"


def of_preset(preset: Preset, data: str) -> FormStart:
    """The form of a preset on a data set. Raises ExperimentError where the preset is not valid."""

    def base_on(name: str) -> Experiment:
        return load_preset(preset.name, name)

    experiment = base_on(data)
    title = f"{preset.name} · {preset.description}" if preset.description else preset.name
    return FormStart(title, preset.name, Draft.of(experiment, experiment), base_on)


def of_run(run: str, experiment: Experiment, preset: str | None) -> FormStart:
    """The form of what `run` was asked to do, compared with its preset, or with itself where the
    preset is gone.
    """

    def preset_on(name: str) -> Experiment:
        return load_preset(preset or "", name)

    def run_on(name: str) -> Experiment:
        return experiment.changed({"data.name": name})

    title = f"what {run} was asked to do"
    try:
        base = preset_on(experiment.data.name)
    except ExperimentError:
        return FormStart(title, None, Draft.of(experiment, experiment), run_on)
    return FormStart(title, preset, Draft.of(experiment, base), preset_on)
