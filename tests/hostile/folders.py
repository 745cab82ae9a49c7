"""Run folders as a stranger might make them: each is a good run in which one thing is hostile.

`FOLDERS` has what is done to the good run, by name; a case that is added here goes through every
command and every screen.
"""

import json
import os
import pickle
import shutil
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import torch
from safetensors.torch import load_file, save_file

import fftui
from fftui import events as ev
from fftui.experiment import (
    Checkpoint,
    Data,
    Evaluation,
    Experiment,
    ForwardForward,
    FullyConnected,
    Model,
    Telemetry,
)
from fftui.runs.folder import RunFolder

# a window's title, a cleared screen, C1, another direction, lines of one's own, a null, a bell
TEXT = "\x1b]0;PWNED\x07\x1b[2J\x9b8888;1H\u202elive\u2066\u2028\r\nSPOOFED: yes\x00\x7f$x_{[/b]"
FORMULA = '=HYPERLINK("http://stranger.invalid/")'
DEEP = "[" * 100_000 + "]" * 100_000
HUGE = 10**400
SWEEP = Path(__file__).parents[1] / "sweeps" / "formats" / "format-1"
OUTSIDE = "outside"  # the folder beside the runs that no link may reach
TERABYTE = 1 << 40

Change = Callable[[Path], None]


def good_run(runs: Path) -> Path:
    """A run that has learned, with its checkpoint and tables, and that says it was interrupted."""
    experiment = Experiment(
        name="tiny",
        precision="float32",
        data=Data(name="mnist-mini", train_images=64, validation_images=16, test_images=32),
        model=Model(layers=(FullyConnected(units=8), FullyConnected(units=8))),
        phases=(ForwardForward(epochs=2, batch_size=32, threshold=1.0),),
        evaluation=Evaluation(images=16, final_train_images=32),
        telemetry=Telemetry(hz=0),
        checkpoint=Checkpoint(every_s=0),
    )
    path = fftui.run(experiment, runs_dir=runs, device="cpu").folder.path
    _record(status="interrupted")(path)
    return path


def _record(**changes: object) -> Change:
    return _json("run.json", **changes)


def _json(name: str, /, **changes: object) -> Change:
    def change(folder: Path) -> None:
        file = folder / name
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return change


def _file(name: str, content: bytes | str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def _link(name: str, target: str) -> Change:
    """A link to what lies beside the runs, or on the machine."""

    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(
            target if target.startswith("/") else folder.parent.parent / OUTSIDE / target
        )

    return change


def _pipe(name: str) -> Change:
    def change(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)
        os.mkfifo(folder / name)

    return change


def _hole(name: str, size: int, head: bytes = b"") -> Change:
    """A file of that size that takes no room on the disk."""

    def change(folder: Path) -> None:
        (folder / name).write_bytes(head)
        os.truncate(folder / name, size)

    return change


def _lines(*more: str | bytes) -> Change:
    """The journal with more lines at its end."""

    def change(folder: Path) -> None:
        with (folder / "journal.jsonl").open("ab") as file:
            for line in more:
                file.write((line.encode() if isinstance(line, str) else line) + b"\n")

    return change


def _texts(text: str) -> Change:
    """Every text that a run's files can hold."""

    def change(folder: Path) -> None:
        names = ("name", "preset", "data", "device", "precision", "error", "energy_source")
        _record(**dict.fromkeys(names, text), machine={"host": text}, status="failed")(folder)
        notes = {"name": text, "tags": [text, "a"], "note": text, "archived": False}
        _file("annotations.json", json.dumps(notes))(folder)
        toml = (folder / "experiment.toml").read_text()
        named = json.dumps(text).replace("\\u0000", "").replace("\x7f", "")
        _file("experiment.toml", toml.replace('"tiny"', named))(folder)
        at = 1_790_000_000.0
        labels = (text[:90], text[:90])
        started = ev.RunStarted(text, text, text, text, text, labels, 8, 64, 16, 32, False)
        events: list[ev.Event] = [
            started,
            ev.MachineDescribed(1.0, 2, 8_000_000_000, text, other_gpus=(text,)),
            ev.MetricsUnavailable(("power_w",), text),
            ev.PhaseStarted(1, text, 2),
            ev.LayerStarted(1, 1, 2, 1.0),
            ev.EpochFinished(1, 1, 1, 4, 0.5, 2.5, 0.5, 1.0, 0.75, 1000.0, 0.25, 0.125),
            ev.Evaluated(1, 1, 1, text, True, 0.5, (0.5,), (5, 5), (10, 10), 0.1),
            ev.TelemetryEnded(0, 0, 1.0, 0.1, 1.0, text),
            ev.Noted(text),
            ev.RunFinished("failed", 0.5, (0.5,), 1.5, text),
        ]
        lines = [ev.to_json(at + number, event) for number, event in enumerate(events)]
        _file("journal.jsonl", "\n".join(lines) + "\n")(folder)

    return change


def _tensors(change_of: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]) -> Change:
    """The checkpoint with other tensors and its own header."""

    def change(folder: Path) -> None:
        path = folder / "checkpoint.safetensors"
        header = _header(path)["__metadata__"]
        save_file(change_of(load_file(path)), path, metadata=header)

    return change


