"""`--on`: where runs are carried out, such as `local:2` or `slurm:8,cores=4,gpus=1`."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from fftui.errors import RequestError, one_of, shown
from fftui.executors.executor import Executor
from fftui.executors.local import LocalExecutor
from fftui.executors.share import Share

Kind = Literal["local", "slurm", "ray"]
KINDS: tuple[Kind, ...] = ("local", "slurm", "ray")
FORM = (
    "write local:2, slurm:8,cores=4,gpus=1,minutes=60,partition=NAME or"
    " ray://HOST:10001,runs=8,cores=2,gpus=0.5"
)
MOST_AT_ONCE = 1_000
DEFAULT_AT_ONCE: Mapping[Kind, int] = {"local": 1, "slurm": 16, "ray": 16}


@dataclass(frozen=True)
class ExecutorSpec:
    """Where runs are carried out, how many at once, and what each declares."""

    kind: Kind
    at_once: int
    address: str | None = None  # of a Ray cluster, as ray://HOST:PORT; None: this machine's
    share: Share = field(default_factory=Share)

    def executor(self, runs_dir: Path) -> Executor:
        """What carries runs out there. Raises RequestError where a package that it needs, or the
        batch system or cluster, is not there.
        """
        if self.kind == "local":
            return LocalExecutor(self.at_once)
        # both load packages of extras
        if self.kind == "slurm":
            from fftui.executors.slurm import slurm_executor  # noqa: PLC0415

            return slurm_executor(runs_dir, self.at_once, self.share)
        from fftui.executors.ray_cluster import ray_executor  # noqa: PLC0415

        return ray_executor(self.address, self.at_once, self.share)


def parse_executor(text: str) -> ExecutorSpec:
    """The place that a text such as `local:2` names. Raises RequestError where it has another
    form.
    """
    try:
        place, *settings = (part.strip() for part in text.split(","))
        spec = _placed(place)
        for setting in settings:
            name, _, value = setting.partition("=")
            spec = _changed(spec, name.strip(), value.strip())
    except (ValueError, RequestError) as error:
        msg = f"--on {shown(text)}: {error}; {FORM}"
        raise RequestError(msg) from None
    return spec


def _placed(place: str) -> ExecutorSpec:
    if place.startswith("ray://"):
        return ExecutorSpec("ray", DEFAULT_AT_ONCE["ray"], address=place)
    name, colon, number = place.partition(":")
    kind = one_of("place", name, KINDS)
    return ExecutorSpec(kind, _count(number) if colon else DEFAULT_AT_ONCE[kind])


def _changed(spec: ExecutorSpec, name: str, value: str) -> ExecutorSpec:
    known = ("runs",) if spec.kind == "local" else ("runs", "cores", "gpus", "minutes", "partition")
    name = one_of("setting", name, known)
    if name == "runs":
        return replace(spec, at_once=_count(value))
    if name == "partition":
        if not value:
            msg = "partition is empty"
            raise ValueError(msg)
        return replace(spec, share=replace(spec.share, partition=value))
    if name == "gpus":
        return replace(spec, share=replace(spec.share, gpus=_gpus(value)))
    if name == "cores":
        return replace(spec, share=replace(spec.share, cores=_count(value)))
    return replace(spec, share=replace(spec.share, minutes=_count(value, 366 * 24 * 60)))


def _count(text: str, most: int = MOST_AT_ONCE) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most:
        return int(text)
    msg = f"{shown(text)} is not a whole number from 1 to {most:,}"
    raise ValueError(msg)


def _gpus(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 64 or (value > 1 and value != int(value)):
        msg = f"{shown(text)} is no number of GPUs: a part of one, or a whole number"
        raise ValueError(msg)
    return value
