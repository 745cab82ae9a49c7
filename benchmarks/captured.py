"""Images a second on a CUDA GPU: steps captured as a CUDA graph, against the same kernels issued
one by one.
"""

import argparse
from collections.abc import Sequence

import torch
from figure import Figure, say, skip

from fftui.events import EpochFinished
from fftui.experiment.values import parse_overrides
from fftui.learning.sharing import Alone
from fftui.learning.training import train
from fftui.presets import load_preset

PRESETS = ("ff", "local-ce", "backprop", "field/deeperforward-half", "field/predsim")


def images_a_second(preset: str, data: str, *, captured: bool) -> float:
    """Of the third epoch of the preset's first phase; those before it warm up."""
    wanted = ["phases.0.epochs=3", "evaluation.every=0", "telemetry.hz=0"]
    training = train(load_preset(preset, data, parse_overrides(wanted), 0), device="cuda")
    if not captured:
        training.share_with(Alone())
    for event in training:
        if isinstance(event, EpochFinished) and event.epoch == 3:
            training.close()
            return event.samples_per_s
    raise AssertionError(preset)


def compare(presets: Sequence[str], data: str, repeats: int) -> None:
    """A row for each preset; of several repeats the fastest counts."""
    print("| preset | images/s, captured | issued | times as fast |\n|---|---|---|---|")
    figures = []
    for preset in presets:
        captured, issued = (
            max(images_a_second(preset, data, captured=way) for _ in range(repeats))
            for way in (True, False)
        )
        print(f"| `{preset}` | {captured:,.0f} | {issued:,.0f} | {captured / issued:.1f} |")
        figures.append(Figure(f"{preset}, captured", captured, "images/s", "issued", issued))
    print()
    for figure in figures:
        say(figure)


def main() -> None:
    """The presets on the first CUDA device."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", nargs="+", default=PRESETS, metavar="PRESET")
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--repeats", type=int, default=2)
    arguments = parser.parse_args()
    if not torch.cuda.is_available():
        skip("captured steps", "torch sees no CUDA GPU")
        return
    print(f"torch {torch.__version__}, {torch.cuda.get_device_name()}\n")
    compare(arguments.presets, arguments.data, arguments.repeats)


if __name__ == "__main__":
    main()
