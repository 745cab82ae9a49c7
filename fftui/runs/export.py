"""Export of the tables of one run or several, in the formats of papers, notebooks and
spreadsheets.

Text of a run's folder may come from anybody. No cell of Markdown or LaTeX is markup, none of CSV
and XLSX a formula or a link, and none holds control characters; of CSV and XLSX the exact text can
be asked for. JSON and Parquet hold it always, JSON with such characters escaped.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal, TypeVar, get_args

import polars as pl
import xlsxwriter

from fftui.errors import RequestError, one_of
from fftui.inert import (
    FORMULA,
    MARK,
    RUST_HARMFUL,
    RUST_LINE_BREAKS,
    inert_json,
    markdown_cell,
    one_line,
)
from fftui.runs.files import write_output
from fftui.runs.folder import RunFolder
from fftui.runs.journal import unread_lines
from fftui.runs.table_names import TABLE_NAMES, TableName
from fftui.runs.tables import make_table, settings_of, unicode_text

Format = Literal["csv", "parquet", "json", "ndjson", "xlsx", "markdown", "latex"]
FORMATS: tuple[Format, ...] = get_args(Format)
BINARY: tuple[Format, ...] = ("parquet", "xlsx")
Settings = Literal["auto", "all", "different", "none"]
SETTINGS: tuple[Settings, ...] = get_args(Settings)
Name = TypeVar("Name", bound=str)
# beside the formats' names
SUFFIXES: dict[str, Format] = {".jsonl": "ndjson", ".md": "markdown", ".tex": "latex"}
XLSX_ROWS = 1_048_575  # a sheet's limit, below its header
XLSX_CHARACTERS = 32_767  # a cell's limit
# of a workbook: text stays text, whatever it begins with; NaN and infinity are errors of a sheet
AS_TEXT = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "nan_inf_to_errors": True,
}


@dataclass(frozen=True)
class Request:
    """The table to export, its format, and the settings that are added as columns.

    `settings`: all fields of the experiments, those in which the runs differ, or none; `auto` is
    all for the table `runs` and wherever there are several runs. `raw`: text exactly as it stands
    in the run's folder.
    """

    table: TableName
    to: Format = "csv"
    settings: Settings = "auto"
    raw: bool = False

    @classmethod
    def of(cls, table: str, to: str, settings: str, *, raw: bool = False) -> "Request":
        """The request from a user's names. Raises RequestError, with the nearest name, for an
        unknown one.
        """
        return cls(
            one_of("table", table, TABLE_NAMES),
            one_of("format", to, FORMATS),
            one_of("choice of settings", settings, SETTINGS),
            raw,
        )


def format_of(output: str) -> Format:
    """The format of a file by its name's suffix; CSV where it has none. Raises RequestError for an
    unknown one.
    """
    suffix = Path(output).suffix.lower()
    known = {f".{to}": to for to in FORMATS} | SUFFIXES
    if suffix and suffix not in known:
        msg = (
            f"{output}: no format is called {suffix}; name the file with one of"
            f" {', '.join(sorted(known))}, or say --to FORMAT"
        )
        raise RequestError(msg)
    return known.get(suffix, "csv")


def journal_problems(folder: RunFolder) -> Iterator[str]:
    """Problems of a run's journal that leave its tables incomplete, one line each."""
    unread = unread_lines(folder.journal)
    if unread is None:
        kept = ", ".join(f"{name}.parquet" for name in TABLE_NAMES if folder.table(name).exists())
        beside = f"; as they were when the run ended there are {kept}" if kept else ""
        yield f"{folder.journal} does not exist, so its tables are empty{beside}"
    elif unread:
        many = len(unread) > 1
        what = (
            f"{len(unread)} lines, the first {unread[0]}, are" if many else f"line {unread[0]} is"
        )
        lack = "them" if many else "it"
        yield (
            f"{folder.journal}: {what} cut off, damaged or of a newer fftui: the tables lack {lack}"
        )


def exported(folders: Sequence[RunFolder], request: Request) -> bytes:
    """The content of a file with one table over all `folders`. Raises RequestError where the format
    cannot hold it.
    """
    frame = joined(folders, request.table, request.settings)
    return (render_exact if request.raw else render)(frame, request.to)


def export(folders: Sequence[RunFolder], request: Request, output: Path) -> None:
    """Write one table over all `folders` to `output`. Raises RequestError where it cannot be
    written.
    """
    write_output(output, exported(folders, request))


def joined(
    folders: Sequence[RunFolder], table: TableName, settings: Settings = "auto"
) -> pl.DataFrame:
    """One table over all runs, in the order given, followed by the `settings` columns."""
    if settings == "auto":
        settings = "all" if table == "runs" or len(folders) > 1 else "none"
    frame = pl.concat([make_table(folder, table) for folder in folders])
    if settings == "none":
        return frame
    experiments = _settings_frame(folders, only_different=settings == "different")
    return frame.join(experiments, on="run", how="left", maintain_order="left")


def _settings_frame(folders: Sequence[RunFolder], *, only_different: bool) -> pl.DataFrame:
    """One row for each run, with a column for each setting, or for those in which runs differ."""
    values = [settings_of(folder) for folder in folders]
    names = dict.fromkeys(name for each in values for name in each)
    columns = {name: [each.get(name) for each in values] for name in names}
    if only_different:
        columns = {n: found for n, found in columns.items() if len(set(map(repr, found))) > 1}
    runs = pl.Series("run", [unicode_text(folder.id) for folder in folders])
    series = [_series(name, found) for name, found in columns.items()]
    return pl.DataFrame([runs, *series]).unique("run", keep="first")


