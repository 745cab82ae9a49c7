"""What runs of a page have in common, and where they differ: outcomes, curves, settings, energy,
machines, and what would reproduce them.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from fftui.comparison.compare import CompareRequest, comparison_of
from fftui.comparison.comparison_export import NOTES, rendered
from fftui.comparison.shown_comparison import NOTHING_DIFFERS, TextTable
from fftui.report.inline_svg import inline_svg
from fftui.report.page import CodeBlock, Figure, Section
from fftui.report.run_sections import ReportedRun
from fftui.runs.files import LARGEST, check_own
from fftui.runs.folder import RunFolder
from fftui.runs.run_record import RunRecord
from fftui.text import format as fmt

COLUMNS_ON_PAPER = 8
MACHINE = ("host", "system", "processor", "cores", "memory_bytes", "thread_waiting")


def comparison_sections(folders: Sequence[RunFolder], request: CompareRequest) -> Iterator[Section]:
    """Outcomes, the lines of a metric, and the settings that differ. Raises RequestError as
    `comparison_of`.
    """
    shown = comparison_of(folders, request)
    outcomes, differing = shown.outcome_table(), shown.settings_table()
    yield Section("outcomes", "Outcomes", (NOTES,), tables=(replace(outcomes, title=""),))
    title = f"{shown.heading} by {shown.x}"
    svg = inline_svg(rendered(shown, "svg"), "comparison", title)
    yield Section("curves", "Curves", figures=(Figure("", svg),))
    yield Section(
        "differences",
        "Settings that differ",
        () if differing.rows else (f"{NOTHING_DIFFERS.capitalize()}.",),
        tables=tuple(_for_paper(replace(differing, title=""))) if differing.rows else (),
    )


def _for_paper(table: TextTable) -> Iterator[TextTable]:
    """The table as parts that fit beside its first column on paper; turned where it then fits."""
    head, rows = table.head, table.rows
    if len(rows) < COLUMNS_ON_PAPER < len(head):
        head, *rows_turned = zip(head, *rows, strict=True)
        rows = tuple(rows_turned)
    for begin in range(1, len(head), COLUMNS_ON_PAPER - 1):
        part = slice(begin, begin + COLUMNS_ON_PAPER - 1)
        cells = tuple((row[0], *row[part]) for row in rows)
        yield replace(table, head=(head[0], *head[part]), rows=cells)


def energy_section(runs: Sequence[ReportedRun]) -> Section:
    """Time, energy and memory of each run, as its record has them."""
    head = (
        *("", "learned", "end to end", "images", "evaluation", "energy", "a training image"),
        *("measured by", "idle power", "peak memory", "above start"),
    )
    rows = tuple((run.letter, *_energy_cells(run.folder.record())) for run in runs)
    text = (
        "Energy is that drawn while learning, by the meter named beside it; a dash: not measured."
    )
    return Section("energy", "Time, energy, memory", (text,), tables=(TextTable("", head, rows),))


def _energy_cells(record: RunRecord) -> tuple[str, ...]:
    by = ", ".join(filter(None, (record.energy_source, record.energy_method)))
    return (
        fmt.duration(record.train_s),
        fmt.duration(record.e2e_s),
        fmt.duration(record.data_s),
        fmt.duration(record.evaluation_s),
        fmt.energy(record.energy_j),
        fmt.energy(record.energy_j_per_sample),
        by or fmt.MISSING,
        fmt.MISSING if record.idle_power_w is None else f"{record.idle_power_w:.1f} W",
        fmt.size(record.peak_memory_bytes),
        fmt.size(record.memory_above_bytes),
    )


def machine_section(runs: Sequence[ReportedRun]) -> Section:
    """The machines and the software that the runs ran on, each once with its runs."""
    machines = _grouped((run.letter, _machine_text(run.folder.record())) for run in runs)
    software = _grouped((run.letter, _software_text(run.folder.record())) for run in runs)
    columns = 2 if any(run.letter for run in runs) else 1
    return Section(
        "machine",
        "Machine and software",
        tables=(
            TextTable("", ("machine", "runs")[:columns], machines),
            TextTable("", ("software", "runs")[:columns], software),
        ),
    )


def _machine_text(record: RunRecord) -> str:
    parts = [f"device {record.device or 'unknown'}", f"precision {record.precision or 'unknown'}"]
    for name in MACHINE:
        value = record.machine.get(name)
        if value is not None:
            named = name.removesuffix("_bytes").replace("_", " ")
            text = fmt.size(value) if name == "memory_bytes" and isinstance(value, int) else value
            parts.append(f"{named} {text}")
    return ", ".join(parts)


def _software_text(record: RunRecord) -> str:
    parts = [f"{name} {version}" for name, version in record.versions.items()]
    return ", ".join([*parts, f"source revision {record.source_revision or 'unknown'}"])


def _grouped(texts: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Each text once, with the letters of its runs, if they have any."""
    letters: dict[str, list[str]] = {}
    for letter, text in texts:
        letters.setdefault(text, []).append(letter)
    return tuple((text, *filter(None, (" ".join(own),))) for text, own in letters.items())


def reproduction_section(runs: Sequence[ReportedRun], commands: Sequence[str] = ()) -> Section:
    """What would run them again: `commands`, if given, else a command and a file for each run."""
    parts = tuple(_again(run, runs=len(runs)) for run in runs)
    text = (
        "Save an experiment under the name that its command has, and run the command with the"
        " versions named above. On one machine the same seed gives the same weights."
    )
    blocks = (CodeBlock("", "\n".join(commands)),) if commands else ()
    return Section("reproduce", "To reproduce", (text,), blocks=blocks, parts=parts)


def _again(run: ReportedRun, *, runs: int) -> Section:
    record, file = run.folder.record(), f"{run.folder.id}.toml"
    words = ["fftui", "run", "--config", file, "--headless"]
    words += ["--device", record.device_asked] if record.device_asked != "auto" else []
    revision = record.source_revision
    checkout = [f"git checkout {revision.removesuffix('-dirty')}"] if revision else []
    if revision and revision.endswith("-dirty"):
        checkout.append("# files of the checkout had changes that no commit has")
    return Section(
        f"{run.anchor}-again",
        " ".join(filter(None, (run.letter, record.name))),
        blocks=(
            CodeBlock("", "\n".join([*checkout, shlex.join(words)])),
            CodeBlock(file, _experiment_text(run.folder), folded=True),
        ),
        folded=runs > 1,
    )


def _experiment_text(folder: RunFolder) -> str:
    """The run's experiment.toml as it stands; why it cannot be read, where it cannot."""
    try:
        check_own(folder.experiment_path, LARGEST)
        return folder.experiment_path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        return f"# experiment.toml cannot be read: {error.strerror}"
