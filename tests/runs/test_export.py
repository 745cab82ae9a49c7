import csv
import io
import json
import math
import os
import zipfile
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from fftui import events as ev
from fftui.errors import RequestError
from fftui.experiment import Experiment
from fftui.runs.export import (
    FORMATS,
    Request,
    export,
    exported,
    format_of,
    joined,
    journal_problems,
    render,
    render_exact,
)
from fftui.runs.folder import RunFolder
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.new_folder import create
from fftui.runs.table_names import TABLE_NAMES
from fftui.runs.workspace import Workspace


@pytest.fixture
def runs(tmp_path: Path, experiment: Experiment, facts: Any) -> list[RunFolder]:
    """Two runs that differ in their seed."""
    folders = [
        create(Workspace(tmp_path), experiment.model_copy(update={"seed": seed})) for seed in (1, 2)
    ]
    for folder in folders:
        seconds = iter(range(1000, 2000))
        journal = JournalWriter(folder.journal, clock=lambda seconds=seconds: float(next(seconds)))
        for event in (
            facts.started(),
            facts.layer(1),
            ev.MachineDescribed(1.0, 2, None),
            facts.telemetry(),
            ev.TelemetrySampled(1, 1, 1, cpu_energy_j=1.0),
            ev.TelemetrySampled(1, 1, 1, cpu_energy_j=2.0),
            ev.RankSampled(1, facts.telemetry()),
            ev.WindowMeasured("learning", 1, 1, 1, 1, 64, 1004.0, 1005.0),
            facts.epoch(1, 1),
            facts.evaluated(1, 1, 0.5),
            facts.measured(np.array([True, False] * 5)),
        ):
            journal.append(event)
        journal.close()
    return folders


@pytest.mark.parametrize("table", TABLE_NAMES)
@pytest.mark.parametrize("to", FORMATS)
def test_every_table_goes_into_every_format(runs: list[RunFolder], table: Any, to: Any) -> None:
    assert exported(runs, Request(table, to))


def test_csv_holds_lists_as_json_and_nulls_as_nothing(runs: list[RunFolder]) -> None:
    rows = list(csv.DictReader(io.StringIO(exported(runs[:1], Request("evaluations")).decode())))
    assert json.loads(rows[0]["class_correct"]) == [3, 4]
    images = list(csv.DictReader(io.StringIO(exported(runs[:1], Request("images")).decode())))
    assert [json.loads(each["depth_correct"]) for each in images[:2]] == [
        [False, True],
        [True, False],
    ]
    telemetry = list(csv.DictReader(io.StringIO(exported(runs[:1], Request("telemetry")).decode())))
    assert telemetry[0]["power_w"] == ""
    assert telemetry[0]["time"].endswith("Z")


def test_parquet_and_json_hold_the_same(runs: list[RunFolder]) -> None:
    frame = pl.read_parquet(io.BytesIO(exported(runs, Request("evaluations", "parquet"))))
    assert frame.to_dicts() == json.loads(exported(runs, Request("evaluations", "json")))
    lines = exported(runs, Request("evaluations", "ndjson")).decode().splitlines()
    assert frame.to_dicts() == [json.loads(line) for line in lines]


def test_xlsx_is_a_workbook(runs: list[RunFolder]) -> None:
    with zipfile.ZipFile(io.BytesIO(exported(runs, Request("runs", "xlsx")))) as book:
        assert "xl/worksheets/sheet1.xml" in book.namelist()


def test_several_runs_stand_in_one_table_with_their_settings(runs: list[RunFolder]) -> None:
    frame = joined(runs, "epochs")
    assert frame["run"].to_list() == [folder.id for folder in runs]
    assert frame["experiment.seed"].to_list() == [1, 2]
    assert frame["experiment.phases.0.learning_rate"].dtype == pl.Float64
    different = joined(runs, "epochs", "different")
    assert [name for name in different.columns if name.startswith("experiment.")] == [
        "experiment.seed"
    ]
    assert not [name for name in joined(runs, "epochs", "none").columns if "." in name]
    assert not [name for name in joined(runs[:1], "epochs").columns if "." in name]
    assert "experiment.seed" in joined(runs[:1], "runs").columns


def test_a_setting_that_one_run_lacks_is_null(
    runs: list[RunFolder], tmp_path: Path, experiment: Experiment
) -> None:
    deeper = create(
        Workspace(tmp_path),
        experiment.model_copy(
            update={
                "model": experiment.model.model_copy(update={"layers": experiment.model.layers * 2})
            }
        ),
    )
    frame = joined([*runs, deeper], "runs")
    assert frame["experiment.model.layers.3.units"].to_list() == [None, None, 16]
    assert frame["experiment.data.train_images"].to_list() == [256, 256, 256]


