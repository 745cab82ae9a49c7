"""A change to the trainer proves itself: the same weights, bit by bit, before and after.

    python benchmarks/same_weights.py --against OTHER_CHECKOUT

Carries out one small seeded run of every preset on the CPU in float32, here and with the code of
another checkout, and compares the weights. Exit code 1 where a preset's differ. Presets that only
one of them has are named and not compared.
"""

# ruff: noqa: PLC0415 - each checkout is imported in a process of its own

import argparse
import fnmatch
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from figure import Figure, say

SMALL = (
    "precision=float32",
    "telemetry.hz=0",
    "telemetry.idle_s=0",
    "evaluation.images=40",
    "evaluation.final_train_images=40",
    "data.train_images=300",
    "data.validation_images=60",
    "data.test_images=60",
)


def main() -> int:
    """Compare, or with --digests print this code's own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    parser.add_argument("--digests", action="store_true", help="print the digests of this code")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="presets of these names")
    asked = parser.parse_args()
    if asked.digests:
        print(json.dumps(digests(asked.only)))
        return 0
    here = digests_of(Path(__file__).parent.parent, asked.only)
    if asked.against is None:
        print(json.dumps(here, indent=1))
        return 0
    there = digests_of(asked.against, asked.only)
    both = sorted(here.keys() & there.keys())
    different = [name for name in both if here[name] != there[name]]
    print(f"{len(both) - len(different)} of {len(both)} presets end with the same bits")
    say(
        Figure(
            "presets that end with the same bits", len(both) - len(different), "", "all", len(both)
        )
    )
    for name in sorted(here.keys() ^ there.keys()):
        print(f"not compared, as only one has it: {name}")
    for name in different:
        print(f"different: {name}")
    return 1 if different else 0


def digests_of(checkout: Path, only: str) -> dict[str, str]:
    """The digest of each preset's weights, by the code of `checkout`."""
    done = subprocess.run(
        [sys.executable, __file__, "--digests", "--only", only],
        env=os.environ | {"PYTHONPATH": str(checkout.absolute()), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    made: dict[str, str] = json.loads(done.stdout)
    return made


def digests(only: str) -> dict[str, str]:
    """The digest of each preset's weights, by the code that is imported here."""
    try:
        from fftui.experiment.values import parse_overrides
    except ImportError:  # a checkout whose presets take the texts themselves
        parse_overrides = tuple
    from fftui.learning.training import train
    from fftui.presets import list_presets, load_preset

    made = {}
    for preset in list_presets():
        if not fnmatch.fnmatch(preset.name, only):
            continue
        data = "mnist-mini" if "mnist-mini" in preset.data_sets else None
        small = parse_overrides([*SMALL, *smaller(preset.experiment)])
        training = train(load_preset(preset.name, data, small, 3), device="cpu")
        for _ in training:
            pass
        digest = hashlib.sha256()
        for name, tensor in sorted(training.network.state_dict().items()):
            digest.update(f"{name}{tuple(tensor.shape)}".encode())
            digest.update(tensor.contiguous().numpy().tobytes())
        made[preset.name] = digest.hexdigest()
    return made


def smaller(experiment: dict) -> list[str]:
    """Overrides that make layers narrow and phases short."""
    last = len(experiment["model"]["layers"]) - 1
    head = (experiment["model"].get("head") or {}).get("kind")
    overrides = []
    for number, layer in enumerate(experiment["model"]["layers"]):
        kind = layer.get("kind", "fully-connected")
        if kind == "convolution" or (number == last and head == "last-layer"):
            continue
        overrides.append(f"model.layers.{number}.units=60")
        if kind == "self-attention":
            overrides.append(f"model.layers.{number}.width=32")
    for number in range(len(experiment["phases"])):
        overrides += [f"phases.{number}.epochs=2", f"phases.{number}.batch_size=100"]
    return overrides


if __name__ == "__main__":
    sys.exit(main())