def render(frame: pl.DataFrame, to: Format) -> bytes:
    """The content of a file with `frame`, neutral. Raises RequestError where the format cannot hold
    it.
    """
    return render_exact(_neutral(frame, to) if to in ("csv", "xlsx") else frame, to)


def render_exact(frame: pl.DataFrame, to: Format) -> bytes:
    """The content of a file with `frame`, its text exact. Raises RequestError as `render`."""
    return _WRITERS[to](frame)


def _neutral(frame: pl.DataFrame, to: Format) -> pl.DataFrame:
    """The frame with every text inert and in one line, and for CSV with none that a spreadsheet
    takes for a formula (`fftui.inert.spreadsheet_cell`, for whole columns).
    """
    texts = pl.col(pl.String).str.replace_all(RUST_LINE_BREAKS, " ")
    texts = texts.str.replace_all(RUST_HARMFUL, MARK)
    frame = _flat(frame).with_columns(texts)
    if to != "csv":
        return frame
    names = frame.select(pl.col(pl.String)).columns
    return frame.with_columns(
        pl.when(pl.col(name).str.contains(FORMULA) & ~_is_number(name))
        .then(pl.concat_str(pl.lit("'"), pl.col(name)))
        .otherwise(pl.col(name))
        .alias(name)
        for name in names
    )


def _is_number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64, strict=False).is_not_null()


def _series(name: str, values: list[object]) -> pl.Series:
    """A settings column of its values' type; text where the types of the runs differ or there is no
    value.
    """
    kinds = {type(value) for value in values if value is not None}
    if kinds in ({int}, {float}, {int, float}, {bool}):
        return pl.Series(name, values, strict=False)
    return pl.Series(
        name, [None if value is None else str(value) for value in values], dtype=pl.String
    )


def _csv(frame: pl.DataFrame) -> bytes:
    return _flat(frame).write_csv(datetime_format="%Y-%m-%dT%H:%M:%S%.6fZ").encode()


def _parquet(frame: pl.DataFrame) -> bytes:
    content = BytesIO()
    frame.write_parquet(content)
    return content.getvalue()


def _json(frame: pl.DataFrame) -> bytes:
    rows = _iso(_finite(frame)).to_dicts()
    return (inert_json(json.dumps(rows, ensure_ascii=False, indent=1)) + "\n").encode()


def _ndjson(frame: pl.DataFrame) -> bytes:
    return "".join(
        inert_json(json.dumps(row, ensure_ascii=False)) + "\n"
        for row in _iso(_finite(frame)).iter_rows(named=True)
    ).encode()


def _xlsx(frame: pl.DataFrame) -> bytes:
    if frame.height > XLSX_ROWS:
        msg = f"{frame.height} rows do not fit a sheet of {XLSX_ROWS}: take csv or parquet"
        raise RequestError(msg)
    content = BytesIO()
    with xlsxwriter.Workbook(content, AS_TEXT) as book:
        texts = pl.col(pl.String).str.slice(0, XLSX_CHARACTERS)
        _flat(_iso(frame)).with_columns(texts).write_excel(book, worksheet="fftui")
    return content.getvalue()


def _markdown(frame: pl.DataFrame) -> bytes:
    rules = ["---:" if dtype.is_numeric() else "---" for dtype in frame.dtypes]
    rows = [frame.columns, rules, *_texts(frame)]
    escaped = (map(markdown_cell, row) for row in rows)
    return "".join(f"| {' | '.join(row)} |\n" for row in escaped).encode()


def _latex(frame: pl.DataFrame) -> bytes:
    sides = "".join("r" if dtype.is_numeric() else "l" for dtype in frame.dtypes)
    head, *body = [" & ".join(map(_tex, row)) + r" \\" for row in [frame.columns, *_texts(frame)]]
    lines = [
        "% needs \\usepackage{booktabs}",
        rf"\begin{{tabular}}{{{sides}}}",
        r"\toprule",
        head,
        r"\midrule",
    ]
    return ("\n".join([*lines, *body, r"\bottomrule", r"\end{tabular}"]) + "\n").encode()


_WRITERS: dict[Format, Callable[[pl.DataFrame], bytes]] = {
    "csv": _csv,
    "parquet": _parquet,
    "json": _json,
    "ndjson": _ndjson,
    "xlsx": _xlsx,
    "markdown": _markdown,
    "latex": _latex,
}
_TEX = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "→": r"$\rightarrow$",
}


def _tex(text: str) -> str:
    """`text` as LaTeX shows it; after a row's end it would read a leading * or [ as an option."""
    escaped = "".join(_TEX.get(character, character) for character in one_line(text))
    return f"{{{escaped[0]}}}{escaped[1:]}" if escaped.startswith(("*", "[")) else escaped


def _finite(frame: pl.DataFrame) -> pl.DataFrame:
    """Null for what is infinite or NaN, for which JSON has no word."""
    floats = pl.col(pl.Float32, pl.Float64)
    return frame.with_columns(pl.when(floats.is_finite()).then(floats))


def _iso(frame: pl.DataFrame) -> pl.DataFrame:
    """Times as ISO 8601 text, for formats without a type for times."""
    times = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Datetime)]
    return frame.with_columns(pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ") for name in times)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Lists as JSON text, for formats whose cells hold one value."""
    lists = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.List)]
    texts = [
        pl.Series(name, [v if v is None else json.dumps(v.to_list()) for v in frame[name]])
        for name in lists
    ]
    return frame.with_columns(text.cast(pl.String) for text in texts)


def _texts(frame: pl.DataFrame) -> list[list[str]]:
    return [[_text(cell) for cell in row] for row in _iso(frame).iter_rows()]


def _text(cell: object) -> str:
    """A cell as text: six significant digits, empty where the value is missing."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{cell:.6g}"
    if isinstance(cell, list):
        return ", ".join(map(_text, cell))
    return str(cell)
