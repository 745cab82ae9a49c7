"""Each way out, and each state, at least once: the terminal is as before, the run is kept, nothing
is left. `python -m tests.ways_out` tries every way out of every state.
"""

from collections import Counter
from pathlib import Path

import pytest

from ..conftest import Small
from ..pseudo_terminal import modes_left
from .finished import two_finished_runs
from .trial import attempt
from .ways import WAYS, cases

pytest.importorskip("pty")


def few_cases() -> list[tuple[str, str]]:
    """One case a way, from the state that has come up least; and those that are like no other."""
    seen: Counter[str] = Counter()
    chosen = [("paused", "SIGHUP"), ("paused", "closed terminal"), ("paused", "quit and keep")]
    for name in WAYS:
        states = [state for state, way in cases() if way == name]
        least = min(states, key=lambda state: seen[state])
        seen[least] += 1
        chosen.append((least, name))
    return list(dict.fromkeys(chosen))


@pytest.mark.parametrize(("state", "way"), few_cases())
def test_the_terminal_and_the_run_are_as_they_should_be(
    state: str, way: str, tmp_path: Path
) -> None:
    if state == "comparing":
        two_finished_runs(tmp_path / "runs", Small.experiment)
    assert attempt(state, way, tmp_path).faults == ()


def test_what_was_changed_and_not_changed_back_is_found() -> None:
    assert modes_left(b"\x1b[?1049h\x1b[>1u\x1b[?25l\x1b[<u\x1b[?25h\x1b[?1049l") == []
    assert modes_left(b"\x1b[?1049h\x1b[?25l\x1b[?1049l") == ["cursor"]
    assert modes_left(b"\x1b[?1000;1006h") == ["mouse", "mouse as SGR"]
    # the keyboard's protocol is kept for each of the two screens
    assert modes_left(b"\x1b[?1049h\x1b[>1u\x1b[?1049l\x1b[<u") == ["keyboard protocol"]
