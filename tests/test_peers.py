"""What peers print is read as what it says, and their validation is not counted."""

import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture(scope="module")
def peers() -> dict[str, object]:
    sys.path.insert(0, str(FOLDER))
    try:
        return runpy.run_path(str(FOLDER / "peers.py"))
    finally:
        sys.path.remove(str(FOLDER))


def test_an_epoch_counts_without_its_validation(peers) -> None:
    line, passage = peers["Line"], peers["Passage"]
    lines = [
        line("seed: 42", 10.0, 1.0),
        line("Epoch 0 \t train \t \t Time: 0:00:05 \t Loss: 1.2 \t", 15.0, 9.0),
        line("val", 15.0, 9.0),
        line("Epoch 0 \t val \t \t Time: 0:00:03 \tclassification_accuracy: 0.9312 \t", 18.0, 14.0),
        line("Epoch 1 \t train \t \t Time: 0:00:04 \t Loss: 1.1 \t", 22.0, 21.0),
        line("val", 22.0, 21.0),
        line("Epoch 1 \t val \t \t Time: 0:00:03 \tclassification_accuracy: 0.9750 \t", 25.0, 26.0),
    ]
    found = list(peers["loewe_passages"](lines))
    assert found == [passage(0.9312, 5.0, 8.0), passage(0.975, 9.0, 15.0)]
    reached, best = peers["first_passages"](found, [0.93, 0.9714, 0.985])
    assert reached == {0.93: found[0], 0.9714: found[1]}
    assert best == found[1]


def test_the_textbook_script_counts_until_its_training_error(peers) -> None:
    line = peers["Line"]
    lines = [
        line("training layer 0 ...", 3.0, 2.0),
        line("training layer 1 ...", 50.0, 90.0),
        line("train error: 0.067", 100.0, 190.0),
        line("test error: 0.068", 101.0, 191.0),
    ]
    (found,) = peers["textbook_passages"](lines)
    assert (round(found.accuracy, 3), found.wall_s, found.cpu_s) == (0.932, 97.0, 188.0)


def test_a_checkout_is_known_by_what_it_holds(peers, tmp_path: Path) -> None:
    for folder, text in (("a", "def overlay_y_on_x(x, y): ..."), ("b", "print('another')")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "main.py").write_text(text)
    textbook, other = peers["PEERS"]
    assert peers["find"](textbook, tmp_path) == tmp_path / "a" / "main.py"
    assert peers["find"](other, tmp_path) is None
