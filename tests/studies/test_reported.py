import pytest

from fftui.data.catalogue import SETS
from fftui.studies.reported import cells, reported, seconds, sizes


@pytest.mark.parametrize(
    ("data", "images", "train", "test"),
    [
        ("mnist", 60_000, 99.8, 97.7),
        ("mnist", 5_000, 99.7, 93.7),
        ("mnist", 1_000, 99.0, 88.9),
        ("fashion-mnist", 1_000, 93.0, 80.0),
        ("cifar10", 5_000, 95.0, 41.2),
        ("cifar100", 1_000, 93.0, 8.4),
        ("svhn", 13_257, 85.2, 72.9),
        ("svhn", 1_257, 79.3, 48.7),
    ],
)
def test_table_3_over_the_images_really_measured(
    data: str, images: int, train: float, test: float
) -> None:
    cell = reported("table-3-corrected", "backprop", data, images)
    assert cell is not None
    assert (cell.train, cell.test) == (
        pytest.approx(train, abs=0.06),
        pytest.approx(test, abs=0.06),
    )


def test_corrected_every_accuracy_of_table_3_is_one() -> None:
    corrected = [cell for cell in cells() if cell.source == "table-3-corrected"]
    assert len(corrected) == len([cell for cell in cells() if cell.source == "table-3"]) == 38
    for cell in corrected:
        assert cell.train is not None
        assert cell.test is not None
        assert 0 < cell.test < 100
        assert cell.test - 1 < cell.train < 100.1


def test_no_cell_stands_twice_and_none_has_more_images_than_its_set() -> None:
    keys = [(cell.source, cell.method, cell.data, cell.images) for cell in cells()]
    assert len(set(keys)) == len(keys)
    assert all(cell.images <= SETS[cell.data].train_images for cell in cells())


def test_without_a_number_of_images_it_is_the_most() -> None:
    cell = reported("table-2", "forward-forward", "mnist")
    assert cell is not None
    assert (cell.images, cell.test) == (60_000, 96.79)
    assert reported("table-2", "forward-forward", "cifar100", 1_000) is None
    assert reported("table-1", "forward-forward", "mnist-mini") is None


def test_sizes_are_those_of_the_tables_largest_first() -> None:
    assert sizes("mnist") == (60_000, 50_000, 40_000, 30_000, 20_000, 10_000, 5_000, 1_000)
    assert sizes("svhn")[0] == SETS["svhn"].train_images
    assert sizes("mnist-mini") == ()


def test_times_where_the_logs_have_them() -> None:
    whole = seconds("forward-forward", "mnist")
    assert whole is not None
    assert sum(whole.layers) == pytest.approx(whole.whole, abs=0.1)
    assert seconds("forward-forward", "svhn") is None
