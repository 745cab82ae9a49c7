"""One process at a time owns a run, also where machines share no locks."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from fftui.runs import ownership
from fftui.runs.ownership import HeldError, in_turn, release_of_other_machines, take


def silent() -> float:
    return 0.0


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def owned_by(folder: Path, number: int, host: str, pid: int, started: float | None = None) -> None:
    facts = {"host": host, "pid": pid, "process_started": started}
    (folder / f".owner-{number}").write_text(json.dumps(facts))


def test_what_is_owned_cannot_be_taken_until_it_is_released(tmp_path: Path) -> None:
    owned = take(tmp_path, "owner", silent, 600)
    assert files(tmp_path) == [".owner-1"]
    with pytest.raises(HeldError, match=f"in use by process {os.getpid()}"):
        take(tmp_path, "owner", silent, 600)
    take(tmp_path, "other", silent, 600).release()
    owned.release()
    take(tmp_path, "owner", silent, 600).release()
    assert files(tmp_path) == []


def test_an_owner_that_is_gone_is_replaced_by_the_next_number(tmp_path: Path) -> None:
    child = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                           capture_output=True, check=True)  # fmt: skip
    owned_by(tmp_path, 4, ownership.provenance.host(), int(child.stdout))
    owned_by(tmp_path, 3, "elsewhere", 1)
    take(tmp_path, "owner", lambda: 601.0, 600)
    assert files(tmp_path) == [".owner-5"]


def test_who_looked_before_an_owner_let_go_takes_nothing_from_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, ensure_gone, following = take(tmp_path, "owner", silent, 600), ownership._ensure_gone, []

    def look_while_it_changes_hands(*arguments) -> bool:
        monkeypatch.setattr(ownership, "_ensure_gone", ensure_gone)
        first.release()
        found = ensure_gone(*arguments)
        following.append(take(tmp_path, "owner", silent, 600))
        return found

    monkeypatch.setattr(ownership, "_ensure_gone", look_while_it_changes_hands)
    with pytest.raises(HeldError, match=f"in use by process {os.getpid()}"):
        take(tmp_path, "owner", silent, 600)
    assert files(tmp_path) == [following[0].name]


def test_an_identifier_that_another_process_has_now_is_no_owner(tmp_path: Path) -> None:
    owned_by(tmp_path, 1, ownership.provenance.host(), os.getpid(), 1.0)
    take(tmp_path, "owner", silent, 600)
    assert files(tmp_path) == [".owner-2"]


def test_of_another_machine_its_silence_tells(tmp_path: Path) -> None:
    owned_by(tmp_path, 1, "elsewhere", 12)
    with pytest.raises(HeldError, match="process 12 on elsewhere"):
        take(tmp_path, "owner", lambda: 599.0, 600)
    take(tmp_path, "owner", lambda: 601.0, 600).release()
    owned_by(tmp_path, 1, "elsewhere", 12)
    release_of_other_machines(tmp_path, "owner")
    take(tmp_path, "owner", silent, 600)


@pytest.mark.parametrize("content", ["", "null", "[]", '{"host": 1}', "[" * 9999])
def test_a_damaged_file_holds_for_a_moment_only(tmp_path: Path, content: str) -> None:
    (tmp_path / ".owner-1").write_text(content)
    with pytest.raises(HeldError):
        take(tmp_path, "owner", silent, 600)
    os.utime(tmp_path / ".owner-1", (1, 1))
    take(tmp_path, "owner", silent, 600)
    assert files(tmp_path) == [".owner-2"]


def test_without_hard_links_it_works_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    take(tmp_path, "owner", silent, 600)
    assert files(tmp_path) == [".owner-1"]
    with pytest.raises(HeldError):
        take(tmp_path, "owner", silent, 600)


def test_of_many_that_find_a_dead_owner_one_takes_over(tmp_path: Path) -> None:
    for _ in range(20):
        owned_by(tmp_path, 1, "elsewhere", 12)
        ready, taken, refused = threading.Barrier(8), [], []

        def try_once(ready=ready, taken=taken, refused=refused) -> None:  # type: ignore[no-untyped-def]
            ready.wait()
            try:
                taken.append(take(tmp_path, "owner", lambda: 601.0, 600))
            except HeldError as error:
                refused.append(error)

        threads = [threading.Thread(target=try_once) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(taken), len(refused)) == (1, 7)
        taken[0].release()
        assert files(tmp_path) == []


def test_short_work_is_done_in_turn(tmp_path: Path) -> None:
    path, count = tmp_path / "count", 0
    path.write_text("0")

    def add() -> None:
        for _ in range(10):
            with in_turn(tmp_path, "counting", 60):
                path.write_text(str(int(path.read_text()) + 1))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
        count += 10
    assert path.read_text() == str(count)
    with in_turn(tmp_path, "counting", 60):
        refused = pytest.raises(HeldError)
        with refused, in_turn(tmp_path, "counting", 0):
            pass
