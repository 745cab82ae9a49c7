import json

import pytest

from fftui.doctor.checks import Check, Report, Section
from fftui.doctor.render import report_json, report_text

LONG = (
    "a reason that goes on and on, in a good many words, so that it does not fit into one line of a"
    " terminal"
)
PATH = "/a/folder/" + "deep/" * 20 + "runs"
GPU = Check("cuda", "CUDA GPU", "missing", None, f"none: {LONG}", f"it would learn faster: {LONG}")
CORES = Check("cores", "cores", "ok", {"there": 2}, "2 there")
RUNS = Check(
    "folder", "folder", "broken", {"path": PATH}, f"{PATH}, not writable", "choose another"
)
REPORT = Report(
    (Section("devices", "Devices", (CORES, GPU)), Section("runs", "Runs folder", (RUNS,)))
)


@pytest.mark.parametrize("width", [40, 80, 100])
def test_lines_fit_and_only_a_path_may_be_longer(width: int) -> None:
    text = report_text(REPORT, width)
    assert text.isascii()
    assert all(len(line) <= width or "/a/folder/" in line for line in text.splitlines())
    assert PATH in text


def test_it_is_read_in_order() -> None:
    lines = report_text(REPORT).splitlines()
    assert lines[:2] == ["Devices", "  ok       cores     2 there"]
    assert lines[2].startswith("  missing  CUDA GPU  none: a reason")
    assert lines[4].startswith(" " * 21 + "it would learn faster")
    assert lines[-1] == "fftui cannot work here before this is mended: folder."
    whole = report_text(Report((Section("devices", "Devices", (CORES, GPU)),)))
    assert whole.endswith(
        "\nfftui can work here: nothing that it needs is broken. 1 missing, 0 to note.\n"
    )


def test_colour_adds_nothing_but_colour() -> None:
    coloured = report_text(REPORT, colour=True)
    assert "\x1b[33mmissing\x1b[0m" in coloured
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m"):
        coloured = coloured.replace(code, "")
    assert coloured == report_text(REPORT)


def test_the_json_has_a_section_a_fact_and_its_state() -> None:
    assert json.loads(report_json(REPORT)) == {
        "healthy": False,
        "devices": {
            "cores": {"state": "ok", "value": {"there": 2}, "advice": None},
            "cuda": {"state": "missing", "value": None, "advice": GPU.advice},
        },
        "runs": {
            "folder": {"state": "broken", "value": {"path": PATH}, "advice": "choose another"}
        },
    }
