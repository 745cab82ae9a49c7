"""The picture of the screen, as a file."""

from datetime import datetime
from pathlib import Path
from typing import Any

from textual.app import App


def save_screenshot(app: App[Any], folder: Path, filename: str | None = None) -> None:
    """Write the screen as SVG into `folder`, and say where it is, or why it cannot be written."""
    now = datetime.now().astimezone()
    path = folder.absolute() / (filename or f"fftui-{now:%Y%m%d-%H%M%S}.svg")
    try:
        path.write_text(app.export_screenshot(), encoding="utf-8")
    except OSError as error:
        text = f"the screenshot cannot be written to {path}: {error.strerror}"
        app.notify(text, severity="error", timeout=10)
    else:
        app.notify(f"the screenshot is in {path}")
