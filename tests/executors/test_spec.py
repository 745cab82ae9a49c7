from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fftui.cli.options import executor_of
from fftui.errors import RequestError
from fftui.executors.local import LocalExecutor
from fftui.executors.share import Share
from fftui.executors.spec import ExecutorSpec, parse_executor
from fftui.runs.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("local", ExecutorSpec("local", 1)),
        ("local:3", ExecutorSpec("local", 3)),
        ("slurm:8,cores=4,gpus=1", ExecutorSpec("slurm", 8, share=Share(4, 1.0))),
        (
            "slurm, partition=short, minutes=60",
            ExecutorSpec("slurm", 16, share=Share(minutes=60, partition="short")),
        ),
        ("ray", ExecutorSpec("ray", 16)),
        (
            "ray://head:10001,runs=2,gpus=0.25",
            ExecutorSpec("ray", 2, "ray://head:10001", Share(gpus=0.25)),
        ),
    ],
)
def test_a_place_is_read_as_it_is_written(text: str, spec: ExecutorSpec) -> None:
    assert parse_executor(text) == spec


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("lokal", "did you mean 'local'"),
        ("local:0", "is not a whole number from 1"),
        ("local:2,cores=4", "no setting is called 'cores'"),
        ("slurm,cores=all", "'all' is not a whole number"),
        ("slurm,gpus=1.5", "a part of one, or a whole number"),
        ("slurm,partition=", "partition is empty"),
    ],
)
def test_what_is_wrong_is_said(text: str, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        parse_executor(text)


@given(st.text(max_size=40), st.sampled_from(["", "local:", "slurm,", "ray://,gpus="]))
def test_any_text_is_read_or_refused_in_one_line(text: str, before: str) -> None:
    try:
        assert parse_executor(before + text).at_once >= 1
    except RequestError as error:
        assert str(error).startswith("--on ")
        assert "\n" not in str(error)


def test_a_place_that_is_not_here_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    workspace = Workspace(tmp_path)
    with pytest.raises(RequestError, match="no sbatch on this machine"):
        executor_of("slurm", 1, workspace)
    for kind, package in (("slurm", "slurm"), ("ray", "ray")):
        module = "slurm" if kind == "slurm" else "ray_cluster"
        monkeypatch.setattr(f"fftui.executors.{module}.find_spec", lambda name: None)
        with pytest.raises(RequestError, match=rf"fftui\[{package}\]"):
            executor_of(kind, 1, workspace)
    with pytest.raises(RequestError, match="give one of them"):
        executor_of("local:2", 2, workspace)
    one = executor_of("local:2", 1, workspace)
    assert isinstance(one, LocalExecutor) and one.slots == 2
