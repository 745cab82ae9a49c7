"""Whatever is asked for is answered: done, or refused in one line with exit code 2; no traceback,
no hang. In great number: `python -m tests.bad_input`.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .asking import Asked, ask
from .generated import KINDS, generate
from .world import World, make_world, warm_up

EACH = 12  # requests of each kind


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = make_world(tmp_path_factory.mktemp("world"))
    with pytest.MonkeyPatch.context() as changes:
        changes.chdir(made.root)
        warm_up(made)
        yield made


@pytest.mark.parametrize("kind", KINDS)
def test_every_request_is_answered(world: World, kind: str) -> None:
    for seed in range(EACH):
        world.renew()
        asked = generate(Random(seed), world, kind)
        answer = ask(asked)
        assert not answer.fault, (seed, asked.words, answer)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**32))
def test_any_request_is_answered(world: World, seed: int) -> None:
    asked = generate(Random(seed), world)
    answer = ask(asked)
    assert not answer.fault, (seed, asked.words, answer)


def test_a_fault_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise TypeError

    monkeypatch.setattr("fftui.presets.read_preset", broken)
    answer = ask(Asked(("presets", "show", "ff"), {}, world.environment))
    assert answer.fault.startswith("TypeError")


def test_a_hang_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(*_: object) -> None:
        while True:
            pass

    monkeypatch.setattr("fftui.presets.read_preset", endless)
    answer = ask(Asked(("presets", "show", "ff"), {}, world.environment), hang_s=0.05)
    assert answer.fault.startswith("hangs")


def test_files_are_taken_away_again(world: World) -> None:
    file: Path = world.root / "presets" / "mine.toml"
    ask(Asked(("presets", "show", "mine"), {file: b"x"}, world.environment))
    assert not file.exists()
