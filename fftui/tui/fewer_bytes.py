"""What a terminal is sent, without the bytes that change nothing: half of them are styles."""

import re

# A style that is switched off and on again: Textual writes each piece of text by itself.
OFF_AND_ON = re.compile(r"(\x1b\[([0-9;]+)m[^\x1b]*)\x1b\[0m\x1b\[\2m")
OFF_AND_ANOTHER = re.compile(r"\x1b\[0m\x1b\[(?=[0-9;]+m)")


def in_fewer_bytes(data: str) -> str:
    """`data` as a terminal shows it, in fewer bytes."""
    before = ""
    while before != data:  # pieces of one style in a row become one after the other
        before, data = data, OFF_AND_ON.sub(r"\1", data)
    return OFF_AND_ANOTHER.sub("\x1b[0;", data)
