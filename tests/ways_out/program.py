"""The program that the ways out are tried on: the screen, alone or with a real run in front of it,
or a run without a screen. Files beside its runs make the screen or the run break.
"""

PROGRAM = """
import sys, time
from pathlib import Path
from fftui.experiment.values import parse_overrides
from fftui.learning.epoch_measure import EpochMeasure
from fftui.learning.training import Training
from fftui.presets import load_preset
from fftui.runs.new_folder import create
from fftui.runs.run_thread import RunThread
from fftui.runs.workspace import Workspace
from fftui.text.signal_handlers import INTERRUPTED
from fftui.errors import FFTUIError
from fftui.text.streams import to_stderr

runs, kind = Path(sys.argv[1]), sys.argv[2]
here = runs.parent
SETS = ["data.train_images=256", "data.test_images=50", "data.validation_images=0",
        "evaluation.images=50", "evaluation.final_train_images=0", "phases.0.batch_size=64",
        "model.layers=[{units = 8}, {units = 8}]", "phases.0.epochs=100000", "telemetry.hz=0"]

class Breaking(Training):
    def __next__(self):
        if (here / "break-the-run").exists():
            raise RuntimeError("the run broke")
        return super().__next__()

class SlowMeasure(EpochMeasure):
    def scores(self, *arguments):
        for evaluated in super().scores(*arguments):
            (here / "evaluating").touch()
            time.sleep(0.3)
            yield evaluated

class Evaluating(Breaking):
    def __init__(self, experiment, **settings):
        super().__init__(experiment, **settings)
        self._loop.measure = SlowMeasure(experiment.evaluation, self._images, self._stopwatch)

def run_thread():
    evaluating = kind == "evaluating"
    epochs = ["phases.0.epochs=40"] if kind == "short" else []
    sets = [*SETS, *epochs, f"evaluation.every={int(evaluating)}"]
    workspace = Workspace(runs, None, "cpu")
    folder = create(workspace, load_preset("quickstart", None, parse_overrides(sets)))
    return RunThread(folder, workspace, start_training=Evaluating if evaluating else Breaking)

def screen():
    from fftui.cli.open_screen import open_screen
    import fftui.tui.app as app
    shown = app.FFTUIApp.on_mount

    def break_when_asked(self):
        if (here / "break-the-screen").exists():
            raise RuntimeError("the screen broke")

    def on_mount(self):
        shown(self)
        self.set_interval(0.05, lambda: break_when_asked(self))

    app.FFTUIApp.on_mount = on_mount
    return open_screen(Workspace(runs, None, "cpu"), None if kind == "no run" else run_thread())

def headless():
    from fftui.text.headless import run_experiment
    return run_experiment(run_thread())

try:
    code = headless() if kind in ("headless", "short") else screen()
except FFTUIError as error:
    to_stderr(f"fftui: {error}")
    code = error.exit_code
sys.exit(code)
"""
