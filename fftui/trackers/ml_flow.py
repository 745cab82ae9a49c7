"""MLflow: its client writes into an SQLite file; no server is needed."""

import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mlflow.entities import Metric, Param, RunTag
from mlflow.tracking import MlflowClient

from fftui.errors import RequestError
from fftui.trackers.tracked_run import TrackedRun

EXPERIMENT = "fftui"
FILE = "mlflow.db"
TOGETHER = 1000  # metrics of a request, the most that MLflow takes
PARAMS_TOGETHER = 100
LONGEST_PARAM = 6000  # characters
RUN_TAG = "fftui.run"


def write(run: TrackedRun, output: Path) -> str:
    """Write a run into `output`/mlflow.db; how it is seen. Raises RequestError where it is there
    already.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    output.mkdir(parents=True, exist_ok=True)
    address = f"sqlite:///{(output / FILE).absolute()}"
    client: Any = MlflowClient(address)
    experiment = _experiment(client, output)
    if client.search_runs([experiment], f"tags.`{RUN_TAG}` = '{run.id.replace(chr(39), '')}'"):
        msg = f"run {run.id} is in {output / FILE} already: name another folder with -o"
        raise RequestError(msg)
    tags = {RUN_TAG: run.id.replace("'", ""), "mlflow.note.content": run.note}
    tags |= {f"fftui.{name}": value for name, value in run.facts.items()}
    tags |= {f"tag.{each}": "yes" for each in run.tags}
    made = client.create_run(experiment, int(1000 * run.began_at), tags, run.name)
    for batch in _batches(_metrics(run), TOGETHER):
        client.log_batch(made.info.run_id, metrics=batch)
    params = [Param(name, str(each)[:LONGEST_PARAM]) for name, each in run.settings.items()]
    for batch in _batches(params, PARAMS_TOGETHER):
        client.log_batch(made.info.run_id, params=batch)
    client.log_batch(made.info.run_id, tags=[RunTag("fftui.status", run.facts["status"])])
    end = None if run.ended_at is None else int(1000 * run.ended_at)
    status = "FINISHED" if run.is_finished else "KILLED"
    client.set_terminated(made.info.run_id, status, end)
    return f"mlflow server --backend-store-uri {address}"


def _experiment(client: Any, output: Path) -> str:
    known = client.get_experiment_by_name(EXPERIMENT)
    if known is not None:
        return str(known.experiment_id)
    return str(client.create_experiment(EXPERIMENT, (output / "artifacts").absolute().as_uri()))


def _metrics(run: TrackedRun) -> list[Any]:
    points = [Metric(p.name, p.value, int(1000 * p.at), p.step) for p in run.points]
    at = int(1000 * (run.ended_at or run.began_at))
    return [*points, *(Metric(name, value, at, 0) for name, value in run.results.items())]


def _batches(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), size):
        yield values[start : start + size]
