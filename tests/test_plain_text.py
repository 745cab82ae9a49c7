"""Text files that people write: their encodings, their size, and TOML without measure."""

import codecs
import os
from pathlib import Path

import pytest

from fftui.plain_text import DEEPEST, LARGEST, NotToml, immoderate, parse_toml, read_text


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "bom.toml"
    file.write_bytes(codecs.BOM_UTF8 + "a = 'é'".encode())
    assert read_text(file) == "a = 'é'"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32"])
def test_another_encoding_is_named_with_the_remedy(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "windows.toml"
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    file.write_bytes(mark + "a = 1".encode(encoding))
    with pytest.raises(ValueError, match=rf"it is in {encoding[:6].upper()}: save it .* as UTF-8"):
        read_text(file)


def test_bytes_that_are_no_text_are_found_by_their_line(tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(ValueError, match="line 2 is not in UTF-8"):
        read_text(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_what_may_have_no_end_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "endless").symlink_to("/dev/zero")
    for name in ("pipe", "endless"):
        with pytest.raises(ValueError, match="it is a device or a pipe: only files are read"):
            read_text(tmp_path / name)


def test_no_more_is_read_than_a_person_writes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b" " * (LARGEST + 1))
    with pytest.raises(ValueError, match="it has more than 1,000,000 bytes"):
        read_text(tmp_path / "file")
    with pytest.raises(IsADirectoryError):
        read_text(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 5_000 + "]" * 5_000, "deep inside each other"),
        ("a = " + "[" * 40 + "]" * 40, "deep inside each other"),
        ("a." * 20_000 + "a = 1", "deep inside each other"),
        ('"a" . ' * 20_000 + "a = 1", "deep inside each other"),
        ("b = {" + "a." * 20_000 + "a = 1}", "deep inside each other"),
        ("a = " + "1" * 5_000, "holds an integer beyond"),
        ("[b]\na = 0x" + "f" * 5_000, r"b.a: no integer .* about 6,021 digits"),
        ("b = [1, 9223372036854775808]", r"b.1: no integer can be larger"),
    ],
)
def test_what_has_no_measure_is_refused_at_once(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):  # the long keys took minutes to parse
        parse_toml(text)


def test_a_text_that_is_no_toml() -> None:
    with pytest.raises(NotToml, match="not valid TOML"):
        parse_toml("a = ")


def test_what_experiments_have_is_taken() -> None:
    values = parse_toml("a.b.c = [1.5, 'x.y.z', {d = true}]\ndescription = 'e.g. a. b. c.'")
    assert immoderate(values) is None
    assert immoderate({"a": ("\udcff",)}) == "a.0: '\\udcff' is not in UTF-8"
    deep: dict[str, object] = {}
    for _ in range(DEEPEST + 1):
        deep = {"a": deep}
    assert "deep inside each other" in (immoderate(deep) or "")
