import shlex

from .conftest import Call

SEARCH = ("sweep", "ff", "--data", "mnist-mini", "--over", "phases.0.epochs=1|2", "--screen")


def test_without_a_sweep_it_is_said_how_to_begin_one(call: Call) -> None:
    code, out, err = call("sweep", "list")
    assert (code, out) == (0, "")
    assert "begin one with: fftui sweep PRESET --over PATH=VALUES" in err
    assert call("sweep", "list", "--json")[1].strip() == "[]"


def test_a_screen_needs_a_terminal_and_one_process(call: Call) -> None:
    code, _, err = call(*SEARCH)
    assert code == 2
    assert err.rstrip().endswith("try: fftui " + shlex.join(SEARCH[:-1]))
    code, _, err = call(*SEARCH, "--on", "local:2")
    assert code == 2 and "leave --on out, or --screen" in err
