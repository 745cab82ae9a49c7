"""A study, a sweep and a run's figures that are always the same, for pictures of their screens."""

from collections.abc import Iterator
from dataclasses import dataclass

from fftui.presets import load_preset
from fftui.runs.view import RunView
from fftui.studies.study import Condition, Scale, Study, Trial
from fftui.sweeps.over import Choices, Over, Real, Whole
from fftui.sweeps.sweep_facts import Importance, SweepFacts, TrialFacts, TrialState
from fftui.tui.app import FFTUIApp
from fftui.tui.figure_backend import FigureBackend, Room, ShownFigure
from fftui.tui.screens.figures_screen import SCROLLBAR, FiguresScreen
from fftui.tui.study_backend import StudyFacts, StudyTable

from .pictures import signs
from .test_study_screens import FakeRun, at

METHODS = ("paper/ff", "paper/hybrid", "ff at equal updates", "backprop")
SETS = ("mnist", "fashion-mnist")
SEEDS = 2
COLUMNS = (
    "data set", "method", "test accuracy %", "paper %", "train accuracy %", "paper train %",
    "learned for", "energy J", "seeds", "note",
)  # fmt: skip
RESULTS = (
    ("97.11 ± 0.12", "97.14", "98.96", "99.00", "4:12", "1.21e+04", "2", ""),
    ("98.02 ± 0.09", "98.04", "99.61", "99.70", "5:47", "1.68e+04", "2", ""),
    ("97.62 ± 0.21", "", "99.10", "", "6:02", "1.74e+04", "2", ""),
    ("98.31 ± 0.04", "98.29", "99.98", "100.00", "1:19", "3.95e+03", "2", ""),
)


def study() -> Study:
    """Four methods on two data sets, at two seeds."""
    conditions = [
        Condition((("data set", data), ("method", method)), paper=97.0)
        for data in SETS
        for method in METHODS
    ]
    trials = [
        Trial(
            condition, load_preset("quickstart", overrides={"phases.0.epochs": epochs}, seed=seed)
        )
        for seed in range(SEEDS)
        for epochs, condition in enumerate(conditions, 1)
    ]
    note = "svhn is not on this machine: skipped (fftui data get svhn)"
    title, question = "Accuracy by method", "How close is Forward-Forward to backprop?"
    return Study("table-1", title, question, tuple(trials), (note,))


STUDY = study()


@dataclass
class InventedStudies:
    """A backend with a study of which `done` trials are done."""

    done: int

    def load_study(self, study: Study) -> StudyFacts:
        """Its trials are done in order."""
        return StudyFacts(study, self.done, tuple(t.experiment for t in study.trials[self.done :]))

    def table(self, study: Study) -> StudyTable:
        """Conditions that have no trial done have no results; columns without a text are left
        out.
        """
        rows = []
        for number, condition in enumerate(study.conditions):
            names = tuple(str(value) for _, value in condition.values)
            has_results = number < self.done
            results = RESULTS[number % len(RESULTS)] if has_results else ("",) * 7 + ("2 not run",)
            rows.append((*names, *results))
        kept = [at for at in range(len(COLUMNS)) if any(row[at] for row in rows)]
        return StudyTable(
            tuple(COLUMNS[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in rows)
        )


def with_finished_study(app: FFTUIApp) -> None:
    """All of the study's trials are done."""
    app.studies = lambda: InventedStudies(len(STUDY.trials))  # type: ignore


def with_running_study(app: FFTUIApp, view: RunView) -> None:
    """A trial of the study learns, as in `view`; one before it has failed."""
    failed = at(STUDY, 5, "failed", error="out of memory: 2.1 GB were asked for, 0.3 GB are free")
    learning = at(STUDY, 6, view=view)
    app.studies = lambda: InventedStudies(4)  # type: ignore
    app.study_run = FakeRun(STUDY, learning, (failed,), view=view)  # type: ignore


OVERS = (
    Over("phases.0.learning_rate", Real(1e-4, 1e-1, log=True)),
    Over("model.layers.*.units", Whole(100, 2000, log=False, step=100)),
    Over("phases.0.loss", Choices(("swish", "softplus", "symba"))),
    Over("phases.0.threshold", Real(1.0, 20.0, log=False)),
)
SEARCHED = (
    "phases.0.learning_rate=log(1e-4,1e-1)",
    "model.layers.*.units=int(100,2000,100)",
    "phases.0.loss=swish|softplus|symba",
    "phases.0.threshold=uniform(1,20)",
)
STATES: dict[int, TrialState] = {3: "pruned", 6: "failed", 9: "pruned", 14: "running"}
TRIALS, BEST = 15, 7


def sweep() -> SweepFacts:
    """A sweep that goes on elsewhere, with trials in each state."""
    best, trials = 0.0, []
    for number in range(TRIALS):
        state = STATES.get(number, "finished")
        values = (
            10 ** (-4 + (number * 7 % 15) / 5),
            100 + 100 * (number * 11 % 20),
            ("swish", "softplus", "symba")[number * 5 % 3],
            1 + number * 4.7 % 19,
        )
        accuracy = 0.9742 if number == BEST else 0.89 + (number * 13 % 17) / 250
        ended = state in ("finished", "pruned")
        if state == "finished":
            best = max(best, accuracy)
        trials.append(
            TrialFacts(
                number,
                state,
                values,
                accuracy=accuracy if ended else None,
                latest=accuracy if state == "running" else None,
                best_so_far=best or None,
                test=0.9718 if number == BEST else None,
                measured=4,
                seconds=None if state == "running" else 61.0 + 17 * number,
                runs=(f"20261102-08{number:02}00-ff-mnist-dddd",),
                error="out of memory" if state == "failed" else None,
            )
        )
    finished = sum(each.state == "finished" for each in trials)
    importance = Importance((0.61, 0.22, 0.04, 0.13), 2, finished)
    return SweepFacts(
        "rate-and-width", "paper/ff", "mnist", "tpe", 1, OVERS, SEARCHED, tuple(trials), 1,
        importance,
    )  # fmt: skip


SWEEP = sweep()


class InventedSweeps:
    """A backend with one sweep."""

    def read(self, name: str) -> SweepFacts:
        """The same at each read."""
        return SWEEP


def with_sweep(app: FFTUIApp) -> None:
    """The sweep is there."""
    app.sweeps = InventedSweeps  # type: ignore


class FollowedFigures(FigureBackend):
    """A backend that keeps for which room it has drawn all figures last."""

    drawn: Room | None = None

    def draw(self, names: tuple[str, ...], scale: Scale, room: Room) -> Iterator[ShownFigure]:
        """The figures, as they are."""
        yield from super().draw(names, scale, room)
        self.drawn = room


def with_figures(app: FFTUIApp) -> None:
    """What is drawn can be waited for with `figures_fit`."""
    backend = FollowedFigures(app.backend.workspace)
    app.figures = lambda: backend  # type: ignore


def figures_fit(app: FFTUIApp) -> bool:
    """Whether the figures on screen are those for its size and theme."""
    screen, room = app.screen, None
    if isinstance(screen, FiguresScreen) and isinstance(screen._backend, FollowedFigures):
        room = screen._backend.drawn
    if room is None or " so far" in signs(app):
        return False
    return (room.columns, room.ground) == (app.size.width - SCROLLBAR, app.current_theme.background)
