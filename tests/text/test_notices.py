import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import pytest

from fftui.errors import RequestError, RunFailedError
from fftui.text import notices
from fftui.text.notices import Notice, give, run_command, terminal_notice, with_notice

END = Notice("20261126-ff-7f3a", "finished", 0.9712)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    for name in ("TMUX", "FFTUI_NOTIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return put_stderr(monkeypatch, Terminal())


Stream = TypeVar("Stream", bound=io.StringIO)


def put_stderr(monkeypatch: pytest.MonkeyPatch, stderr: Stream) -> Stream:
    """Write to `stderr` what notices write; pytest puts its own in `sys` before each test."""
    monkeypatch.setattr(notices, "sys", SimpleNamespace(stderr=stderr))
    monkeypatch.setattr(notices, "to_stderr", lambda text: stderr.write(f"{text}\n"))
    return stderr


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A command that writes what it is given into a file, which is returned."""
    said, script = tmp_path / "said", tmp_path / "notify.py"
    script.write_text(
        "import os, sys\n"
        f"open({str(said)!r}, 'w').write(repr((sys.argv[1:], *(os.environ[name] for name in"
        " ('FFTUI_RUN', 'FFTUI_STATUS', 'FFTUI_ACCURACY')))))\n"
    )
    monkeypatch.setenv("FFTUI_NOTIFY", f"{sys.executable} {script} 'one word'")
    return said


def test_a_terminal_rings_and_says_which_run_ended(terminal: Terminal) -> None:
    give(END)
    assert terminal.getvalue() == "\a\x1b]9;fftui: 20261126-ff-7f3a finished, test 97.12 %\a"


def test_tmux_passes_the_notice_on(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMUX", "/tmp/tmux-1000/default,1,0")
    assert terminal_notice(Notice("r", "failed")) == (
        "\a\x1bPtmux;\x1b\x1b]9;fftui: r failed\a\x1b\\"
    )


def test_a_name_cannot_end_the_sequence(terminal: Terminal) -> None:
    shown = terminal_notice(Notice("a\x07b\x1b]0;c\x9cd", "finished"))
    assert shown == "\a\x1b]9;fftui: a�b�]0;c�d finished\a"


@pytest.mark.parametrize("name", ["linux", "dumb"])
def test_a_terminal_without_such_sequences_only_rings(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("TERM", name)
    assert terminal_notice(END) == "\a"


def test_a_log_gets_no_control_sequence(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = put_stderr(monkeypatch, io.StringIO())
    give(END)
    assert log.getvalue() == ""


def test_the_command_is_given_the_run_and_no_shell_reads_its_name(
    terminal: Terminal, command: Path
) -> None:
    name = "$(touch injected); `touch injected`"
    assert run_command(Notice(name, "failed")) is None
    assert command.read_text() == repr((["one word"], name, "failed", ""))
    assert run_command(END) is None
    assert command.read_text() == repr((["one word"], END.name, "finished", "0.9712"))
    assert not Path("injected").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (f"{sys.executable} -c 'raise SystemExit(3)'", "exit code 3"),
        ("no-such-program-here", "there is no program 'no-such-program-here'"),
        ("'", "No closing quotation"),
    ],
)
def test_a_command_that_fails_is_one_line(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, words: str, said: str
) -> None:
    monkeypatch.setenv("FFTUI_NOTIFY", words)
    give(END)
    line = terminal.getvalue().rpartition("\a")[2]
    assert said in line
    assert line.count("\n") == 1


def test_a_command_that_hangs_is_ended(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "COMMAND_S", 0.3)
    monkeypatch.setenv("FFTUI_NOTIFY", f"{sys.executable} -c 'import time; time.sleep(60)'")
    assert "ended after" in str(run_command(END))


def test_a_study_gives_notice_of_each_end(terminal: Terminal, command: Path) -> None:
    assert with_notice("paper-tables", lambda: 130) == 130
    assert "('paper-tables', 'interrupted', '')" in command.read_text().replace(
        "['one word'], ", ""
    )

    def fails() -> int:
        raise RunFailedError("2 of 3 trials failed")

    with pytest.raises(RunFailedError):
        with_notice("paper-tables", fails)
    assert "'failed'" in command.read_text()
    command.unlink()

    def refused() -> int:
        raise RequestError("nothing to run")

    with pytest.raises(RequestError):
        with_notice("paper-tables", refused)
    assert not command.exists()


@pytest.mark.parametrize("asked", [["run", "--preset", "quickstart"], ["study", "x"], ["attach"]])
def test_a_command_that_cannot_work_is_refused_before_the_run(
    tmp_path: Path, asked: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "fftui", *asked, "--notify", "no-such-program-here"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "FFTUI_RUNS": str(tmp_path)},
    )
    assert done.returncode == 2
    assert "there is no program 'no-such-program-here'" in done.stderr
    assert not list(tmp_path.iterdir())
