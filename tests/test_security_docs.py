"""docs/security.md names a test for each promise; that they exist is a test of all pages."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_promise_names_one() -> None:
    promises, _, _ = TEXT.partition("## What is not promised")
    for promise in re.split(r"\n- ", promises)[1:]:
        assert "`tests/" in promise, promise
