"""Real commands under faults: each is a process of its own, forked from a server that has loaded
torch and Polars, and in which `faults.c` stands before the C library.
"""

import ctypes
import functools
import importlib
import json
import os
import shutil
import subprocess
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
PRELOADED = (
    "fftui.learning.training",
    "fftui.telemetry.sampler",
    "fftui.runs.checkpoint",
    "fftui.runs.run_process",
    "fftui.runs.starting",
    "fftui.cli.main",
    "fftui.cli.run_commands",
    "fftui.runs.tables",
    "fftui.learning.negatives",
    "polars._utils.parquet",
    "fftui.text.headless",
)
MODES = ("off", "count", "kill", "no space", "broken", "read-only", "copy")
Mode = Literal["off", "count", "kill", "no space", "broken", "read-only", "copy"]


@dataclass(frozen=True)
class Fault:
    """What happens to files under `folder`: a kill before the `at`-th call that changes one, no
    room after so many bytes, or errors from that call on; until the file `mended` exists. Or a copy
    of `folder` in the folder `copies` before each call, named by its number.
    """

    folder: Path
    mode: Mode = "count"
    at: int = 0
    mended: Path | None = None
    copies: Path | None = None


@dataclass(frozen=True)
class Done:
    """How a command ended: its exit code, negative after a signal; what it wrote; the calls that
    changed files, where they were counted to the end.
    """

    code: int
    out: str
    err: str
    calls: int


def can_build() -> bool:
    """Whether there is a C compiler, and a system that loads a library before others."""
    return sys.platform == "linux" and shutil.which("cc") is not None


class Commands:
    """Runs commands in `folder`, one at a time. To be used in a `with` statement."""

    def __init__(self, folder: Path) -> None:
        from ..plugin_site import install_page  # noqa: PLC0415 - the server has no package

        self.folder = folder
        self._number = 0
        library = folder / "faults.so"
        source = str(HERE / "faults.c")
        compiler = ["cc", "-shared", "-fPIC", "-O1", "-w", "-o", str(library), source, "-ldl"]
        subprocess.run(compiler, check=True)
        self._site = folder / "site"
        self._site.mkdir()
        install_page(self._site)
        environment = os.environ | {
            "FFTUI_DATA": str(self._site / "data"),
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join((str(self._site), str(HERE.parents[1]))),
        }
        environment.pop("FFTUI_RUNS", None)
        self._environment = environment
        self._server = subprocess.Popen(
            [sys.executable, str(HERE / "processes.py"), str(library)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment | {"LD_PRELOAD": str(library)},
            cwd=folder,
            text=True,
        )

    def __enter__(self) -> "Commands":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()

    def add_rings(self) -> None:
        """Add the data set of the page on additions, whose package is installed."""
        command = [sys.executable, str(self._site / "make_rings.py")]
        subprocess.run(command, cwd=self._site, env=self._environment, check=True)

    def start(self, words: Sequence[str], fault: Fault | None = None) -> int:
        """Start `fftui` with `words`; returns its process id. `finish` is to be called next."""
        self._number += 1
        fault = fault or Fault(self.folder, "off")
        asked = {
            "words": list(words),
            "output": str(self._output),
            "fault": [
                str(fault.folder),
                MODES.index(fault.mode),
                fault.at,
                str(fault.mended or fault.copies or ""),
            ],
        }
        return int(self._ask(asked)["pid"])

    def finish(self) -> Done:
        """Wait for the command that was started."""
        code = int(self._ask({})["code"])
        out, err, calls = (self._output.with_suffix(f".{name}") for name in ("out", "err", "calls"))
        # one that was killed at once has none of them
        wrote = [path.read_text() if path.exists() else "" for path in (out, err, calls)]
        done = Done(code, wrote[0], wrote[1], int(wrote[2] or 0))
        for path in (out, err, calls):
            path.unlink(missing_ok=True)
        return done

    def run(self, words: Sequence[str], fault: Fault | None = None) -> Done:
        """Run `fftui` with `words` to its end."""
        self.start(words, fault)
        return self.finish()

    @property
    def _output(self) -> Path:
        return self.folder / f"command-{self._number}"

    def _ask(self, question: dict[str, Any]) -> dict[str, int]:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(json.dumps(question) + "\n")
        self._server.stdin.flush()
        answer: dict[str, int] = json.loads(self._server.stdout.readline())
        return answer


def serve(library: str) -> None:
    """Load torch and Polars, then fork a process for each command that is asked for on stdin."""
    # Loading Polars took more than half of a small run. Its threads (of jemalloc, and one that
    # sweeps what did not fit in memory) are missing in a fork, which does without them.
    for module in PRELOADED:
        importlib.import_module(module)
    _prepare_forks()
    faults = ctypes.CDLL(library)
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _execute(asked, faults)
        _say({"pid": pid})
        sys.stdin.readline()
        _, status = os.waitpid(pid, 0)
        _say({"code": os.waitstatus_to_exitcode(status)})


def _prepare_forks() -> None:
    """Do once what every command does the same way, and which changes no file: the half of a small
    run's time.
    """
    import typer.main  # noqa: PLC0415

    from fftui.cli.main import app  # noqa: PLC0415
    from fftui.events import EVENTS, event_json  # noqa: PLC0415
    from fftui.learning.registry import resolve  # noqa: PLC0415
    from fftui.learning.rules import RULES  # noqa: PLC0415
    from fftui.runs import provenance  # noqa: PLC0415

    typer.main.get_command = functools.cache(typer.main.get_command)
    typer.main.get_command(app)
    provenance.version = functools.cache(provenance.version)
    provenance.versions()
    provenance.machine()
    for kind in EVENTS:
        event_json._validator(kind)
    for rule in RULES.values():
        resolve(rule)


def _say(answer: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def code_of_fftui() -> int:
    """The exit code of `fftui` with the words of `sys.argv`; a traceback goes to stderr."""
    try:
        from fftui.cli.main import main  # noqa: PLC0415

        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - the last resort of a process
        traceback.print_exc()
        return 1
    return 0


def _execute(asked: dict[str, Any], faults: ctypes.CDLL) -> None:
    """Be the command, and end with its exit code."""
    output = Path(asked["output"])
    for number, path in ((0, os.devnull), (1, f"{output}.out"), (2, f"{output}.err")):
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.dup2(fd, number)
        os.close(fd)
    sys.stdin = sys.__stdin__ = open(0, closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", closefd=False, buffering=1)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", closefd=False, buffering=1)  # noqa: SIM115
    sys.argv = ["fftui", *asked["words"]]
    folder, mode, at, mended = asked["fault"]
    faults.faults_arm(folder.encode(), mode, ctypes.c_long(at), mended.encode())
    code = code_of_fftui()
    Path(f"{output}.calls").write_text(str(faults.faults_calls()))
    os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1])
