"""The files of a hostile folder: what is read, what is written, and how much of it."""

import ast
import json
import os
import resource
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import polars as pl
import pytest

from fftui import plugins
from fftui.errors import FFTUIError, RequestError
from fftui.runs.annotations import annotate
from fftui.runs.checkpoint import load_checkpoint
from fftui.runs.files import open_own, read_bytes, read_own, write_bytes
from fftui.runs.finished_tables import finished_table
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail, read_journal, unread_lines
from fftui.runs.journal_writer import JournalWriter
from fftui.runs.trash import delete, deleted_runs
from fftui.runs.weights import trained_network

from .folders import FOLDERS, GARBAGE, Corpus

ROOT = Path(__file__).parents[2]
SMALL = 64 << 20  # bytes
OF_CHECKPOINTS = [
    name
    for name in FOLDERS
    if any(part in name for part in ("check", "tensor", "header", "offsets", "pickle", "integers"))
]


@pytest.mark.parametrize("target", ["link", "pipe", "device", "folder"])
def test_only_regular_files_are_read_and_written(tmp_path: Path, target: str) -> None:
    path, elsewhere = tmp_path / "run" / "journal.jsonl", tmp_path / "elsewhere"
    path.parent.mkdir()
    elsewhere.write_text("secret\n")
    made = {
        "link": lambda: path.symlink_to(elsewhere),
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "folder": path.mkdir,
    }
    made[target]()
    for read in (read_own, lambda path: read_bytes(str(path)), JournalTail(path).read):
        with pytest.raises(OSError, match=r".") as refused:
            read(path) if read.__class__.__name__ == "function" else read()  # type: ignore[operator,call-arg]
        assert refused.value.strerror
    with pytest.raises(OSError, match=r"."):
        os.close(open_own(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND))
    with pytest.raises(OSError, match=r"."):
        JournalWriter(path)
    assert elsewhere.read_text() == "secret\n"


def test_a_file_beside_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("secret")
    (tmp_path / f".run.json.{os.getpid()}.new").symlink_to(elsewhere)
    write_bytes(tmp_path / "run.json", b"new")
    assert elsewhere.read_text() == "secret"
    assert (tmp_path / "run.json").read_bytes() == b"new"


def test_a_line_of_any_length_takes_little_memory(tmp_path: Path) -> None:
    path, noted = tmp_path / "journal.jsonl", '{"at":1,"event":"noted","message":"x"}\n'
    with path.open("w") as file:
        file.write(noted + "x" * 100_000_000 + "\n" + noted)
    tracemalloc.start()
    assert len(list(read_journal(path))) == 2
    assert len(JournalTail(path).read()) == 2
    assert len(list(JournalTail(path).outline())) == 2
    assert unread_lines(path) == (2,)
    assert tracemalloc.get_traced_memory()[1] < SMALL
    tracemalloc.stop()


def test_behind_a_hole_nothing_is_read(tmp_path: Path) -> None:
    path, noted = tmp_path / "journal.jsonl", b'{"at":1,"event":"noted","message":"x"}\n'
    path.write_bytes(noted)
    os.truncate(path, 1 << 40)
    assert len(list(read_journal(path))) == 1
    assert unread_lines(path) == (2,)
    tail = JournalTail(path)
    assert len(tail.read()) == 1
    assert tail.read() == []


def test_a_stored_table_has_no_more_rows_than_its_journal_tells_of(corpus: Corpus) -> None:
    folder = corpus.add("tables of millions of rows")
    assert pl.scan_parquet(folder.table("epochs")).select(pl.len()).collect().item() == 2_000_000
    assert finished_table(folder, "epochs").height == 4


def test_the_trash_is_no_link(corpus: Corpus) -> None:
    folder = corpus.add("texts")
    (corpus.outside / "deletion" / "victim").mkdir(parents=True)
    (corpus.runs / ".trash").symlink_to(corpus.outside)
    for change in (lambda: delete([folder]), lambda: deleted_runs(corpus.runs)):
        with pytest.raises(RequestError, match="is a link"):
            change()
    assert (corpus.outside / "deletion" / "victim").is_dir()
    assert folder.path.is_dir()


