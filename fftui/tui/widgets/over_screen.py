"""What lies over a screen: one line in place of all of it where the terminal is too small, and a
sign of the run that learns meanwhile.
"""

from textual.geometry import Size
from textual.widgets import Static

LEAST = Size(60, 16)  # cells of the terminal


class TooSmall(Static):
    """Covers its screen, in one line, where the terminal is smaller than `LEAST`."""

    def __init__(self) -> None:
        super().__init__("", markup=False)

    def on_mount(self) -> None:
        """Cover the screen if it is opened in a terminal that is too small."""
        self.fit(self.app.size)

    def fit(self, size: Size) -> None:
        """Cover the screen, or no longer: the terminal has `size` now."""
        self.display = size.width < LEAST.width or size.height < LEAST.height
        if self.display:
            self.update(
                f"fftui needs {LEAST.width}x{LEAST.height} cells, has {size.width}x{size.height}"
            )


class LearningSign(Static):
    """The state of the run that this process carries out, on a screen of something else; a click
    shows the run.
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.text = ""

    def show(self, text: str) -> None:
        """Show `text`; nothing where it is empty."""
        if text != self.text:
            self.text = text
            self.update(text)
            self.display = bool(text)

    async def on_click(self) -> None:
        """Show the run."""
        await self.run_action("app.live")
