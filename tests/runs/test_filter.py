"""The filter of a list of runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.errors import FilterError
from fftui.experiment import Experiment, FullyConnected, Model
from fftui.runs.annotations import annotate
from fftui.runs.filter import filtered, known_paths, parse_filter, short_names
from fftui.runs.folder import RunFolder
from fftui.runs.listing import RunListing
from fftui.runs.new_folder import create
from fftui.runs.workspace import Workspace


@pytest.fixture
def runs(tmp_path: Path, experiment: Experiment) -> Callable[..., RunFolder]:
    """Makes runs that are over: by name, with what their records say, and settings."""

    def make(name: str, settings: dict[str, object] | None = None, **record: object) -> RunFolder:
        folder = create(Workspace(tmp_path), experiment.changed(settings or {}), name=name)
        over: dict[str, Any] = {"status": "finished", "test_accuracy": 0.9, **record}
        folder.write_record(folder.record().model_copy(update=over))
        return folder

    return make


@pytest.fixture
def found(tmp_path: Path) -> Callable[[str], set[str]]:
    """The names of the runs that a filter wants."""
    return lambda text: {
        run.record.name if run.record else run.id for run in filtered(text, RunListing(tmp_path))
    }


def test_the_example_of_the_docs(runs, found) -> None:
    low = {"phases.0.learning_rate": 1e-3}
    wanted = runs("free words hybrid", low, test_accuracy=0.9712)
    annotate(wanted.path, add_tags=("baseline",))
    runs("free words hybrid", low, test_accuracy=0.9712, status="failed")
    text = (
        "data=mnist-mini accuracy>97 learning_rate<=1e-3 tag:baseline status!=failed name~hybrid"
        " 'free words'"
    )
    assert len(found(text)) == 1
    annotate(wanted.path, remove_tags=("baseline",))
    assert found(text) == set()


def test_accuracies_are_in_percent_as_shown(runs, found) -> None:
    runs("a", test_accuracy=0.97138)
    runs("b", test_accuracy=0.5)
    runs("c", test_accuracy=None)
    assert found("accuracy=97.14") == {"a"}
    assert found("accuracy>=50") == {"a", "b"}
    assert found("accuracy < 50.5 %") == set()  # a word of its own: %
    assert found("accuracy<50.5%") == {"b"}
    assert found("accuracy=none") == {"c"}
    assert found("accuracy!=97.14") == {"b", "c"}
    assert found("!accuracy>=50") == {"c"}


def test_times_sizes_and_dates_have_units(runs, found) -> None:
    now = datetime.now(UTC)
    runs("a", train_s=90.0, peak_memory_bytes=3_000_000_000, energy_j=2000.0, started=now)
    runs("b", train_s=7200.0, peak_memory_bytes=1000, started=now - timedelta(days=3))
    assert found("time<2m") == found("time<=90s") == found("time<0.1h") == {"a"}
    assert found("memory>2GB") == found("energy=2kJ") == {"a"}
    assert found("age>2d") == {"b"}
    day = now.astimezone().strftime("%Y-%m-%d")
    assert found(f"started<{day}") == found(f"!started>={day}") == {"b"}
    assert found(f"started={day}") == found(f"started<={day} started>={day}") == {"a"}
    assert found(f"started>{day}") == set()


def test_settings_are_found_by_the_end_of_their_path(runs, found) -> None:
    two = Model(layers=(FullyConnected(units=24), FullyConnected(units=500))).model_dump()
    runs("wide", {"model": two, "seed": 3})
    runs("narrow")
    assert found("units=500") == found("model.layers.1.units=500") == found("seed=3") == {"wide"}
    assert found("model.layers.N.units>100") == found("layers.*.units=500") == {"wide"}
    assert found("model.layers.0.units=500") == set()
    assert found("units!=500") == {"narrow"}  # no layer has 500
    assert found("1.units<20") == {"narrow"}
    assert found("flip=no flip=false") == {"wide", "narrow"}
    assert found("rule=forward-forward rule~forward") == {"wide", "narrow"}


def test_alternatives_and_negations(runs, found) -> None:
    for name in ("a", "b", "c d"):
        runs(name)
    assert found("name=a,b") == {"a", "b"}
    assert found("name='c d',a") == {"c d", "a"}
    assert found("name!=a,b") == found("!name=a,b") == {"c d"}
    assert found("!'c d'") == found('!"C D"') == {"a", "b"}
    assert found("name!~d") == {"a", "b"}
    assert found("name≠a") == {"b", "c d"}


def test_archived_runs_are_left_out_unless_asked_for(runs, found) -> None:
    annotate(runs("old").path, archived=True)
    runs("new")
    assert found("") == {"new"}
    assert found("archived=yes") == {"old"}
    assert found("archived=any") == {"old", "new"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("acuracy>97", "nothing is called 'acuracy'; did you mean 'accuracy'? (character 1 of"),
        ("data=mnist lerning_rate=1", "did you mean 'learning_rate'? (character 12 of the filter)"),
        ("accuracy>", "a value is missing after > (character 10 of the filter)"),
        ("accuracy>high", "'high' is no number, with or without % (character 10"),
        ("time<5 fortnights=2", "nothing is called 'fortnights'"),
        (">97", "a name such as accuracy is missing before > (character 1"),
        ("'open", "a quote ' is not closed (character 1"),
        ("data<mnist", "text has no order: write = or ~ in the place of < (character 6"),
        ("started>soon", "'soon' is no date such as 2026-11-23"),
        ("archived=maybe", "'maybe' does not fit: it is either yes or no"),
        ("units<wide", "'wide' is no number: only numbers have an order"),
        ("kind=adam", "'kind' may be any of"),
        ("!", "a condition is missing after ! (character 1"),
        ("name=a,", "a value is missing after ="),
    ],
)
def test_an_error_is_one_line_with_the_place(runs, found, text: str, said: str) -> None:
    runs("a")
    with pytest.raises(FilterError) as error:
        found(text)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


ALPHABET = st.sampled_from(list("ab1.9 =!<>~:,'\"%N*-\n\\[]\x00é≤"))
WORDS = st.sampled_from(
    ["accuracy", "time", "units", "learning_rate", "tag:", "started", ">", "<=", "=", " ", "1e999"]
)


@given(st.one_of(st.text(), st.lists(st.one_of(ALPHABET, WORDS)).map("".join)))
def test_no_text_does_more_than_raise_a_filter_error(text: str) -> None:
    assert _survives(text)


@pytest.mark.parametrize(
    "text", ["x" * 200_000 + "=1", "!" * 100_000, "a=" * 50_000, "accuracy>" + "9" * 100_000]
)
def test_a_long_text_does_not_hang(text: str) -> None:
    assert _survives(text)


_LISTING: list[RunListing] = []


@pytest.fixture(autouse=True, scope="module")
def _one_run(tmp_path_factory: pytest.TempPathFactory) -> None:
    runs_dir = tmp_path_factory.mktemp("runs")
    create(Workspace(runs_dir), Experiment.model_validate(_TINY))
    _LISTING[:] = [RunListing(runs_dir)]


_TINY = {
    "name": "tiny",
    "data": {"name": "mnist-mini"},
    "model": {"layers": [{"units": 8}]},
    "phases": [{"rule": "forward-forward", "epochs": 1, "threshold": 1.0}],
}


def _survives(text: str) -> bool:
    try:
        filtered(text, _LISTING[0])
    except FilterError as error:
        return "\n" not in str(error).replace(repr("\n"), "")
    return True


def test_short_names_find_their_settings(runs, tmp_path: Path) -> None:
    runs("a")
    listing = RunListing(tmp_path)
    names = short_names(known_paths(listing.read(), listing))
    assert {"units", "learning_rate", "optimizer.kind"} <= set(names)
    assert "name" not in names  # a field has that name
    for name in names:
        assert parse_filter(f"{name}=1").predicate(listing.read(), listing)