def test_a_run_that_is_a_link_is_not_changed(corpus: Corpus) -> None:
    folder = corpus.add("the folder is a link")
    for change in (
        lambda: delete([folder]),
        lambda: annotate(folder.path, note="x"),
        lambda: JournalWriter(folder.journal),
    ):
        with pytest.raises(RequestError, match="is a link"):
            change()
    assert corpus.state_outside() == corpus.before


@pytest.mark.parametrize("name", OF_CHECKPOINTS)
def test_a_checkpoint_of_another_network_is_refused(name: str, corpus: Corpus) -> None:
    """Within four gigabytes of address space more than the process has."""
    folder = corpus.add(name)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + (4 << 30), before[1]))
    try:
        with pytest.raises(FFTUIError) as refused:
            trained_network(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert "\n" not in str(refused.value)
    assert not list(Path.cwd().glob("PWNED"))


def test_the_good_checkpoint_is_read(good: Path) -> None:
    assert load_checkpoint(RunFolder(good)) is not None
    assert trained_network(RunFolder(good)) is not None


# the error of a damaged published set, which torchvision's loader raises
ERRORS_ALONE = ("data/sets.py", "pickle")
LOADERS = {"pickle", "marshal", "shelve", "yaml", "dill", "joblib", "cPickle"}
# torchvision's published sets, after their hashes agree (`fftui.data.verify`)
CALLS = {("torch", "load"), ("np", "load")}


def house() -> Iterator[tuple[str, ast.AST]]:
    for path in sorted((ROOT / "fftui").rglob("*.py")):
        where = path.relative_to(ROOT / "fftui").as_posix()
        yield from ((where, node) for node in ast.walk(ast.parse(path.read_text("utf-8"))))


def test_nothing_in_the_house_loads_code_from_data() -> None:
    found = []
    for where, node in house():
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [each.name.split(".")[0] for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(node.module or "").split(".")[0]]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names = [f"{node.func.id}()"]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            pickled = [w for w in node.keywords if w.arg == "allow_pickle"]
            safe = [w for w in pickled if ast.unparse(w.value) == "False"]
            if (owner, node.func.attr) in CALLS and not safe:
                names = [f"{owner}.{node.func.attr}"]
        found += [
            (where, name)
            for name in names
            if name in LOADERS or name in ("eval()", "exec()", "torch.load", "np.load")
        ]
    found.remove(ERRORS_ALONE)
    assert found == []


def test_a_file_where_one_stands_is_not_run(tmp_path: Path) -> None:
    """Of the processes that a command starts: `-m` and `-c` put the current folder first."""
    for module in ("json", "selectors", "torch", "fftui"):
        (tmp_path / f"{module}.py").write_text("open('PWNED', 'w')\n")
    code = (
        "import sys; sys.argv = ['fftui', '--version']; sys.path[:] = [p for p in sys.path if p]\n"
        "import atexit, subprocess\n"
        "from fftui.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "subprocess.run([sys.executable, '-m', 'fftui.text.detached', '--help'], check=True)\n"
        "from fftui.runs import run_process\nrun_process._start_helpers()\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONSAFEPATH"}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "PWNED").exists()


def test_a_plugin_is_found_by_its_distribution_alone(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Metadata in a run's folder is of no distribution that is installed."""
    folder = corpus.add("texts")
    info = folder.path / "evil-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[{plugins.GROUP}]\nevil = evil\n")
    (folder.path / "evil.py").write_text("open('PWNED', 'w')\n")
    monkeypatch.chdir(folder.path)
    assert "evil" not in {entry.name for entry in entry_points(group=plugins.GROUP)}
    assert json.loads(folder.run_json.read_text())["id"]
    assert GARBAGE
