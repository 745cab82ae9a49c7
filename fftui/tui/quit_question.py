"""The question before quitting while a run learns or others wait."""

from typing import Literal

from fftui.tui.screens.confirm import ConfirmDialog

Doing = Literal["learning", "paused"]
STAYS: dict[Doing, str] = {
    "learning": "keep learning in this terminal, without the screen",
    "paused": "stay paused here; fftui continue or attach goes on with it",
}


def quit_question(waiting: int, doing: Doing, *, can_hand_over: bool) -> ConfirmDialog:
    """The question before quitting while a run learns or is paused and so many wait."""
    wait = f" and {waiting} wait{'s' if waiting == 1 else ''}" if waiting else ""
    left = "the others stay among the runs" if waiting else "R resumes it"
    hand_over = ("d", "go on in the background, from a checkpoint")
    return ConfirmDialog(
        f"A run is {doing}{wait}. Quit?",
        (
            ("k", STAYS[doing]),
            *([hand_over] if can_hand_over else []),
            ("s", f"stop, with a checkpoint; {left}"),
            ("escape", "stay"),
        ),
    )
