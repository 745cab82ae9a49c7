"""Archives as a stranger might make them: refused in one line, and nothing is left of them."""

import hashlib
import io
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import Call

RUN = "20260101-000000-good"
Files = dict[str, bytes]
NEEDED = ("run.json", "experiment.toml", "journal.jsonl")


def archive(
    files: Files, *, sums: str | None = None, compress: int = zipfile.ZIP_DEFLATED
) -> bytes:
    content = io.BytesIO()
    listed = [f"{hashlib.sha256(each).hexdigest()}  {name}" for name, each in files.items()]
    with zipfile.ZipFile(content, "w", compress) as made:
        for name, each in files.items():
            made.writestr(zipfile.ZipInfo(name), each, compress)
        made.writestr("SHA256SUMS", "\n".join(listed) + "\n" if sums is None else sums)
    return content.getvalue()


def with_file(name: str, content: bytes = b"x") -> Callable[[Files], bytes]:
    return lambda files: archive(files | {name: content})


def without(name: str) -> Callable[[Files], bytes]:
    return lambda files: archive({n: each for n, each in files.items() if n != f"{RUN}/{name}"})


def renamed(to: str) -> Callable[[Files], bytes]:
    return lambda files: archive({n.replace(RUN, to): each for n, each in files.items()})


def changed(name: str, content: bytes) -> Callable[[Files], bytes]:
    return lambda files: archive(files | {f"{RUN}/{name}": content})


def link(files: Files) -> bytes:
    content = io.BytesIO(archive(files))
    with zipfile.ZipFile(content, "a") as made:
        info = zipfile.ZipInfo(f"{RUN}/run.log")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(info, "/etc/passwd")
    return content.getvalue()


def twice(files: Files) -> bytes:
    content = io.BytesIO(archive(files))
    with zipfile.ZipFile(content, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
        made.writestr(f"{RUN}/run.json", "{}")
    return content.getvalue()


def bomb(files: Files) -> bytes:
    return archive(files | {f"{RUN}/epochs.parquet": bytes(300_000_000)})


def lying_size(files: Files) -> bytes:
    """The declared size of the record, in both heads, is that of another file."""
    whole = archive(files)
    size = len(files[f"{RUN}/run.json"]).to_bytes(4, "little")
    return whole.replace(size, (1 << 31).to_bytes(4, "little"))


def smaller_size(files: Files) -> bytes:
    size = len(files[f"{RUN}/journal.jsonl"]).to_bytes(4, "little")
    return archive(files, compress=zipfile.ZIP_STORED).replace(size, (7).to_bytes(4, "little"))


def many(files: Files) -> bytes:
    return archive({f"r{n}/{name}": files[f"{RUN}/{name}"] for n in range(1001) for name in NEEDED})


def long_list(files: Files) -> bytes:
    return archive(files | {f"{RUN}/{n:060000d}": b"" for n in range(80)})


def torn(files: Files) -> bytes:
    return archive(files)[:-300]


def flipped(files: Files) -> bytes:
    content = bytearray(archive(files, compress=zipfile.ZIP_STORED))
    content[200] ^= 0xFF
    return bytes(content)


ARCHIVES: dict[str, Callable[[Files], bytes]] = {
    "no archive": lambda files: b"x" * 1000,
    "nothing": lambda files: b"",
    "a list of nothing": lambda files: archive({}),
    "a file above the runs": with_file("../evil"),
    "a file above its run": with_file(f"{RUN}/../../evil"),
    "an absolute path": with_file("/tmp/evil"),
    "a drive": with_file("C:\\evil"),
    "a backslash": with_file(f"{RUN}\\..\\evil"),
    "a folder in a run": with_file(f"{RUN}/sub/run.json"),
    "requests to a process": with_file(f"{RUN}/control.jsonl"),
    "a file that no run has": with_file(f"{RUN}/evil.py"),
    "a hidden run": renamed(".trash"),
    "a run that is an option": renamed("-rf"),
    "a run with an escape": renamed("a\x1b[2J"),
    "a name with a null": lambda files: renamed("a@b")(files).replace(b"a@b/", b"a\0b/"),
    "no record": without("run.json"),
    "no journal": without("journal.jsonl"),
    "a record of garbage": changed("run.json", b"\xff\x00"),
    "an experiment of garbage": changed("experiment.toml", b"name = [["),
    "an experiment of 5 MB": changed("experiment.toml", b"#" * 5_000_000),
    "annotations of garbage": changed("annotations.json", b"{"),
    "other sums": lambda files: archive(files, sums=f"{'0' * 64}  {RUN}/run.json\n"),
    "sums of other files": lambda files: archive(files, sums=""),
    "a link": link,
    "a file twice": twice,
    "a bomb": bomb,
    "a declared size of 2 GB": lying_size,
    "a declared size of 7 bytes": smaller_size,
    "a thousand and one runs": many,
    "a list of 5 MB": long_list,
    "torn": torn,
    "a flipped bit": flipped,
}


@pytest.fixture
def files(good: Path) -> Files:
    return {f"{RUN}/{name}": (good / name).read_bytes() for name in NEEDED}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_hostile_archive_leaves_nothing(
    name: str, files: Files, call: Call, tmp_path: Path
) -> None:
    path, runs = tmp_path / "a.zip", tmp_path / "inside" / "runs"
    runs.mkdir(parents=True)
    path.write_bytes(ARCHIVES[name](files))
    code, out, err = call("import", str(path), "--runs", str(runs))
    assert (code, out) == (2, ""), err
    assert err.startswith("fftui: ")
    assert err.count("\n") == 1
    assert "\x1b" not in err
    assert list(runs.iterdir()) == []
    assert [each.name for each in runs.parent.iterdir()] == ["runs"]
    assert not Path("/tmp/evil").exists()


def test_a_good_archive_comes_in_once(good: Path, files: Files, call: Call, tmp_path: Path) -> None:
    """Of two runs one of which is there already, neither comes in."""
    path, runs = tmp_path / "a.zip", tmp_path / "runs"
    path.write_bytes(archive(files))
    assert call("import", str(path), "--runs", str(runs))[:2] == (0, f"{RUN}\n")
    assert (runs / RUN / "journal.jsonl").read_bytes() == (good / "journal.jsonl").read_bytes()
    both = files | {name.replace(RUN, "another"): each for name, each in files.items()}
    path.write_bytes(archive(both))
    code, _, err = call("import", str(path), "--runs", str(runs))
    assert (code, "is in" in err) == (2, True)
    assert [each.name for each in runs.iterdir()] == [RUN]


def test_what_is_exported_is_imported_to_the_same_bytes(
    good: Path, call: Call, tmp_path: Path
) -> None:
    out = tmp_path / "b.zip"
    assert call("export", str(good), "-o", str(out))[0] == 0
    code, imported, err = call("import", str(out), "--runs", str(tmp_path / "runs"))
    assert (code, imported) == (0, f"{good.name}\n"), err
    for path in (tmp_path / "runs" / good.name).iterdir():
        assert path.read_bytes() == (good / path.name).read_bytes(), path.name
    before = out.read_bytes()
    assert call("export", str(good), "-o", str(out))[0] == 0
    assert out.read_bytes() == before
    with zipfile.ZipFile(out) as found:
        assert f"{good.name}/checkpoint.safetensors" in found.namelist()