def test_text_that_means_something_to_markdown_and_latex_is_escaped() -> None:
    frame = pl.DataFrame({"a|b_c": ["50 % & {x}|\\y"], "n": [0.123456789]})
    assert render(frame, "markdown").decode().splitlines() == [
        "| a\\|b_c | n |",
        "| --- | ---: |",
        "| 50 % & {x}\\|\\\\y | 0.123457 |",
    ]
    latex = render(frame, "latex").decode()
    assert r"a|b\_c & n \\" in latex
    assert r"50 \% \& \{x\}|\textbackslash{}y & 0.123457 \\" in latex


def test_names_that_are_none_are_refused_with_the_nearest() -> None:
    with pytest.raises(RequestError, match="did you mean 'epochs'"):
        Request.of("epoch", "csv", "auto")
    with pytest.raises(RequestError, match="did you mean 'xlsx'"):
        Request.of("epochs", "xls", "auto")


@pytest.mark.parametrize(
    ("output", "to"),
    [
        ("-", "csv"),
        ("a.xlsx", "xlsx"),
        ("A.MD", "markdown"),
        ("a.tex", "latex"),
        ("a.parquet", "parquet"),
        ("a", "csv"),
    ],
)
def test_a_files_name_asks_for_a_format(output: str, to: str) -> None:
    assert format_of(output) == to


def test_a_name_that_asks_for_none_is_refused() -> None:
    with pytest.raises(
        RequestError, match=r"a\.xls: no format is called \.xls; name the file with"
    ):
        format_of("a.xls")


def test_what_a_damaged_journal_lacks_is_said(runs: list[RunFolder]) -> None:
    folder = runs[0]
    assert list(journal_problems(folder)) == []
    lines = folder.journal.read_text().splitlines(keepends=True)
    folder.journal.write_text("".join([lines[0], "X" + lines[1], *lines[2:], '{"torn": ']))
    assert [text.partition(": ")[2] for text in journal_problems(folder)] == [
        "line 2 is cut off, damaged or of a newer fftui: the tables lack it"
    ]
    folder.table("epochs").touch()
    folder.journal.unlink()
    (said,) = journal_problems(folder)
    assert (
        "does not exist, so its tables are empty; as they were when the run ended there are"
        " epochs.parquet" in said
    )


def test_a_file_that_cannot_be_written_is_named(runs: list[RunFolder], tmp_path: Path) -> None:
    export(runs, Request("epochs"), tmp_path / "epochs.csv")
    assert (tmp_path / "epochs.csv").read_text().count("\n") == 3
    with pytest.raises(RequestError, match=r"cannot write .*/absent/epochs\.csv: No such file"):
        export(runs, Request("epochs"), tmp_path / "absent" / "epochs.csv")
    with pytest.raises(RequestError, match="No space left"):
        export(runs, Request("epochs"), Path("/dev/full"))


HOSTILE = ["=1+1", "+1+1", "@x", "\t=1", "-0.5", "a\x1b[2J\u202eb\rc", "http://x.invalid", "{=1}"]


def test_no_cell_is_a_formula_or_a_link() -> None:
    frame = pl.DataFrame({"run": HOSTILE})
    rows = [cell for (cell,) in csv.reader(StringIO(render(frame, "csv").decode()))][1:]
    assert rows == ["'=1+1", "'+1+1", "'@x", " =1", "-0.5", "a�[2J�b c", *HOSTILE[6:]]
    exact = [c for (c,) in csv.reader(StringIO(render_exact(frame, "csv").decode(), newline=""))]
    assert exact[1:] == HOSTILE
    book = zipfile.ZipFile(BytesIO(render(frame, "xlsx")))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "=1+1" in book.read("xl/sharedStrings.xml").decode()


def test_numbers_that_are_none_are_exported() -> None:
    frame = pl.DataFrame({"n": [1.0, math.nan, math.inf, None]})
    assert json.loads(render(frame, "json")) == [{"n": 1.0}, {"n": None}, {"n": None}, {"n": None}]
    assert b"#NUM!" in zipfile.ZipFile(BytesIO(render(frame, "xlsx"))).read(
        "xl/worksheets/sheet1.xml"
    )
    for to in FORMATS:
        assert render(frame, to)


def test_a_row_of_latex_takes_no_option() -> None:
    text = render(pl.DataFrame({"a": ["*x", "[2cm]", "a\r\nb"]}), "latex").decode()
    assert "{*}x \\\\\n{[}2cm] \\\\\na b \\\\\n" in text


def test_a_run_whose_name_is_not_utf_8_is_exported(runs: list[RunFolder]) -> None:
    path = Path(os.fsdecode(os.fsencode(runs[0].path.parent) + b"/not \xff utf-8"))
    runs[0].path.rename(path)
    for table in ("epochs", "runs", "telemetry"):
        assert exported([RunFolder(path)], Request.of(table, "parquet", "auto"))
