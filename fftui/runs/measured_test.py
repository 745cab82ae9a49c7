"""The accuracy of a run's network on test images that the run itself has not measured."""

from pathlib import Path

from fftui.data.splits import load_splits
from fftui.runs.folder import RunFolder
from fftui.runs.weights import trained_network


def test_accuracy(folder: RunFolder, *, data_folder: Path | None, device: str = "auto") -> float:
    """The accuracy, from 0 to 1, of the last checkpoint's network on the experiment's test images,
    by its last phase's way of predicting.

    Raises RunFailedError where there is no checkpoint, DataError where the images are missing.
    """
    experiment = folder.experiment()
    data = experiment.data
    splits = load_splits(
        data.name,
        folder=data_folder,
        seed=experiment.seed,
        test_images=data.test_images,
        sha256=data.own.hash if data.own else None,
    )
    network = trained_network(folder, device)
    images = network.images_of(splits.test.images, splits.test.labels)
    return network.rule.score(images).on_cpu().accuracy
