"""The result of a linear readout in words, and as JSON values."""

from fftui.runs.readouts import ReadoutResult
from fftui.text.format import accuracy_text, duration


def readout_text(run: str, result: ReadoutResult) -> str:
    """What was read of the run, and the accuracies, a line each."""
    layers = ", ".join(map(str, result.layers))
    lines = [
        f"run {run} ({result.status}): linear readout of layer{'s' * (len(result.layers) > 1)}"
        f" {layers}, {result.epochs} epochs, learned for {duration(result.train_s)}"
    ]
    for split, accuracy in (
        ("train", result.train_accuracy),
        ("validation", result.validation_accuracy),
        ("test", result.test_accuracy),
    ):
        if accuracy is not None:
            lines.append(f"{split} accuracy {accuracy_text(accuracy)}")
    return "\n".join(lines)


def readout_facts(run: str, result: ReadoutResult) -> dict[str, object]:
    """The result and its settings as JSON values."""
    return {"run": run, **result.model_dump(mode="json")}