def _header(path: Path) -> dict[str, dict[str, str]]:
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    found: dict[str, dict[str, str]] = json.loads(content[8 : 8 + length])
    return found


def _position(text: str) -> Change:
    """The checkpoint whose header says `text` of its progress."""

    def change(folder: Path) -> None:
        path = folder / "checkpoint.safetensors"
        save_file(load_file(path), path, metadata={"position": text})

    return change


def _safetensors(header: dict[str, object], size: int) -> Change:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    head = struct.pack("<Q", len(text)) + text
    return _hole("checkpoint.safetensors", len(head) + size, head)


def _tensor(shape: list[int], end: int) -> dict[str, object]:
    times = dict.fromkeys(("setup_s", "load_s"), 0.0)
    position = json.dumps({"phase": 0, "stage": 0, "epoch": 0, "step": 0, "times": times})
    return {
        "__metadata__": {"position": position},
        "network._layers.0.weight": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]},
    }


class _Runs:
    """What a pickle does when it is loaded: it leaves a file."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch PWNED",)


def _foreign_table(folder: Path) -> None:
    for name in ("epochs", "layers", "evaluations", "energy", "telemetry", "images"):
        pl.DataFrame({"run": [TEXT, "=1"], "layer": ["a", None]}).write_parquet(
            folder / f"{name}.parquet"
        )


def _many_rows(folder: Path) -> None:
    path = folder / "epochs.parquet"
    row = pl.read_parquet(path).head(1)
    pl.concat([row] * 200).select(pl.all().repeat_by(10_000).explode()).write_parquet(path)


def _moved_outside(folder: Path) -> None:
    target = folder.parent.parent / OUTSIDE / folder.name
    shutil.move(folder, target)
    folder.symlink_to(target)


def _prefixed(tensors: dict[str, torch.Tensor], name: str) -> dict[str, torch.Tensor]:
    return {f"network.{name}{key}": each for key, each in tensors.items()}


FILES = (
    "run.json", "journal.jsonl", "experiment.toml", "annotations.json", "checkpoint.safetensors",
    "control.jsonl", "epochs.parquet", "run.log", "error.log",
)  # fmt: skip
GARBAGE = b"\x80\x04\xff\xfe\x00\x1b[2J\n\x00\n{}\n[]\nnull\n" + bytes(range(256)) * 8

FOLDERS: dict[str, Change] = {
    "texts": _texts(TEXT),
    "formulas": _texts(FORMULA),
    "pipes in Markdown": _texts("a|b\r[link](http://x)<script>`\\|"),
    "long texts": _texts("x" * 100_000),
    **{f"garbage in {name}": _file(name, GARBAGE) for name in FILES},
    **{f"nothing in {name}": _file(name, b"") for name in FILES},
    **{f"{name} is a link to elsewhere": _link(name, name) for name in FILES},
    **{f"{name} is endless": _link(name, "/dev/zero") for name in FILES},
    **{f"{name} is a pipe": _pipe(name) for name in FILES},
    **{f"{name} is a hole of a terabyte": _hole(name, TERABYTE) for name in FILES},
    "deep record": _file("run.json", f'{{"id":{DEEP}}}'),
    "deep journal": _lines(DEEP, f'{{"at":1,"event":"noted","message":{DEEP}}}'),
    "deep experiment": _file("experiment.toml", f"name = {DEEP}\n"),
    "deep annotations": _file("annotations.json", f'{{"tags":{DEEP}}}'),
    "deep checkpoint": _position(DEEP),
    "a line of 200 MB": _lines(b'{"at":1,"event":"noted","message":"' + b"x" * 200_000_000 + b'"}'),
    "halves of surrogate pairs": _lines('{"at":1,"event":"noted","message":"\\ud800"}'),
    "surrogates in the record": _file("run.json", '{"id":"\\ud800","name":"\\udfff"}'),
    "no number in the record": _record(test_accuracy=float("nan"), train_s=float("inf")),
    "huge numbers in the record": _record(pid=HUGE, memory_before_bytes=HUGE, train_s=HUGE),
    "negative numbers in the record": _record(pid=-1, train_s=-1.0, test_accuracy=-7),
    "a record of the year 1": _record(started="0001-01-01T00:00:00", ended="9999-12-31T23:59:59"),
    "a record of this process": _record(status="running", pid=os.getpid(), process_started=None),
    "a record of another machine": _record(status="running", machine={"host": TEXT}),
    "wrong types in the record": _record(machine=[1], versions={"a": None}, layer_accuracies="x"),
    "a waiting run of pid 1": _record(status="waiting", pid=1, process_started=None),
    "a million layers": _lines(
        ev.to_json(1e9, ev.RunStarted("", "", "", "", "", ("",) * 1_000_000, 1, 1, 1, 1, False))
    ),
    "a huge number in the settings": _file("experiment.toml", f"seed = {HUGE}\n"),
    "another data set": _file("experiment.toml", 'name = "a"\n[data]\nname = "../../etc"\n'),
    "a pickle": _file("checkpoint.safetensors", pickle.dumps(_Runs())),
    "a header longer than the file": _file(
        "checkpoint.safetensors", struct.pack("<Q", 2**63 - 1) + b"{}"
    ),
    "a tensor longer than the file": _safetensors(_tensor([2**40], 2**42), 64),
    "a tensor of a terabyte": _safetensors(_tensor([2**38], TERABYTE), TERABYTE),
    "a tensor of no numbers": _safetensors(_tensor([2**62, 2**62, 0], 0), 0),
    "offsets that overlap": _safetensors(
        _tensor([4], 16) | {"b": {"dtype": "F32", "shape": [4], "data_offsets": [8, 24]}}, 24
    ),
    "tensors of other shapes": _tensors(lambda own: {n: t.reshape(-1) for n, t in own.items()}),
    "tensors of other types": _tensors(
        lambda own: {n: t.to(torch.complex64) for n, t in own.items()}
    ),
    "integers for weights": _tensors(lambda own: {n: t.to(torch.int64) for n, t in own.items()}),
    "tensors of other names": _tensors(lambda own: _prefixed(own, f"_layers.{TEXT}.")),
    "weights that are no number": _tensors(lambda own: {n: t * torch.nan for n, t in own.items()}),
    "progress behind the end": _position(
        '{"phase":99,"stage":99,"epoch":9,"step":9,"done":9,"times":{}}'
    ),
    "progress of other types": _position('{"phase":"1","stage":-1,"times":{"train_s":NaN}}'),
    "progress that is a list": _position("[1]"),
    "foreign tables": _foreign_table,
    "tables of millions of rows": _many_rows,
    "the folder is a link": _moved_outside,
}


def folder_names() -> Iterator[bytes]:
    """Names of folders that are hostile themselves."""
    yield TEXT.replace("\x00", "").replace("/", "").encode()
    yield b"not utf-8 \xff\xfe"
    yield b"=1+1"
    yield b"-rf"
    yield b"%s {0} $(touch PWNED) `touch PWNED`"


class Corpus:
    """The hostile folders in a folder of runs, made from one good run; beside it what no command
    may touch.
    """

    def __init__(self, good: Path, root: Path) -> None:
        self._good, self.root, self.runs = good, root, root / "runs"
        self.runs.mkdir(parents=True)
        self.outside = root / OUTSIDE
        self.outside.mkdir()
        for name in FILES:
            shutil.copy(good / name, self.outside) if (good / name).exists() else (
                self.outside / name
            ).write_text("secret\n")
        self.before = self.state_outside()

    def add(self, name: str) -> RunFolder:
        """The hostile folder of that name, with an id of its own."""
        path = self.runs / f"20260101-000000-{list(FOLDERS).index(name):03}"
        shutil.copytree(self._good, path)
        FOLDERS[name](path)
        self.before = self.state_outside()
        return RunFolder(path)

    def add_names(self) -> None:
        """The good run under each of the hostile names."""
        for name in folder_names():
            shutil.copytree(os.fsencode(self._good), os.fsencode(self.runs) + b"/" + name)

    def add_sweep(self) -> None:
        """A sweep whose preset has a hostile name."""
        folder = self.runs / ".sweeps" / "stored"
        shutil.copytree(SWEEP, folder)
        _json("sweep.json", preset=TEXT)(folder)

    def state_outside(self) -> dict[str, bytes | None]:
        """What lies outside the runs, to be compared: names and contents."""
        return {
            str(path.relative_to(self.root)): path.read_bytes() if path.is_file() else None
            for path in sorted(self.outside.rglob("*"))
        }
