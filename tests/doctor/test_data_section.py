from pathlib import Path

import pytest

from fftui.data.catalogue import DATA_NAMES, SETS
from fftui.data.verify import SetStatus
from fftui.doctor import data_section
from fftui.doctor.checks import Check


def checks(folder: Path, *, torchvision_loads: bool = True) -> dict[str, Check]:
    return {
        c.key: c
        for c in data_section.data_section(folder, torchvision_loads=torchvision_loads).checks
    }


def test_sets_that_are_not_here_say_what_fetching_brings(tmp_path: Path) -> None:
    found = checks(tmp_path / "absent")
    assert list(found) == ["folder", *DATA_NAMES]
    assert (found["folder"].state, found["mnist-mini"].state) == ("note", "ok")
    assert found["mnist"].state == "missing"
    assert (
        found["mnist"].advice
        == "handwritten digits; `fftui data get mnist` fetches 11.6 MB from the internet"
    )
    for name in list(DATA_NAMES)[1:]:
        value = found[name].value
        assert isinstance(value, dict)
        assert (value["state"], value["fetch_bytes"]) == (
            "missing",
            SETS[name].source.fetch_bytes,  # type: ignore[union-attr]
        )


def test_without_torchvision_its_sets_are_not_looked_at(tmp_path: Path) -> None:
    found = checks(tmp_path, torchvision_loads=False)
    assert found["cifar10"].text == "not available: torchvision does not load"
    assert found["mnist-mini"].state == "ok"


@pytest.mark.parametrize(
    ("name", "state", "expected", "advice"),
    [
        ("svhn", "damaged", "missing", "fftui data get svhn"),
        ("svhn", "unreadable", "missing", "make it readable"),
        ("mnist-mini", "damaged", "broken", "install fftui again"),
    ],
)
def test_what_is_not_in_order_has_its_remedy(
    name: str, state: str, expected: str, advice: str
) -> None:
    status = SetStatus(name, "numbers", "there", state, 5, False, "a.mat: permission denied")  # type: ignore[arg-type]
    check = data_section._check(status)
    assert (check.state, check.text) == (expected, f"{state}: a.mat: permission denied")
    assert advice in check.advice
