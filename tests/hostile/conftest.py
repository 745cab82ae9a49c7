"""A good run, made once, the corpus of hostile folders made from it, and the command line."""

import atexit
import io
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from fftui.cli.main import main

from .folders import Corpus, good_run

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return good_run(tmp_path_factory.mktemp("good") / "runs")


@pytest.fixture
def corpus(good: Path, tmp_path: Path) -> Corpus:
    return Corpus(good, tmp_path / "stranger")


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Runs a command line as its entry point does: exit code, stdout, stderr. Whatever is not
    answered in one line is raised.
    """
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    for name in ("FFTUI_RUNS", "FFTUI_NOTIFY"):
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)

    def run(*words: str) -> tuple[int, str, str]:
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2)]
        with (
            patch.object(sys, "argv", ["fftui", *words]),
            patch.object(sys, "stdout", streams[0]),
            patch.object(sys, "stderr", streams[1]),
            patch.object(atexit, "register"),
        ):
            try:
                main()
                code = 0
            except SystemExit as end:
                code = end.code if isinstance(end.code, int) else int(bool(end.code))
            for stream in streams:
                stream.flush()
        out, err = (s.buffer.getvalue().decode(errors="surrogateescape") for s in streams)  # type: ignore[attr-defined]
        return code, out, err

    yield run
    os.environ.clear()
    os.environ.update(before)
