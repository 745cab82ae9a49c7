"""A journal in which one field has any value: the line is refused, or every reader can use it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fftui import events as ev
from fftui.runs.export import BINARY, FORMATS, render
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.runs.table_names import IN_FOLDER
from fftui.runs.tables import make_table
from fftui.runs.view import RunView
from fftui.text.layer_text import end_text, energy_text, head_text, layer_rows
from fftui.text.progress_line import progress_line

SAMPLE = Path(__file__).parents[2] / "docs" / "sample" / "journal.jsonl"
VALUES: tuple[object, ...] = (
    None, True, False, 0, -1, 1, 7, 10**6, 2**31, 2**63 - 1, 2**63, 10**30, 0.0, -0.5, 0.5, 1e-320,
    1e17, 1e300, -1e300, "", "1", "\ud800", "\x1b[2J", "|\r\n=1+1", [], [0], [1], [-1], [1, 2, 3],
    [10**12], ["x"], [None], [[1]], {}, {"a": 1}, [10**30],
)  # fmt: skip


def short_journal() -> list[str]:
    """The sample journal with the first few lines of each kind, and its last ones."""
    seen: dict[str, int] = {}
    lines = []
    for line in SAMPLE.read_text(encoding="utf-8").splitlines():
        kind = json.loads(line)["event"]
        seen[kind] = seen.get(kind, 0) + 1
        if seen[kind] <= 4:
            lines.append(line)
    others = ev.OtherGpusSampled((50.0, None), (1, 2), (3, None), (70.0, None))
    means = ev.LayerMeans(1, 2, 1, 0.5, 2.0, 1.0, 2.0)
    powered = ev.TelemetrySampled(1, 1, 1, power_w=70.0, gpu_energy_j=5.0, cpu_energy_j=3.0)
    at = json.loads(lines[-1])["at"]
    more = [
        ev.to_json(at - 2, others),
        ev.to_json(at - 2, means),
        *(
            ev.to_json(
                at - 1 + n / 10, replace(powered, gpu_energy_j=7.0 * n, cpu_energy_j=3.0 * n)
            )
            for n in range(9)
        ),
        ev.to_json(at, ev.WindowMeasured("learning", 1, 1, 1, 5, 320, at - 0.9, at - 0.3)),
    ]
    return [*lines[:-2], *more, *lines[-2:]]


LINES = short_journal()


def mutations() -> Iterator[tuple[int, str, object]]:
    """Every field of every line with every value: the line's number, the field and the value."""
    for number, line in enumerate(LINES):
        for field in json.loads(line):
            yield from ((number, field, value) for value in VALUES)


def mutated(number: int, field: str, value: object) -> str:
    return json.dumps(json.loads(LINES[number]) | {field: value})


def read_with_everything(folder: RunFolder, to: str) -> None:
    view = RunView()
    for at, event in read_journal(folder.journal):
        view = view.after(at, event)
        progress_line(event, view)
    head_text(view)
    layer_rows(view)
    energy_text(view)
    view.time_left_s()
    if view.result is not None:
        end_text(view.result)
    for bucket in view.history.all:
        assert bucket.samples > 0
    for name in IN_FOLDER:
        content = render(make_table(folder, name), next(each for each in FORMATS if each == to))
        if to not in BINARY:
            content.decode()


@pytest.mark.parametrize("to", FORMATS)
def test_the_journal_itself_can_be_read(tmp_path: Path, to: str) -> None:
    folder = RunFolder(tmp_path)
    folder.journal.write_text("\n".join(LINES) + "\n", encoding="utf-8")
    assert len(list(read_journal(folder.journal))) == len(LINES)
    read_with_everything(folder, to)


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(mutation=st.sampled_from(list(mutations())), to=st.sampled_from(FORMATS))
def test_one_field_of_any_value_ends_in_no_exception(
    tmp_path: Path, mutation: tuple[int, str, object], to: str
) -> None:
    line = mutated(*mutation)
    try:
        ev.from_json(line)
    except ValueError:
        return  # refused, as a line that is no event
    folder = RunFolder(tmp_path)
    lines = [*LINES[: mutation[0]], line, *LINES[mutation[0] + 1 :]]
    folder.journal.write_text("\n".join(lines) + "\n", encoding="utf-8")
    read_with_everything(folder, to)
