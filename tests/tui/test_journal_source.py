import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fftui import events as ev
from fftui.events import EVENTS, to_json
from fftui.runs import journal
from fftui.runs.journal import JournalTail
from fftui.runs.view import fold
from fftui.tui import journal_source
from fftui.tui.charts.accuracy_chart import accuracy_chart
from fftui.tui.charts.goodness_chart import goodness_chart
from fftui.tui.journal_source import JournalSource

BEGUN = 1_790_000_000.0


def source_of(path: Path, status: str | None = "running") -> JournalSource:
    return JournalSource("r", JournalTail(path), lambda: status)  # type: ignore[arg-type, return-value]


def test_a_journal_read_in_two_parts_gives_the_view_of_the_whole(
    tmp_path: Path, events_of: Callable, view_of
) -> None:
    path = tmp_path / "journal.jsonl"
    lines = [to_json(at, event) + "\n" for at, event in events_of(layers=2, epochs=3)]
    path.write_text("".join(lines[:10]) + lines[10][:7], encoding="utf-8")
    source = source_of(path)
    source.poll()
    assert len(source.view.layers) == 2
    assert source.view.result is None
    assert source.wants_poll
    path.write_text("".join(lines), encoding="utf-8")
    source.poll()
    assert source.view.result is not None
    assert not source.wants_poll
    assert [row.epoch for row in source.view.layers] == [
        row.epoch for row in view_of(layers=2, epochs=3).layers
    ]


junk = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=3)
    | st.lists(st.integers() | st.text(max_size=2), max_size=3)
)


@settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200
)
@given(
    st.lists(
        st.sampled_from(sorted(EVENTS)).flatmap(
            lambda kind: st.fixed_dictionaries(
                {}, optional=dict.fromkeys(EVENTS[kind].__dataclass_fields__, junk)
            ).map(lambda body: {**body, "event": kind, "at": 1.0})
        ),
        max_size=6,
    )
)
def test_odd_journals_neither_raise_nor_stop_the_reading(
    tmp_path: Path, events_of: Callable, bodies: list
) -> None:
    path = tmp_path / "journal.jsonl"
    good = [to_json(at, event) for at, event in events_of(layers=1, epochs=2, finish=False)]
    odd = [json.dumps(body) for body in bodies]
    path.write_text("\n".join([*good[:3], *odd, "{", "[]", "", *good[3:]]) + "\n", encoding="utf-8")
    source = source_of(path)
    source.poll()
    assert source.problem is None
    for row in source.view.layers:
        goodness_chart(source.view, row)
        accuracy_chart(source.view, row)


def test_an_empty_journal_and_a_missing_one_are_waited_for(tmp_path: Path) -> None:
    source = source_of(tmp_path / "none.jsonl")
    source.poll()
    assert source.wants_poll
    assert source.view.started is None


def test_a_folder_instead_of_a_journal_is_a_problem(tmp_path: Path) -> None:
    source = source_of(tmp_path)
    source.poll()
    assert source.problem is not None
    assert not source.wants_poll


def test_a_run_whose_process_is_gone_is_recognised(tmp_path: Path, events_of: Callable) -> None:
    path = tmp_path / "journal.jsonl"
    lines = (to_json(at, event) + "\n" for at, event in events_of(until=(1, 2)))
    path.write_text("".join(lines), encoding="utf-8")
    source = source_of(path, "interrupted")
    source.poll()
    assert source.process_gone
    assert source.view.layers[0].state == "interrupted"
    shown = source.view
    source.poll()
    assert source.view is shown  # nothing to draw again


def test_a_long_journal_is_shown_before_it_is_read(
    tmp_path: Path, events_of: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_source, "PART_S", 0.0)
    monkeypatch.setattr(journal_source, "BLOCK_BYTES", 2000)
    monkeypatch.setattr(journal, "OUTLINE_END_BYTES", 3000)
    path = tmp_path / "journal.jsonl"
    lines = [to_json(at, event) + "\n" for at, event in events_of(layers=2, epochs=30)]
    path.write_text("".join(lines) + '{"torn', encoding="utf-8")
    source, whole = source_of(path), fold(journal.read_journal(path))
    source.poll()
    assert source.reading is not None
    assert 0 < source.reading < 0.5
    assert source.view.started == whole.started  # its beginning first
    assert len(source.view.evaluations) < len(whole.evaluations)
    source.poll()
    assert source.wants_poll
    assert source.view.layers == whole.layers
    assert source.view.evaluations == whole.evaluations
    assert 0 < source.view.history.samples < whole.history.samples
    fractions = [source.reading]
    while source.wants_poll:
        source.poll()
        if source.reading is not None:
            fractions.append(source.reading)
    assert fractions == sorted(fractions)
    assert source.reading is None
    assert source.view == whole


def test_a_run_of_another_process_is_asked_while_it_runs(
    tmp_path: Path, events_of: Callable
) -> None:
    path, asked, status = tmp_path / "journal.jsonl", [], ["running"]
    events = list(events_of(layers=1, epochs=2))
    path.write_text("".join(to_json(at, event) + "\n" for at, event in events[:-1]))
    source = JournalSource("r", JournalTail(path), lambda: status[0], asked.append)
    assert source.control is None  # nothing is known yet
    source.poll()
    control = source.control
    assert control is not None
    assert control.is_alive()
    assert control.view is source.view
    assert not control.paused
    for ask in (control.pause, control.resume, control.skip_layer, control.request_checkpoint):
        ask()
    control.stop()
    assert asked == ["pause", "continue", "skip", "checkpoint", "stop"]
    status[0] = "interrupted"
    source.poll()
    assert source.control is None
    assert source.process_gone
    status[0] = "running"
    with path.open("a") as file:
        file.write(to_json(*events[-1]) + "\n")
    source.poll()
    assert not control.is_alive()


@pytest.mark.parametrize("status", ["interrupted", "failed"])
def test_a_run_that_was_resumed_is_followed_again(
    tmp_path: Path, events_of: Callable, status: str
) -> None:
    path, events = tmp_path / "journal.jsonl", list(events_of(layers=1, epochs=2, finish=False))
    ended = ev.RunFinished(status, None, (), 1.0, None)
    lines = [to_json(at, event) + "\n" for at, event in (*events, (BEGUN, ended))]
    path.write_text("".join(lines), encoding="utf-8")
    source = JournalSource("r", JournalTail(path), lambda: "running", lambda _: None)
    source.poll()
    assert source.control is None
    assert source.wants_poll
    with path.open("a") as file:
        file.write(to_json(BEGUN, replace(events[0][1], resumed=True)) + "\n")
    source.poll()
    assert source.view.status == "running"
    assert source.control is not None
