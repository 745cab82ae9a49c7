"""Lists of presets as aligned columns, and as JSON values."""

from collections.abc import Sequence

from fftui.presets import Preset
from fftui.text.format import columns
from fftui.text.preset_toml import reported_text


def presets_text(presets: Sequence[Preset]) -> str:
    """All presets, a line each."""
    rows = [
        (
            p.name,
            p.data,
            "yours" if p.is_own else "fftui",
            reported_text(p, p.data),
            p.description,
        )
        for p in presets
    ]
    return columns(("preset", "data", "from", "published", "description"), rows)


def presets_facts(presets: Sequence[Preset]) -> list[dict[str, object]]:
    """All presets as JSON values; `reports` in percent, `is_own`: one's own."""
    names = ("name", "description", "data", "data_sets", "reports", "is_own")
    return [{name: getattr(preset, name) for name in names} for preset in presets]
