"""No name of the first draft is left: a reader of the papers should know every word at first sight.

`OLD_NAMES` and `OLD_WORDS` are what CHANGELOG.md's table of names replaces.
"""

import re
from collections.abc import Iterator
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


def found(old: re.Pattern[str]) -> Iterator[str]:
    """The lines of code, docs, tests and presets with old words, and their places; this file's own
    aside.
    """
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*"))]
    for path in [*paths, ROOT / "README.md"]:
        if path.suffix not in SUFFIXES or path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        if old.search(text):  # lines are made where it matters
            for number, line in enumerate(text.splitlines(), 1):
                if old.search(line):
                    yield f"{path.relative_to(ROOT)}:{number}: {line.strip()}"


@pytest.mark.parametrize(
    "pattern",
    [rf"\b(?:{'|'.join(OLD_NAMES.split())})\b", rf"(?i)\b(?:{'|'.join(OLD_WORDS)})\b"],
    ids=["names", "words"],
)
def test_no_old_word_is_left(pattern: str) -> None:
    assert list(found(re.compile(pattern))) == []
