"""A comparison in every format."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from fftui.comparison.compare import CompareRequest, comparison_of
from fftui.comparison.comparison_export import COMPARISON_FORMATS, format_of_file, rendered
from fftui.comparison.shown_comparison import ShownComparison
from fftui.errors import RequestError
from fftui.runs.folder import RunFolder


@pytest.fixture
def folders(new_run: Callable[..., RunFolder]) -> list[RunFolder]:
    return [
        new_run("a | b", losses=(0.5, 0.25, 0.125)),
        new_run("a | b", seed=1, losses=(1.0, 0.5, 0.25), wrong=40),
        new_run("wide", changes={"model.layers.0.units": 9}, losses=(2.0,)),
    ]


def compared(folders: list[RunFolder], **options: object) -> ShownComparison:
    return comparison_of(folders, CompareRequest("loss", **options))  # type: ignore[arg-type]


def rows(shown: ShownComparison) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(rendered(shown, "csv").decode())))


def test_csv_has_the_points_of_the_lines(folders: list[RunFolder]) -> None:
    found = rows(compared(folders))
    assert [(row["letter"], row["epoch"], row["loss"]) for row in found] == [
        *zip("AAA", "123", ("0.5", "0.25", "0.125"), strict=True),
        *zip("BBB", "123", ("1", "0.5", "0.25"), strict=True),
        ("C", "1", "2"),
    ]
    assert (found[1]["step"], found[1]["seconds"]) == ("20", "1")
    assert found[0]["run"] == folders[0].id


def test_only_what_is_shown_is_written(folders: list[RunFolder]) -> None:
    whole = compared(folders)
    part = replace(whole, lines=whole.lines[:1], span=(1.5, 9.0), smoothing=0.5)
    found = rows(part)
    assert [row["loss"] for row in found] == ["0.25", "0.125"]
    # smoothed from the first point on, though it is not shown: (0.5 · 0.5 + 0.25) / 1.5
    assert float(found[0]["loss_smoothed"]) == pytest.approx(1 / 3)
    assert "epoch 1.5 to 9" in rendered(part, "text").decode()


def test_folded_seeds_have_their_range(folders: list[RunFolder]) -> None:
    first = rows(compared(folders, folded=True))[0]
    assert (first["seeds"], first["loss"], first["loss_low"], first["loss_high"]) == (
        "2",
        "0.75",
        "0.5",
        "1",
    )
    assert first["run"] == f"{folders[0].id} {folders[1].id}"


def test_text_and_markdown_have_outcomes_differences_and_lines(folders: list[RunFolder]) -> None:
    for to in ("text", "markdown"):
        text = rendered(compared(folders), to).decode()
        assert "90.00" in text
        assert "model.layers.0.units" in text
        assert "less A, points" in text
    lines = text.splitlines()
    assert any(line.startswith("| A | a \\| b seed=0 | 1 | finished | 90.00 |") for line in lines)
    tables = [line for line in lines if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in tables} == {11, 5, 7}


def test_nothing_differs_is_said(new_run: Callable[..., RunFolder]) -> None:
    shown = compared([new_run("a"), new_run("b")])
    assert "nothing differs in their settings" in rendered(shown, "text").decode()


def test_json_has_all_of_it(folders: list[RunFolder]) -> None:
    facts = json.loads(rendered(compared(folders), "json"))
    assert facts["metric"] == "loss"
    assert facts["differing"]["seed"] == {"A": "0", "B": "1", "C": "0"}
    assert facts["lines"][0]["values"] == [0.5, 0.25, 0.125]
    one = facts["conditions"][1]
    assert one["test_accuracy"] == pytest.approx(0.8)
    assert one["difference"]["image_by_image"] is True
    assert one["difference"]["test_accuracy"] == pytest.approx(-0.1)


def test_svg_has_every_line_and_name_as_text(new_run: Callable[..., RunFolder]) -> None:
    """Dollar signs in names are no formulas."""
    folders = [new_run("cost $1$ <b>"), new_run("other", losses=(0.5, float("nan"), 0.25))]
    svg = rendered(replace(compared(folders), log=True, smoothing=0.6), "svg").decode()
    assert svg.startswith("<?xml")
    assert "cost $1$ &lt;b&gt;" in svg
    assert rendered(compared(folders), "svg") == rendered(compared(folders), "svg")


@pytest.mark.parametrize("to", COMPARISON_FORMATS)
def test_runs_without_a_value_are_no_error(folders: list[RunFolder], to) -> None:
    shown = comparison_of(folders, CompareRequest("power_w", layer=3))
    assert rendered(shown, to)


def test_the_format_is_that_of_the_file() -> None:
    names = ("a.md", "a.CSV", "a.svg", "a.json", "a.txt", "-", "a.b")
    assert [format_of_file(name) for name in names] == [
        "markdown",
        "csv",
        "svg",
        "json",
        "text",
        "text",
        "text",
    ]


def test_an_unknown_metric_is_refused_with_the_nearest(folders: list[RunFolder]) -> None:
    with pytest.raises(RequestError, match="did you mean 'test_accuracy'"):
        comparison_of(folders, CompareRequest("test_acuracy"))


def test_the_usual_metric_is_one_that_all_runs_have_points_of(folders: list[RunFolder]) -> None:
    assert comparison_of(folders, CompareRequest()).metric.name == "test_accuracy"
    for folder in folders[:1]:
        text = folder.journal.read_text(encoding="utf-8")
        kept = [line for line in text.splitlines() if '"final":false' not in line]
        folder.journal.write_text("\n".join(kept) + "\n", encoding="utf-8")
    folders[2] = folders[1]
    assert comparison_of(folders, CompareRequest()).metric.name == "loss"


def test_a_journal_that_cannot_be_read_is_one_line(folders: list[RunFolder]) -> None:
    folders[0].journal.unlink()
    folders[0].journal.mkdir()
    with pytest.raises(RequestError, match=r"cannot read .*journal\.jsonl: Is a directory"):
        comparison_of(folders, CompareRequest())
