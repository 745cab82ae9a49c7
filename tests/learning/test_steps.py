"""Steps of epochs and stages, and how many of them a stage has taken."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from fftui.learning.state import Progress
from fftui.learning.steps import Steps

COUNTS = st.integers(1, 50)


@given(COUNTS, COUNTS, st.lists(COUNTS, min_size=1, max_size=4))
def test_steps_over_an_epoch_see_each_image_once(images: int, size: int, others: list[int]) -> None:
    sizes = (size, *others)
    of_epochs = tuple(len(range(0, images, each)) for each in sizes)
    steps = Steps(images, sizes, of_epochs, of_epochs)
    seen = [0]
    for step in range(of_epochs[0]):
        progress = Progress(epoch=3, step=step + 1)
        assert steps.taken(progress) == 3 * of_epochs[0] + step + 1
        seen.append(steps.images_seen(progress))
    assert seen[-1] == images
    assert all(0 < after - before <= size for before, after in itertools.pairwise(seen))


def test_a_phase_is_before_its_first_step() -> None:
    assert Progress(phase=1).is_before(1)
    assert Progress(phase=1, epoch=2).is_before(2)
    for within in (Progress(phase=1, stage=1), Progress(phase=1, epoch=1), Progress(1, step=1)):
        assert not within.is_before(1)
    assert not Progress(phase=1).is_before(0)
