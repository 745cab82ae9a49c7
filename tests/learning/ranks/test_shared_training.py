"""Trainings shared by two processes end with the weights that one process learns."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from safetensors.torch import load_file

from fftui import events as ev
from fftui.experiment import Experiment
from fftui.learning.ranks.rank_telemetry import SampleReader, SampleSender
from fftui.learning.training import train

from ..conftest import BACKPROP, FORWARD_FORWARD, LOCAL, PARALLEL
from .rank_processes import started

# trains what it finds in tasks.json, one after the other, and keeps the weights; each training is
# given up within its second epoch and resumed
CODE = """
import json, time
from pathlib import Path
from safetensors.torch import save_file
from fftui.events import RankSampled, Stepped, to_json
from fftui.experiment import Experiment
from fftui.learning.ranks.joining import Place, Team

place = Place.here()
team = Team(place, "cpu")
for number, (mode, values) in enumerate(json.loads(Path("tasks.json").read_text())):
    if place.rank > 0:
        team.follow(None)
        team.follow(None)
        continue
    experiment = Experiment.model_validate(values)
    training = team.start(mode, experiment)
    for event in training:
        state = training.state()  # at every event: what is collected changes nothing
        if isinstance(event, Stepped) and (event.epoch, event.step) == (2, 1):
            break
    training.close()
    training = team.start(mode, experiment, state=state)
    list(training)
    samples = []
    while not any(isinstance(each, RankSampled) for each in samples):
        samples += training.sampled_elsewhere()
        time.sleep(0.02)
    Path("samples.jsonl").write_text("\\n".join(to_json(1.0, each) for each in samples))
    training.close()
    save_file(training.network.state_dict(), f"{number}.safetensors")
team.leave()
"""
CNN = {"layers": [{"kind": "convolution", "channels": 10}], "label": {"encoding": "none"}}
SGD = {"optimizer": {"kind": "sgd"}}
# no accuracy gains as much, so that a layer ends after its second epoch
STOPS_EARLY = {"epochs": 4, "keep": "best", "early_stopping": {"patience": 1, "least_gain": 0.9}}
RANDOM = {"order": "parallel", "negatives": "random"}


@pytest.fixture
def tasks(small: Callable[..., Experiment]) -> list[tuple[str, Experiment]]:
    """Every kind of trainer by its data; batches of 100 and a last one of 1; and by its layers."""
    odd = {"train_images": 201, "validation_images": 100, "test_images": 100}
    return [
        ("data", small(PARALLEL | SGD)),
        ("data", small(FORWARD_FORWARD | SGD, data=odd | {"shift": 1})),
        ("data", small(BACKPROP | SGD)),
        ("data", small(FORWARD_FORWARD | SGD | STOPS_EARLY)),
        ("data", small(LOCAL | SGD, model=CNN, data=odd)),
        ("layers", small(FORWARD_FORWARD | RANDOM)),
    ]


def test_the_weights_are_those_of_one_process(
    tasks: list[tuple[str, Experiment]], tmp_path: Path
) -> None:
    values = [(mode, experiment.model_dump(mode="json")) for mode, experiment in tasks]
    (tmp_path / "tasks.json").write_text(json.dumps(values))
    for process in started(CODE, [], tmp_path):
        said = process.communicate(600)
        assert process.returncode == 0, said
    described, sampled = (
        ev.from_json(line)[1] for line in (tmp_path / "samples.jsonl").read_text().splitlines()[:2]
    )
    assert isinstance(described, ev.RankDescribed)
    assert isinstance(sampled, ev.RankSampled)
    assert sampled.rank == 1
    assert sampled.sample.process_memory_bytes
    for number, (mode, experiment) in enumerate(tasks):
        training = train(experiment, device="cpu")
        ended = [each for each in training if isinstance(each, ev.LayerFinished)]
        stops = experiment.phases[0].early_stopping is not None
        assert all(each.stopped_early for each in ended) == stops
        learned = load_file(tmp_path / f"{number}.safetensors")
        for name, weight in training.network.state_dict().items():
            if mode == "layers":
                assert torch.equal(learned[name], weight), (number, name)
            else:
                torch.testing.assert_close(
                    learned[name], weight, atol=1e-5, rtol=0, msg=f"{number} {name}"
                )


ADAM = """
import json, sys
from pathlib import Path
from safetensors.torch import save_file
from fftui.experiment import Experiment
from fftui.learning.ranks.joining import Place, Team

place = Place.here()
team = Team(place, "cpu")
for number, values in enumerate(json.loads(Path("tasks.json").read_text())):
    if place.rank > 0:
        team.follow(None)
        continue
    training = team.start("blocks", Experiment.model_validate(values))
    list(training)
    training.close()
    save_file(training.network.state_dict(), f"{place.count}-{number}.safetensors")
team.leave()
"""


def test_blocks_give_the_same_bits_whichever_rank_has_them(
    small: Callable[..., Experiment], tmp_path: Path
) -> None:
    """With Adam, hard negatives, a head, weights that are normed first, and a last batch of one
    image.
    """
    odd = {"train_images": 201, "validation_images": 100, "test_images": 100}
    rules = (PARALLEL, BACKPROP | {"weights": "unit-norm"})
    experiments = [small(rule, data=odd) for rule in rules]
    tasks = [each.model_dump(mode="json") for each in experiments]
    (tmp_path / "tasks.json").write_text(json.dumps(tasks))
    for count in (1, 4):
        for process in started(ADAM, [], tmp_path, count):
            said = process.communicate(600)
            assert process.returncode == 0, said
    for number, experiment in enumerate(experiments):
        one, four = (load_file(tmp_path / f"{count}-{number}.safetensors") for count in (1, 4))
        training = train(experiment, device="cpu")
        list(training)
        for name, weight in training.network.state_dict().items():
            assert torch.equal(one[name], four[name]), (number, name)
            torch.testing.assert_close(one[name], weight, atol=1e-3, rtol=0)


def test_rank_0_hears_of_the_machines_of_the_others() -> None:
    store, moment = dist.HashStore(), ev.Moment("learning", 1, 2, 3)
    reader, send = SampleReader(store, 3), SampleSender(store, 2, "node")
    assert [*reader.read(moment)] == []  # none has begun
    machine = ev.MachineDescribed(1.0, 4, 8_000)
    send(machine)
    send(ev.TelemetrySampled(None, None, None, process_memory_bytes=70))
    sampled = ev.TelemetrySampled(1, 2, 3, doing="learning", process_memory_bytes=70)
    described = ev.RankDescribed(2, "node", machine)
    assert [*reader.read(moment)] == [described, ev.RankSampled(2, sampled)]
    assert [*reader.read(moment)] == []  # nothing is new
    send(ev.TelemetrySampled(None, None, None, process_memory_bytes=71))
    assert [each.kind for each in reader.read(moment)] == ["rank-telemetry"]
