"""No name of the first draft is left: a reader of the papers should know every word at first sight.

`OLD_NAMES` and `OLD_WORDS` are what CHANGELOG.md's table of names replaces.
"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("fftui", "docs", "tests", "presets", "benchmarks")
SUFFIXES = {".py", ".md", ".toml", ".tcss"}

# Identifiers, as whole words.
OLD_NAMES = """
carry_out carried_out Carrier OpenLearning open_training Learner Teaching PairTeaching GroupTeaching
FirstLessons FirstInputs LiftedLessons lessons_for StretchWork LossSlope slope_NH slope_2B Judged
OpenImages labelled_activities learn_labelled numbers_per_row Timekeeper start_uniform
refuse_at_work Ledger Booked Spent Settled Metering FIGURES FiguresMissing HostFigures untold
tells_power HardyDriver lose_terminal Painted Workbench StudyBench IS_PLACE Surveyed PastRead
WarmedUp _tell _make_fit _wish leave_at_once unsaid FEWEST TELLING Played
lying_bars LeftOut done_right put_right Trainer Instruments Rhythm _rest _trouble belief believe
luck gauges strips settling climb
"""

# Words of prose, where they cannot mean anything else.
OLD_WORDS = (
    "a sitting",
    "this sitting",
    "a stretch of",
    "stretches of",
    "lessons",
    "is told apart",
    "are told apart",
    "not told",
    "carried out by",
    "done right",
    "put right",
    "image sets",
    "image set",
)


def lines() -> list[tuple[str, str]]:
    """Every line of code, docs, tests and presets, with its place; this file's own aside."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    return [
        (f"{path.relative_to(ROOT)}:{number}", line)
        for path in [*paths, ROOT / "README.md"]
        if path.suffix in SUFFIXES and path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    ]


LINES = lines()


@pytest.mark.parametrize(
    "pattern",
    [rf"\b(?:{'|'.join(OLD_NAMES.split())})\b", rf"(?i)\b(?:{'|'.join(OLD_WORDS)})\b"],
    ids=["names", "words"],
)
def test_no_old_word_is_left(pattern: str) -> None:
    old = re.compile(pattern)
    assert [(place, line.strip()) for place, line in LINES if old.search(line)] == []
