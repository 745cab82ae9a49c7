"""What trackers are given, read back by their own code: every point, its name and step."""

import importlib.util
import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fftui import events as ev
from fftui.errors import RequestError
from fftui.runs.annotations import annotate
from fftui.runs.folder import RunFolder
from fftui.runs.journal import read_journal
from fftui.trackers.tracked_run import TrackedRun, tracked_run
from fftui.trackers.tracker_registry import TRACKERS, Tracker, export_to


@pytest.fixture
def folder(small: Any, finished_run: Callable[..., RunFolder]) -> RunFolder:
    found = finished_run(small.experiment())
    with found.journal.open("a", encoding="utf-8") as journal:  # the machine is over seconds
        at = next(read_journal(found.journal))[0]
        for second in (1, 2):
            sample = ev.TelemetrySampled(1, 1, 1, process_cpu_percent=50.0 + second)
            journal.write(f"{ev.to_json(at + second + 0.5, sample)}\n")
    annotate(found.path, name="a 'run' \u202e", add_tags=("baseline",), note="**bold**")
    return found


def check(found: list[tuple[str, int, float]], run: TrackedRun) -> None:
    wanted = sorted((each.name, each.step, each.value) for each in run.points)
    assert [each[:2] for each in sorted(found)] == [each[:2] for each in wanted]
    assert [each[2] for each in sorted(found)] == pytest.approx([each[2] for each in wanted])
    assert ("loss/phase-1-layer-1", 4) in [each[:2] for each in wanted]


def tensorboard_points(folder: Path) -> tuple[list[tuple[str, int, float]], str]:
    from tensorboardX.proto.event_pb2 import Event  # noqa: PLC0415

    (path,) = folder.glob("events.out.tfevents.*")
    content, at = path.read_bytes(), 0
    scalars, texts = [], []
    while at < len(content):
        (length,) = struct.unpack_from("<Q", content, at)
        event = Event.FromString(content[at + 12 : at + 12 + length])
        at += length + 16
        for value in event.summary.value:
            if value.HasField("simple_value"):
                scalars.append((value.tag, event.step, value.simple_value))
            else:
                texts.append(value.tensor.string_val[0].decode())
    return scalars, "".join(texts)


def test_tensorboard_has_every_point(folder: RunFolder, tmp_path: Path) -> None:
    run, output = tracked_run(folder), tmp_path / "tb"
    (how,) = export_to(TRACKERS["tensorboard"], [folder], output)
    assert how == f"tensorboard --logdir {output}"
    scalars, texts = tensorboard_points(output / folder.id)
    check(scalars, run)
    assert "phases.0.threshold: 1.0" in texts
    assert "    **bold**" in texts
    with pytest.raises(RequestError, match="would double its curves"):
        list(export_to(TRACKERS["tensorboard"], [folder], output))


def test_tensorboard_itself_reads_every_point(folder: RunFolder, tmp_path: Path) -> None:
    own = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    list(export_to(TRACKERS["tensorboard"], [folder], tmp_path))
    read = own.EventAccumulator(str(tmp_path / folder.id), {own.SCALARS: 0, own.TENSORS: 0})
    read.Reload()
    check(
        [
            (tag, each.step, each.value)
            for tag in read.Tags()["scalars"]
            for each in read.Scalars(tag)
        ],
        tracked_run(folder),
    )
    assert len(read.Tags()["tensors"]) > 0  # the settings as text


def test_a_live_log_has_the_points_of_the_journal(folder: RunFolder, tmp_path: Path) -> None:
    from fftui.trackers.tensorboard import TensorBoardLog  # noqa: PLC0415

    log = TensorBoardLog(tmp_path / "live")
    stated = list(read_journal(folder.journal))
    for at, event in sorted(stated, key=lambda each: isinstance(each[1], ev.RunFinished)):
        log(at, event)
    check(tensorboard_points(tmp_path / "live")[0], tracked_run(folder))


def test_a_missing_package_is_one_line_with_its_extra() -> None:
    with pytest.raises(RequestError, match=r"pip install 'fftui\[wandb\]'") as refused:
        Tracker("wandb", "no_such_package_here", "weights_and_biases").load()
    assert "\n" not in str(refused.value)


def test_every_tracker_has_its_module() -> None:
    for tracker in TRACKERS.values():
        assert importlib.util.find_spec(f"fftui.trackers.{tracker.module}"), tracker


def leveldb_records(content: bytes) -> Iterator[bytes]:
    """The records of a log of LevelDB's, behind W&B's own seven bytes."""
    at, parts = 7, b""
    while at + 7 <= len(content):
        if 32768 - at % 32768 < 7:  # the end of a block
            at += 32768 - at % 32768
            continue
        length, kind = struct.unpack_from("<HB", content, at + 4)
        parts += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # a whole record, or its last part
            yield parts
            parts = b""


@pytest.mark.filterwarnings("ignore")
def test_wandb_has_every_point(folder: RunFolder, tmp_path: Path) -> None:
    pytest.importorskip("wandb")
    from wandb.proto.wandb_internal_pb2 import Record  # noqa: PLC0415

    list(export_to(TRACKERS["wandb"], [folder], tmp_path))
    (path,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    scalars = []
    for data in leveldb_records(path.read_bytes()):
        history = Record.FromString(data).history
        row = {
            each.key or "/".join(each.nested_key): json.loads(each.value_json)
            for each in history.item
        }
        step = row.get("step", row.get("seconds"))
        scalars += [(n, step, v) for n, v in row.items() if "/" in n]
    check(scalars, tracked_run(folder))


@pytest.mark.filterwarnings("ignore")
def test_mlflow_has_every_point(folder: RunFolder, tmp_path: Path) -> None:
    for package in ("mlflow", "sqlalchemy", "alembic"):
        pytest.importorskip(package)
    from mlflow.tracking import MlflowClient  # noqa: PLC0415

    (how,) = export_to(TRACKERS["mlflow"], [folder], tmp_path)
    client = MlflowClient(how.partition("--backend-store-uri ")[2])
    (made,) = client.search_runs([client.get_experiment_by_name("fftui").experiment_id])
    run = tracked_run(folder)
    names = {each.name for each in run.points}
    history = [each for name in names for each in client.get_metric_history(made.info.run_id, name)]
    check([(each.key, each.step, each.value) for each in history], run)
    assert made.data.metrics["test_accuracy"] == pytest.approx(0.9)
    assert made.data.params["phases.0.threshold"] == "1.0"
    with pytest.raises(RequestError, match="already"):
        list(export_to(TRACKERS["mlflow"], [folder], tmp_path))


@pytest.mark.filterwarnings("ignore")
def test_trackio_has_every_point(
    folder: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("trackio")
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path))
    list(export_to(TRACKERS["trackio"], [folder], tmp_path))
    from trackio.sqlite_storage import SQLiteStorage  # noqa: PLC0415

    rows = SQLiteStorage.get_logs("fftui", folder.id)
    scalars = [
        (name, row.get("seconds", row["step"]) if "machine" in name else row["step"], value)
        for row in rows
        for name, value in row.items()
        if "/" in name
    ]
    check(scalars, tracked_run(folder))
