"""The columns of a list of runs, fields or settings, and the order by one of them."""

from collections.abc import Iterable, Sequence

from fftui.errors import FilterError
from fftui.runs.filter import find_setting, known_paths
from fftui.runs.listing import ListedRun, RunListing
from fftui.runs.run_fields import FIELD_OF, RunField


def find_columns(
    names: Iterable[str], runs: Sequence[ListedRun], listing: RunListing
) -> list[RunField]:
    """The fields and settings of those names. Raises FilterError where one is neither."""
    wanted = list(names)
    paths = () if all(name in FIELD_OF for name in wanted) else known_paths(runs, listing)
    return [FIELD_OF.get(name) or _setting(name, paths, listing) for name in wanted]


def _setting(name: str, paths: Sequence[tuple[str, str]], listing: RunListing) -> RunField:
    found = find_setting(name, paths)
    meaning = f"the setting {found.name}"
    return RunField(name, "setting", meaning, lambda run: listing.settings(run).values(found))


def in_order(
    runs: Iterable[ListedRun], column: RunField, *, reverse: bool = False
) -> list[ListedRun]:
    """`runs` by a column, in its own direction or the other one; those without a value come last,
    those with the same one stay as they were.
    """
    valued = [(run, _key(column.value(run))) for run in runs]
    known = [each for each in valued if each[1] is not None]
    known.sort(key=lambda each: each[1] or (), reverse=column.largest_first != reverse)
    return [*(run for run, _ in known), *(run for run, key in valued if key is None)]


def _key(value: object) -> tuple[tuple[int, float, str], ...] | None:
    """What sorts numbers by size and words by their letters, numbers first; None for nothing."""
    if isinstance(value, tuple):
        return tuple(map(_one_key, value)) or None
    return None if value is None else (_one_key(value),)


def _one_key(value: object) -> tuple[int, float, str]:
    return (0, value, "") if isinstance(value, int | float) else (1, 0.0, str(value).casefold())


def split_names(text: str) -> list[str]:
    """The names in a text with commas between them. Raises FilterError where there is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        msg = f"no column is named in {text!r}: write names such as name,data,accuracy"
        raise FilterError(msg)
    return names
