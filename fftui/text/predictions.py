"""What a network predicts for image files, as columns and as JSON values."""

from collections.abc import Sequence

from fftui.text.format import columns, number

Scores = Sequence[Sequence[float]]  # a row an image, a number a label


def predictions_text(images: Sequence[str], scores: Scores, class_names: Sequence[str]) -> str:
    """A line an image: its name, the label with the largest score, and the score of each label."""
    named = _names(scores, class_names)
    rows = [
        (image, named[_best(row)], *(number(score) for score in row))
        for image, row in zip(images, scores, strict=True)
    ]
    return columns(("image", "label", *named), rows)


def predictions_facts(
    images: Sequence[str], scores: Scores, class_names: Sequence[str]
) -> list[dict[str, object]]:
    """An object an image: `image`, the predicted `label` from 0, its `name`, and `scores` by
    name.
    """
    named = _names(scores, class_names)
    return [
        {
            "image": image,
            "label": _best(row),
            "name": named[_best(row)],
            "scores": dict(zip(named, row, strict=True)),
        }
        for image, row in zip(images, scores, strict=True)
    ]


def _best(row: Sequence[float]) -> int:
    return max(range(len(row)), key=row.__getitem__)


def _names(scores: Scores, class_names: Sequence[str]) -> list[str]:
    """The names of the classes, or their numbers where none are known."""
    return list(class_names) or [str(label) for label in range(len(scores[0]))]
