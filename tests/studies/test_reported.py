import pytest

from fftui.data.catalogue import SETS
from fftui.studies.reported import (
    MachineUse,
    cells,
    logged_seconds,
    machine_use,
    reported,
    seconds,
    sizes,
)


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


def test_figure_3_has_both_methods_on_the_five_sets() -> None:
    times = {
        method: [
            found.whole
            for data in ("mnist", "fashion-mnist", "svhn", "cifar10", "cifar100")
            if (found := seconds(method, data))
        ]
        for method in ("forward-forward", "backprop")
    }
    assert times == {
        "forward-forward": [723, 816, 960, 714, 668],
        "backprop": [664, 650, 923, 602, 590],
    }
    assert seconds("forward-forward", "mnist-mini") is None


def test_a_log_has_its_layers_and_agrees_with_figure_3_for_backprop_alone() -> None:
    logged = logged_seconds("forward-forward", "mnist")
    assert logged is not None
    assert sum(logged.layers) == pytest.approx(logged.whole, abs=0.1)
    assert logged_seconds("forward-forward", "svhn") is None
    for data in ("mnist", "fashion-mnist", "svhn", "cifar10", "cifar100"):
        figure, log = seconds("backprop", data), logged_seconds("backprop", data)
        assert figure is not None
        assert log is not None
        assert figure.whole == pytest.approx(log.whole, abs=0.5)


def test_figure_4_has_memory_and_power_on_mnist() -> None:
    assert machine_use("forward-forward", "mnist") == MachineUse(28.9, 40)
    assert machine_use("backprop", "mnist") == MachineUse(5.4, 29)
    assert machine_use("backprop", "cifar10") is None
