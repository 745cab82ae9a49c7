"""What terminals answer is understood however it arrives, and no key is lost or made up."""

import pytest

from fftui.tui.graphics.abilities import QUERY, Abilities, AnswerReader

KITTY = "\x1bP>|kitty(0.35.2)\x1b\\\x1b[6;20;9t\x1b[?62;c"
GHOSTTY = "\x1bP>|ghostty 1.1.3\x1b\\\x1b[6;40;20t\x1b[?62;22;52c"
XTERM = "\x1bP>|XTerm(379)\x1b\\\x1b[6;17;8t\x1b[?1;0;256S\x1b[?2;0;800;600S\x1b[?63;1;2;4;9;15;22c"
PLAIN = "\x1b[?1;2c"
KEYS = "a\x1b[6~\x1b[1;5C\x1b[?2026;2$yq"


def read(text: str) -> tuple[AnswerReader, str]:
    reader = AnswerReader()
    return reader, reader.feed(text)


@pytest.mark.parametrize("answers", [KITTY, GHOSTTY, XTERM, PLAIN])
def test_answers_among_keys_are_taken_out_wherever_they_are_cut(answers: str) -> None:
    whole, _ = read(answers)
    text = KEYS + answers + KEYS
    for at in range(len(text)):
        reader = AnswerReader()
        got = reader.feed(text[:at]) + reader.feed(text[at:])
        assert (got + reader.release(), reader.abilities) == (KEYS * 2, whole.abilities), at
        assert reader.done


def test_each_sign_by_itself_is_understood_too() -> None:
    reader = AnswerReader()
    assert "".join(reader.feed(sign) for sign in KEYS + XTERM + KEYS) == KEYS * 2
    assert reader.abilities == read(XTERM)[0].abilities


def test_what_they_can() -> None:
    kitty, ghostty, xterm, plain = (
        read(each)[0].abilities for each in (KITTY, GHOSTTY, XTERM, PLAIN)
    )
    assert (kitty.protocol, kitty.cell) == ("kitty", (9, 20))
    assert (ghostty.protocol, ghostty.cell) == ("kitty", (20, 40))
    assert xterm == Abilities(
        "XTerm(379)", (63, 1, 2, 4, 9, 15, 22), (8, 17), colours=256, largest=(800, 600)
    )
    assert xterm.protocol == "sixel"
    assert plain.protocol is None
    assert plain.cell is None


@pytest.mark.parametrize(
    ("name", "knows"),
    [
        ("kitty(0.27.1)", False),
        ("kitty(0.28.0)", True),
        ("kitty(1.0.0)", True),
        ("ghostty 1.0.0", True),
        ("WezTerm 20240203-110809-5046fc22", False),
        ("Konsole 24.08.0", False),
        ("kitty", False),
        ("", False),
    ],
)
def test_only_who_knows_placeholders_is_sent_them(name: str, knows: bool) -> None:
    assert Abilities(name).places_by_cells == knows


def test_sixteen_registers_and_a_refusal() -> None:
    few, _ = read("\x1b[?1;0;16S\x1b[?2;3;0S\x1b[?63;4c")
    assert (few.abilities.colours, few.abilities.largest) == (16, (1000, 1000))


def test_escape_is_a_key_as_soon_as_nothing_follows() -> None:
    reader = AnswerReader()
    assert reader.feed("\x1b") == ""
    assert reader.release() == "\x1b"
    assert reader.release() == ""
    assert reader.feed("\x1b[?6") == ""
    assert reader.release() == ""  # half an answer is no key
    assert reader.feed("3;4c") == ""
    assert reader.done
    assert reader.feed("\x1b[?63;4c\x1b") == "\x1b[?63;4c\x1b"  # to somebody else's question


def test_the_question_is_short_and_ends_with_what_all_answer() -> None:
    assert len(QUERY) == 30
    assert QUERY.endswith("\x1b[c")
