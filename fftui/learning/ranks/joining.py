"""Joining the ranks that `torchrun` has started, and learning as one of them."""

import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch.distributed.rendezvous import rendezvous

from fftui.errors import FFTUIError, RequestError
from fftui.events import Moment
from fftui.experiment import Experiment
from fftui.experiment.rank_blocks import (
    check_blocks,
    check_shared_batches,
    check_shared_layers,
    layer_blocks,
)
from fftui.learning.ranks.channel import Channel, RankLostError
from fftui.learning.ranks.follower import Follower
from fftui.learning.ranks.lead import Lead
from fftui.learning.ranks.rank_telemetry import MOST_HZ, SampleReader, SampleSender
from fftui.learning.ranks.shares import BlockShare, DataShare, LayerShare, Share
from fftui.learning.sharing import RanksMode
from fftui.learning.training import Training, train
from fftui.telemetry.sampler import Sampler

ANSWER_S = 300.0  # until all ranks are there, or another one has taken its part of a step
PAUSE_S = 30 * 86_400.0  # of rank 0, while others wait for its orders
NO_TRAINING = ""  # instead of a task: rank 0 refuses to learn


@dataclass(frozen=True)
class Place:
    """This process among those that torchrun has started, by its environment."""

    rank: int
    count: int
    local_rank: int

    @classmethod
    def here(cls, environ: Mapping[str, str] = os.environ) -> "Place":
        """The place that torchrun has set. Raises RequestError where a variable is no number."""
        try:
            rank, count = int(environ.get("RANK", "0")), int(environ.get("WORLD_SIZE", "1"))
            return cls(rank, count, int(environ.get("LOCAL_RANK", rank)))
        except ValueError:
            msg = "RANK, WORLD_SIZE and LOCAL_RANK are no numbers: torchrun sets them"
            raise RequestError(msg) from None


class Team:
    """The ranks of a run, joined. Rank 0 leads with `start`, the others `follow`.

    Raises RequestError where they cannot be joined.
    """

    def __init__(self, place: Place, device: str) -> None:
        self._device = own_device(device, place)
        self._engaged = False
        backend = "nccl" if torch.device(self._device).type == "cuda" else "gloo"
        try:
            store, _, _ = next(rendezvous("env://", timeout=timedelta(seconds=ANSWER_S)))
            dist.init_process_group(
                backend,
                store=store,
                rank=place.rank,
                world_size=place.count,
                timeout=timedelta(seconds=ANSWER_S),
            )
            self._store = store.clone()  # a connection of its own: used in another thread
            orders = dist.new_group(backend="gloo", timeout=timedelta(seconds=PAUSE_S))
        except (RuntimeError, ValueError) as error:
            msg = f"the {place.count} ranks did not come together: {str(error).splitlines()[0]}"
            raise RequestError(msg) from error
        assert isinstance(orders, dist.ProcessGroup)
        self._channel = Channel(place.rank, place.count, orders)

    @property
    def waited_s(self) -> float:
        """Seconds in which this rank waited for others."""
        return self._channel.waited_s

    def start(self, mode: RanksMode, experiment: Experiment, **options: Any) -> Training:
        """Start the training of `experiment` as rank 0; `mode` is how it is shared. Raises what
        `fftui.learning.training.train` does, and ExperimentError where it cannot be shared so.
        """
        check_shared(experiment, mode, self._channel.count)
        options |= {"device": self._device}
        training = train(experiment, **options)
        training.share_with(self._lead(training, mode))
        return training

    def follow(self, data_folder: Path | None) -> None:
        """Learn with rank 0 until it ends. Raises RankLostError, DataError, RequestError."""
        task = self._channel.broadcast_text()
        if task == NO_TRAINING:
            return
        values = json.loads(task)
        experiment = Experiment.model_validate(values["experiment"])
        training: Training | None = None
        problem = ""
        try:
            training = train(experiment, data_folder=data_folder, device=self._device)
        except FFTUIError as error:
            problem = f"rank {self._channel.rank}: {error}"
        self._channel.gather_text(problem)
        if training is not None:
            share = self._share(training, values["mode"])
            with self._sampling(training):
                Follower(self._channel, training, share).follow()

    def leave(self) -> None:
        """Let the others go, if they wait for a task, and end the connections."""
        if self._channel.rank == 0 and not self._engaged:
            with suppress(RankLostError):
                self._channel.broadcast_text(NO_TRAINING)
        dist.destroy_process_group()

    def _lead(self, training: Training, mode: RanksMode) -> Lead:
        """Give the others their task. Raises RequestError where one of them cannot do it."""
        self._engaged = True
        # weights of other runs come with the stage
        changes: dict[str, object] = {"precision": training.precision}
        for number in range(len(training.experiment.phases)):
            changes[f"phases.{number}.init_from"] = None
        experiment = training.experiment.changed(changes)
        task = {"mode": mode, "experiment": experiment.model_dump(mode="json")}
        self._channel.broadcast_text(json.dumps(task))
        problems = [text for text in self._channel.gather_text("") if text]
        samples = SampleReader(self._store, self._channel.count)
        lead = Lead(self._channel, mode, self._share(training, mode), samples)
        if problems:
            lead.end()
            raise RequestError(problems[0])
        return lead

    @contextmanager
    def _sampling(self, training: Training) -> Iterator[None]:
        """Sample this rank's machine for rank 0, at most once a second."""
        sender = SampleSender(self._store, self._channel.rank, platform.node())
        hz = min(training.experiment.telemetry.hz, MOST_HZ)
        # what is done is known to rank 0
        sampler = Sampler(
            hz, lambda: Moment(None, None, None, None), sender, gpu_uuid=training.cuda_uuid
        )
        sampler.start()
        try:
            yield
        finally:
            sampler.stop()

    def _share(self, training: Training, mode: RanksMode) -> Share:
        if mode == "data":
            return DataShare(self._channel, training.network)
        if mode == "blocks":
            return BlockShare(self._channel)
        blocks = layer_blocks(training.experiment, self._channel.count)
        return LayerShare(self._channel, training.network, blocks)


def own_device(device: str, place: Place) -> str:
    """The device of this rank. Raises RequestError for one that ranks cannot share."""
    cuda = torch.cuda.is_available()
    if device in ("auto", "cuda") and (cuda or device == "cuda"):
        return f"cuda:{place.local_rank}"
    if device in ("auto", "cpu"):
        return "cpu"
    msg = f"--device {device} is one device: ranks have cpu, or cuda with a GPU each"
    raise RequestError(msg)


def check_shared(experiment: Experiment, mode: RanksMode, count: int) -> None:
    """Raise ExperimentError where the experiment cannot be shared so."""
    if mode == "data":
        check_shared_batches(experiment)
    elif mode == "blocks":
        check_shared_batches(experiment, "blocks")
        check_blocks(experiment, count)
    else:
        check_shared_layers(experiment, count)
