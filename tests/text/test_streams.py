import subprocess
import sys

import pytest

SCRIPT = """
import sys

import pytest
from fftui.errors import RunFailedError
from fftui.text.streams import to_stdout, prepare, to_stderr
prepare()
to_stderr("first"); to_stderr("second")
try:
    to_stdout("result → 97 %"); to_stdout("again")
except RunFailedError as error:
    to_stderr(str(error)); sys.exit(1)
"""


def outcome(redirect: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", f'exec "{sys.executable}" -c "$0" {redirect}', SCRIPT]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment or None
    )


def test_results_go_to_stdout_and_everything_else_to_stderr() -> None:
    done = outcome("")
    assert (done.stdout, done.stderr, done.returncode) == (
        "result → 97 %\nagain\n",
        "first\nsecond\n",
        0,
    )


def test_a_full_stderr_hurts_nothing() -> None:
    done = outcome("2>/dev/full")
    assert (done.stdout, done.returncode) == ("result → 97 %\nagain\n", 0)


def test_a_full_stdout_is_a_failure_in_one_line() -> None:
    done = outcome(">/dev/full")
    assert done.returncode == 1
    assert done.stderr.endswith("cannot write the result to stdout: No space left on device\n")
    assert "Traceback" not in done.stderr


def test_closed_streams_and_gone_readers_hurt_nothing() -> None:
    assert outcome(">&- 2>&-").returncode == 0
    assert outcome("| true").stderr == "first\nsecond\n"


def test_what_an_encoding_lacks_is_spelled() -> None:
    done = outcome("", PYTHONIOENCODING="ascii", PATH="/usr/bin:/bin")
    assert done.stdout.startswith("result -> 97 %")


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"LANG": "C"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "POSIX"}, True),
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, True),
        ({"TERM": "xterm", "LANG": "C", "FFTUI_ASCII": "0"}, False),
        ({"LANG": "C.UTF-8", "FFTUI_ASCII": "1"}, True),
    ],
)
def test_the_c_locale_and_the_linux_console_get_ascii(
    environment: dict[str, str], wanted: bool
) -> None:
    code = "import sys, fftui.text.streams as s; sys.exit(s.wants_ascii())"
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=False, timeout=60)
    assert bool(done.returncode) is wanted
