"""`GrowingTables`: the tables of a run that may still be learning, kept up with its journal."""

from collections.abc import Sequence

import polars as pl

from fftui import events as ev
from fftui.errors import RunNotFoundError
from fftui.runs.finished_tables import finished_table, stored_tables
from fftui.runs.folder import RunFolder
from fftui.runs.journal import JournalTail
from fftui.runs.status import is_live
from fftui.runs.table_names import TableName
from fftui.runs.tables import JournalFacts, table_of

BLOCK_BYTES = 1 << 22  # of a journal at once
BEGINNINGS = (ev.RunStarted, ev.Checkpointed)  # what the facts of a resumed run follow
EPOCHS = (
    *BEGINNINGS,
    ev.LayerStarted,
    ev.LayerFinished,
    ev.EpochFinished,
    ev.LayerMeans,
    ev.Evaluated,
)
SAMPLES = (*BEGINNINGS, ev.MachineDescribed, ev.TelemetrySampled)
TABLES_OF: dict[tuple[type[ev.Event], ...], tuple[TableName, ...]] = {
    EPOCHS: ("epochs", "evaluations"),
    SAMPLES: ("telemetry",),
}


class _Part:
    """The facts of some kinds of events, read as far as the journal goes."""

    def __init__(self, folder: RunFolder, kinds: tuple[type[ev.Event], ...]) -> None:
        self._tail = JournalTail(folder.journal, *kinds)
        self.facts = JournalFacts()

    def read(self) -> bool:
        """Read what is new; whether there was any. Raises OSError."""
        found = False
        while True:
            for at, event in self._tail.read(BLOCK_BYTES):
                self.facts.add(at, event)
                found = True
            if not self._tail.behind:
                return found


class GrowingTables:
    """The tables `epochs`, `evaluations` and `telemetry` of a run. Of one that has ended they are
    those beside its journal; else each reading goes on where the last one ended.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._parts: dict[tuple[type[ev.Event], ...], _Part] = {}
        self._tables: dict[TableName, pl.DataFrame] = {}
        self._complete: set[TableName] = set()

    def read(self, name: TableName) -> bool:
        """Read table `name`, or what is new of it; whether anything was. Raises OSError."""
        if name in self._complete:
            return False
        kinds, ended = _kinds_of(name), self._has_ended()
        if ended and kinds not in self._parts:
            self.take(name, finished_table(self.folder, name))
            return True
        part = self._parts.setdefault(kinds, _Part(self.folder, kinds))
        found = part.read()
        if found or name not in self._tables:
            for each in TABLES_OF[kinds]:
                self._tables[each] = table_of(each, part.facts, self.folder.id)
        if ended:
            self._complete.update(TABLES_OF[kinds])
        return found

    def table(self, name: TableName) -> pl.DataFrame:
        """Table `name` as it was last read; it is read where it was not. Raises OSError."""
        if name not in self._tables:
            self.read(name)
        return self._tables[name]

    def lies_in_folder(self, name: TableName) -> bool:
        """Whether table `name` is one of a run that has ended, and was not read yet."""
        read = name in self._complete or _kinds_of(name) in self._parts
        return not read and self._has_ended()

    def take(self, name: TableName, table: pl.DataFrame) -> None:
        """Have `table`, the whole one of a run that has ended."""
        self._tables[name] = table
        self._complete.add(name)

    def _has_ended(self) -> bool:
        """Whether the run's record says so; a record that cannot be read does not."""
        try:
            return not is_live(self.folder.record())
        except RunNotFoundError:
            return False


def _kinds_of(name: TableName) -> tuple[type[ev.Event], ...]:
    return SAMPLES if name == "telemetry" else EPOCHS


def read_stored(many: Sequence[GrowingTables], names: Sequence[TableName]) -> None:
    """Read tables of runs that have ended, as far as they lie in their folders, in one go; the
    others are read when they are asked for.
    """
    wanted = [(each, name) for each in many for name in names if each.lies_in_folder(name)]
    found = stored_tables([(each.folder, name) for each, name in wanted])
    for (each, name), table in zip(wanted, found, strict=True):
        if table is not None:
            each.take(name, table)
