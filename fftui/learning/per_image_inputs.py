"""Training images read one by one, as torchvision's data sets and a `DataLoader` read them.

It is how the paper's backprop read its images. The batches are those of `Images.inputs`, in order
and bit by bit: only the time differs.
"""

import torch
from PIL import Image
from torch import Generator, Tensor
from torch.utils.data import DataLoader, Dataset

from fftui.data.normalisation import pixel_constants
from fftui.learning.images import Images


class PerImageInputs:
    """Inputs of batches, each image by itself: a PIL image, made a tensor, normalised, collated.

    The loader works in this process, without workers, as in the paper's notebooks.
    """

    static = True
    cacheable = False  # every epoch reads its images anew

    def __init__(self, images: Images) -> None:
        self.images = images
        self._pictures = _Pictures(images)
        # DataLoader draws a seed for workers even where it has none: not from the global generator
        self._generator = Generator()

    def begin_epoch(self, epoch: int) -> None:
        """Nothing is drawn: the order is the trainer's."""
        del epoch

    def inputs(self, index_B: Tensor) -> Tensor:
        """Scaled pixels (B, D), float32, on the device, of the images at `index_B`.

        Waits for the device, as the loaders of notebooks do.
        """
        loader = DataLoader(
            self._pictures, batch_sampler=[index_B.tolist()], generator=self._generator
        )
        inputs_BCYX, _ = next(iter(loader))
        on_device: Tensor = inputs_BCYX.to(index_B.device)
        return on_device.flatten(1)


class _Pictures(Dataset[tuple[Tensor, int]]):
    """Pictures and labels in the layout of torchvision's data sets, read as these read them."""

    def __init__(self, images: Images) -> None:
        # takes seconds to import
        from torchvision.transforms import Compose, Normalize, PILToTensor  # noqa: PLC0415

        pixels = images.pixels.cpu()
        grey = pixels.shape[1] == 1
        self._pictures = (pixels[:, 0] if grey else pixels.permute(0, 2, 3, 1).contiguous()).numpy()
        self._labels = images.labels_N.cpu()
        # ToTensor would divide by 255 first, which rounds differently: here as `normalise` does it
        steps = [PILToTensor(), torch.Tensor.float]
        if images.scale is not None:
            constants = pixel_constants(images.scale, pixels.device)
            steps.append(Normalize(*(values.flatten().tolist() for values in constants)))
        self._transform = Compose(steps)

    def __len__(self) -> int:
        return len(self._labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        inputs_CYX = self._transform(Image.fromarray(self._pictures[index]))
        return inputs_CYX, int(self._labels[index])
