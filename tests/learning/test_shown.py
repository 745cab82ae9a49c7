"""What the first layer is shown of an image is what it learns from."""

from typing import Any

import pytest
import torch

from fftui import load_preset
from fftui.data.label_encoding import LabelInput, label_planes, overlay
from fftui.data.sets import load_set
from fftui.data.splits import load_splits
from fftui.errors import ExperimentError, RequestError
from fftui.experiment import Experiment
from fftui.learning.augmentation import Augmentation
from fftui.learning.images import Images
from fftui.learning.layers.layer import Layer
from fftui.learning.negatives import fixed_negatives
from fftui.learning.rules.forward_forward import ForwardForwardRule
from fftui.learning.seeds import generator_for
from fftui.learning.shown import shown_image
from fftui.learning.training import train


def few(preset: str, **changes: Any) -> Experiment:
    made = load_preset(preset, data="mnist-mini", overrides={"data.train_images": 300})
    return made.changed(changes) if changes else made


def test_the_papers_negatives_are_those_of_the_seed_and_lie_over_the_image() -> None:
    experiment = load_preset("paper/ff", data="mnist-mini")
    split = load_set("mnist-mini", "train")
    wrong_N = fixed_negatives(split.labels, generator=generator_for(0, "negatives", 1))
    for number in (0, 7):
        shown = shown_image(experiment, number)
        assert shown.label == int(split.labels[number])
        assert [each.label for each in shown.inputs] == [shown.label, int(wrong_N[number])]
        pixels = split.images[number : number + 1].flatten(1) / 255
        torch.testing.assert_close(shown.pixels.flatten(), pixels[0])
        for each in shown.inputs:
            # what an overlay clears is 0 behind the normalisation, the mean brightness before it
            expected = overlay(pixels - 0.1307, torch.tensor([each.label]), 10, 1 - 0.1307) + 0.1307
            torch.testing.assert_close(each.pixels.flatten(), expected[0], atol=1e-5, rtol=0)
            assert each.beside is None


@pytest.mark.parametrize("preset", ["ff", "attention", "paper/ff"])
def test_a_run_learns_its_first_batch_with_these_labels(
    preset: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard, random and fixed negatives; hard ones depend on the weights and the image too."""
    experiment = few(preset, precision="float32", **{"data.shift": 2})
    given: dict[int, list[int]] = {}
    usual = ForwardForwardRule.labels

    def noted(
        rule: ForwardForwardRule, index_B: torch.Tensor, class_probs_BC: torch.Tensor | None
    ) -> tuple[torch.Tensor, ...]:
        sets = usual(rule, index_B, class_probs_BC)
        if not given:
            given.update(zip(index_B.tolist(), torch.stack(sets, 1).tolist(), strict=True))
        return sets

    monkeypatch.setattr(ForwardForwardRule, "labels", noted)
    for event in train(experiment, device="cpu"):
        if event.kind == "stepped":
            break
    monkeypatch.undo()
    for index in list(given)[:5]:
        shown = shown_image(experiment, index)
        assert [each.label for each in shown.inputs] == given[index]


def test_planes_and_vectors_stand_beside_the_image() -> None:
    plane = shown_image(few("cnn", **{"data.shift": 0, "model.label.encoding": "random-plane"}), 3)
    planes = label_planes(
        LabelInput("random-plane", 10, 1.0), 28, 28, generator=generator_for(0, "weights", 1)
    )
    for each in plane.inputs:
        assert each.beside is not None
        torch.testing.assert_close(each.beside, planes[each.label])
        torch.testing.assert_close(each.pixels, plane.pixels, atol=1e-5, rtol=0)
    appended = shown_image(few("ff"), 3)
    for each in appended.inputs:
        assert each.beside is not None
        assert each.beside.shape == (1, 1, 10)
        assert each.beside.flatten().nonzero().tolist() == [[each.label]]
    token = shown_image(few("attention"), 3)
    assert [each.beside is not None and each.beside.shape[:2] for each in token.inputs] == [
        (1, 1)
    ] * 2


def test_an_image_is_shown_as_it_is_moved_and_turned_in_the_first_epoch() -> None:
    experiment = few("ff", **{"data.shift": 2, "data.augment.rotation": 30.0})
    data = experiment.data
    train = Images.on(
        torch.device("cpu"),
        load_splits("mnist-mini", seed=experiment.seed, train_images=300).train,
        data,
    )
    augmentation = Augmentation(train, data, experiment.seed, 1, 0)
    augmentation.begin_epoch(1)
    shown = shown_image(experiment, 3)
    expected = augmentation.changed(torch.tensor([3])).flatten() / 255
    for each in shown.inputs:
        torch.testing.assert_close(each.pixels.flatten(), expected, atol=1e-5, rtol=0)
    assert not torch.allclose(shown.pixels.flatten(), expected, atol=0.1)


def test_colour_lies_in_the_red_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    images = torch.randint(0, 256, (50, 3, 32, 32), dtype=torch.uint8)

    def colourful(name: str, split: str, *_: object, **__: object) -> Any:
        return type(load_set("mnist-mini", "test"))(images, torch.arange(50) % 10, 10)

    monkeypatch.setattr("fftui.data.splits.load_set", colourful)
    shown = shown_image(load_preset("paper/ff", data="cifar10"), 12)
    apart = (shown.inputs[0].pixels - shown.pixels).abs() > 1e-3
    assert not apart[1:].any()
    assert not apart[0, 1:].any()
    assert apart[0, 0, :10].sum() >= 9


@pytest.mark.parametrize("preset", ["backprop", "local-ce"])
def test_rules_that_show_no_wrong_label_are_refused(preset: str) -> None:
    with pytest.raises(ExperimentError, match=preset):
        shown_image(few(preset))


def test_an_image_that_is_not_there_is_refused() -> None:
    with pytest.raises(RequestError, match="from 0 to 299"):
        shown_image(few("ff"), 300)


def test_most_layers_have_no_label_beside_their_inputs() -> None:
    assert Layer.label_beside(None, torch.tensor([1])) is None  # type: ignore[arg-type]
