"""Generated requests of every kind that a person may write: presets, overrides, filters, exports,
names, studies, variables, and the files that people may edit.
"""

import json
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

from fftui.presets import presets_folder
from fftui.runs.export import FORMATS, SETTINGS
from fftui.runs.filter import SIGNS
from fftui.runs.run_fields import FIELDS
from fftui.runs.table_names import TABLE_NAMES
from fftui.studies.study_catalogue import STUDIES

from .asking import Asked
from .toml_text import (
    FLOATS,
    NUMBERS_IN_PATHS,
    WORDS,
    Raw,
    any_value,
    as_bytes,
    damaged,
    whole_file,
    written,
)
from .world import World

Maker = Callable[[Random, World], Asked]
KINDS: dict[str, Maker] = {}
LONGEST_WORD = 100_000  # Linux takes no longer one on a command line
NAMES = (
    *WORDS,
    "latest",
    "..",
    ".",
    "./",
    "/",
    "~",
    "*",
    "?",
    "[a-z]",
    "20*",
    "-",
    "--",
    "a" * 255,
    "a/" * 2_000,
    "\udcff\udcfe",
    "name\udc80",
    "/dev/null",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/mem",
    "/proc/self/fd",
    "runs",
    "first",
    "second",
    "no\nnewline",
)


def kind(maker: Maker) -> Maker:
    """Register a maker of requests under its name."""
    KINDS[maker.__name__] = maker
    return maker


def generate(random: Random, world: World, only: str | None = None) -> Asked:
    """A request of any kind, or of one."""
    asked = KINDS[only or random.choice(list(KINDS))](random, world)
    words = tuple(word.replace("\x00", "")[:LONGEST_WORD] for word in asked.words)
    clean = {n: v.replace("\x00", "") for n, v in asked.environment.items()}
    return Asked(words, asked.files, world.environment | clean)


@kind
def preset(random: Random, world: World) -> Asked:
    """One's own preset: any key of any type, in any encoding."""
    values = damaged(random, _preset_values(random))
    text = whole_file(values) if isinstance(values, dict) else written(values)
    name = random.choice(("mine", "mine", "quickstart", "a b", "ü", "x" * 200))
    file = world.root / "presets" / f"{name}.toml"
    words: tuple[tuple[str, ...], ...] = (
        ("presets",),
        ("presets", "--json"),
        ("presets", "show", name),
        ("presets", "show", name, "--data", random.choice(("mnist", "mnist-mini", "x"))),
        ("run", "--preset", name, "--estimate"),
    )
    return Asked(random.choice(words), {file: as_bytes(random, text)})


@kind
def config(random: Random, world: World) -> Asked:
    """An experiment in a file of its own."""
    whole = _preset_values(random)["experiment"]
    values = damaged(random, whole)
    text = whole_file(values) if isinstance(values, dict) else written(values)
    file = world.root / "out" / "experiment.toml"
    given = random.choice([str(file)] * 9 + [random.choice(NAMES)])
    return Asked(("run", "--config", given, "--estimate"), {file: as_bytes(random, text)})


@kind
def overrides(random: Random, _world: World) -> Asked:
    """`--set` on a preset."""
    words = ["run", "--preset", random.choice(("quickstart", "ff", "paper/ff")), "--estimate"]
    for _ in range(random.choice((1, 1, 1, 2, 5))):
        words += ["--set", _override(random)]
    if random.random() < 0.2:
        words += ["--seed", random.choice(("-1", "1e3", "9" * 30, "9" * 5_000, "x", ""))]
    if random.random() < 0.2:
        words += ["--data", random.choice(NAMES)]
    if random.random() < 0.1:
        words += ["--device", random.choice((*WORDS, "cuda:99", "cuda:x", "meta", "mps", "cpu:7"))]
    return Asked(tuple(words))


@kind
def filters(random: Random, _world: World) -> Asked:
    """`--where`, `--sort` and `--columns` of the list of runs."""
    words = ["runs"]
    if random.random() < 0.8:
        words += ["--where", _filter(random)]
    if random.random() < 0.3:
        words += ["--sort", _field(random)]
    if random.random() < 0.3:
        words += ["--columns", ",".join(_field(random) for _ in range(random.randrange(4)))]
    if random.random() < 0.2:
        words.append("--reverse")
    return Asked((*words, *(["--json"] if random.random() < 0.3 else [])))


@kind
def exports(random: Random, world: World) -> Asked:
    """The arguments of `export`."""
    words = ["export"]
    if random.random() < 0.7:
        words += ["latest"] if random.random() < 0.7 else [_run_name(random, world)]
    else:
        words += ["--where", _filter(random)]
    if random.random() < 0.6:
        words += ["--table", random.choice((*TABLE_NAMES, *TABLE_NAMES, *WORDS))]
    if random.random() < 0.6:
        words += ["--to", random.choice((*FORMATS, *FORMATS, *WORDS))]
    if random.random() < 0.4:
        words += ["--settings", random.choice((*SETTINGS, *WORDS))]
    if random.random() < 0.5:
        words += ["-o", _output(random, world)]
    return Asked(tuple(words))


@kind
def labels(random: Random, world: World) -> Asked:
    """Names, tags and notes."""
    text, run = random.choice(NAMES), "latest"
    words: tuple[tuple[str, ...], ...] = (
        ("rename", run, text),
        ("tag", run, "--add", text),
        ("tag", run, "--remove", text),
        ("note", run, text),
        ("rename", _run_name(random, world), text),
        ("tag", "--add", text, "--where", _filter(random)),
    )
    return Asked(random.choice(words))


@kind
def run_names(random: Random, world: World) -> Asked:
    """The name of a run, in every command that takes one and changes nothing."""
    name = _run_name(random, world)
    words: tuple[tuple[str, ...], ...] = (
        ("show", name),
        ("show", name, "--json"),
        ("show", name, "--follow"),
        ("inspect", name),
        ("inspect", name, "--layer", random.choice(("0", "-1", "9" * 30, "x"))),
        ("attach", name),
        ("resume", name, "--headless"),
        ("resume", name, "--json"),
        ("compare", name, _run_name(random, world)),
        ("compare", "latest", name, "--metric", random.choice(WORDS)),
        ("compare", "latest", "--x", random.choice(WORDS), "--to", random.choice(WORDS)),
        ("figures", name, "-o", str(world.root / "out")),
        ("figures", "latest", "-o", str(world.root / "out"), "--format", random.choice(WORDS)),
        ("predict", name, random.choice(NAMES)),
        ("weights", name, "-o", _output(random, world)),
        ("pause", name),
        ("continue", name),
        ("stop", name),
        ("skip", name),
        ("delete", name),
        ("restore", name),
        ("archive", "--where", _filter(random) + " name=nobody"),
        ("show", name, "--runs", random.choice(NAMES)),
        ("runs", "--runs", random.choice(NAMES)),
    )
    return Asked(random.choice(words))


@kind
def studies(random: Random, world: World) -> Asked:
    """A study narrowed to what is not in it."""
    name = random.choice((*STUDIES, *STUDIES, *WORDS))
    words = ["study", name, "--quick", random.choice(("--dry-run", "--table"))]
    for _ in range(random.randrange(3)):
        words += ["--only", random.choice((*WORDS, "ff", "hidden"))]
    if random.random() < 0.3:
        words += ["--data", random.choice(NAMES)]
    if random.random() < 0.3:
        words += ["--seeds", random.choice(("0", "-1", "2", "9" * 30, "x", "1e9", ""))]
    if random.random() < 0.3:
        words += ["--to", random.choice(WORDS)]
    if random.random() < 0.2:
        words += ["-o", _output(random, world)]
    claims = ("reproduce", "--dry-run", "--quick", "--claim", random.choice(NAMES))
    return Asked(claims if random.random() < 0.1 else tuple(words))


@kind
def variables(random: Random, _world: World) -> Asked:
    """Variables of the environment."""
    numbers = ("0", "-1", "1", "9" * 30, "1e999", "x", "", " ", *FLOATS)
    values = {
        "FFTUI_RUNS": NAMES,
        "FFTUI_DATA": NAMES,
        "FFTUI_PRESETS": NAMES,
        "FFTUI_ASCII": (*WORDS, *numbers),
        "FFTUI_REFRESH": (*WORDS, *numbers),
        "FFTUI_NOTIFY": NAMES,
        "COLUMNS": (*WORDS, *numbers),
        "LINES": (*WORDS, *numbers),
        "OMP_NUM_THREADS": (*WORDS, *numbers, "1,2", "1,x"),
        "OMP_WAIT_POLICY": WORDS,
        "TERM": WORDS,
        "COLORTERM": WORDS,
        "NO_COLOR": WORDS,
        "CUDA_VISIBLE_DEVICES": (*WORDS, *numbers),
        "LANG": ("C", "xx_YY.UTF-8", "", "POSIX"),
        "HOME": ("", "/nowhere", "/dev/null", "relative"),
        "XDG_CONFIG_HOME": ("", "/nowhere", "/dev/null", "relative", "\udcff"),
        "XDG_DATA_HOME": ("", "/nowhere", "/dev/null", "relative", "\udcff"),
    }
    chosen = random.sample(list(values), random.choice((1, 1, 2, 4)))
    words: tuple[tuple[str, ...], ...] = (
        ("runs",),
        ("presets",),
        ("show", "latest"),
        ("data", "list"),
        ("compare", "latest", "latest"),
        ("run", "--preset", "quickstart", "--estimate"),
        ("study",),
        ("export", "latest"),
    )
    environment = {name: random.choice(values[name]) for name in chosen}
    return Asked(random.choice(words), {}, environment)


@kind
def annotations(random: Random, world: World) -> Asked:
    """The file of a run's name, tags and note, edited by hand."""
    values = damaged(
        random,
        {"name": "a name", "tags": ["one", "two"], "note": "a note", "archived": False},
    )
    file = world.run.path / "annotations.json"
    words: tuple[tuple[str, ...], ...] = (
        ("runs",),
        ("runs", "--where", "tag:one", "--columns", "name,tags,note"),
        ("show", "latest"),
        ("note", "latest"),
        ("tag", "latest", "--add", "three"),
        ("export", "latest", "--table", "runs"),
    )
    return Asked(random.choice(words), {file: as_bytes(random, _json_text(values))})


@kind
def preset_names(random: Random, _world: World) -> Asked:
    """Names of presets and data sets that there may not be."""
    name = random.choice(NAMES)
    words: tuple[tuple[str, ...], ...] = (
        ("presets", "show", name),
        ("presets", "show", "quickstart", "--data", name),
        ("presets", "remove", name),
        ("run", "--preset", name, "--estimate"),
        ("run", "--preset", "quickstart", "--config", name),
        ("run", "--config", name, "--estimate"),
        ("data", "get", name) if name != "mnist" else ("data", "list"),
        ("data", "remove", name),
        ("data", "add", name, random.choice(NAMES)),
        ("data", "add", "mine", random.choice(("/dev/null", "/nowhere", "", "/etc/passwd"))),
        ("data", "list", "--data-dir", name),
    )
    return Asked(random.choice(words))


def _preset_values(random: Random) -> dict[str, Any]:
    """The tables of a preset that comes with fftui, with what any of them may have."""
    found = random.choice(sorted(presets_folder().rglob("*.toml")))
    values = tomllib.loads(found.read_text(encoding="utf-8"))
    more = {"data_sets": ["mnist", "mnist-mini"], "reports": {"mnist": 97.0}, "on": {}}
    more["on"] = {"mnist": {"phases.0.epochs": 3}, "cifar10": {"model.layers.0.units": 9}}
    return {name: more[name] for name in more if random.random() < 0.5} | values


def _override(random: Random) -> str:
    starts = ("phases", "model", "data", "evaluation", "name", "seed", "layers", "experiment")
    middles = ("0", "layers", "label", "head", "epochs", "units", "kind", "rule", "own", "name")
    parts = [random.choice(starts)]
    parts += [
        random.choice((*middles, *middles, *NUMBERS_IN_PATHS, *WORDS))
        for _ in range(random.choice((0, 1, 1, 2, 2, 3, 3, 4, 900)))
    ]
    path = ".".join(parts) if random.random() < 0.8 else _known_path(random)
    equals = "=" if random.random() < 0.95 else random.choice(("", "==", " = ", ":"))
    value = written(any_value(random)) if random.random() < 0.7 else random.choice(WORDS)
    return f"{path}{equals}{value}"


def _known_path(random: Random) -> str:
    return random.choice(
        (
            "phases.0.epochs",
            "phases.0.batch_size",
            "phases.0.learning_rate",
            "phases.0.threshold",
            "phases",
            "phases.0",
            "model",
            "model.layers",
            "model.layers.0",
            "model.layers.0.units",
            "model.layers.0.kind",
            "model.label",
            "model.head",
            "data",
            "data.name",
            "data.own",
            "data.train_images",
            "data.validation_images",
            "evaluation.images",
            "telemetry.hz",
            "checkpoint.every_s",
            "cache_bytes",
            "seed",
            "name",
            "description",
            "precision",
        )
    )


def _field(random: Random) -> str:
    known = [field.name for field in FIELDS]
    settings = ["phases.0.epochs", "epochs", "units", "learning_rate", "phases.N.loss", "kind"]
    return random.choice((*known, *known, *settings, *NUMBERS_IN_PATHS, *WORDS, "a." * 2_000))


def _filter(random: Random) -> str:
    parts = []
    for _ in range(random.choice((1, 1, 2, 3, 50))):
        sign = random.choice((*SIGNS, *SIGNS, ":", "", "!", "=="))
        values = ("97", "1e-3", "5m", "2GB", "none", "yes", "2026-11-23", "today", "%", *FLOATS)
        value = random.choice((*values, *values, *WORDS, *NUMBERS_IN_PATHS, "'open", '""', ",,"))
        parts.append(f"{random.choice(('', '', '!'))}{_field(random)}{sign}{value}")
    return random.choice((" ", " ", "\n", ",")).join(parts)


def _run_name(random: Random, world: World) -> str:
    own = (world.run.id, str(world.run.path), world.run.id[:9], f"{world.run.path}/run.json")
    return random.choice((*NAMES, *own))


def _output(random: Random, world: World) -> str:
    out = world.root / "out"
    places: Sequence[str | Path] = (
        out / "table.csv",
        out / "table.xlsx",
        out / "a" / "b.csv",
        out,
        out / ("x" * 300),
        out / "é\n\x1b[2J.md",
        out / "\udcff.json",
        "/dev/null",
        "/proc/nowhere",
        "",
        "-",
    )
    return str(random.choice(places))


def _json_text(value: Any) -> str:
    """A value as JSON; TOML's own forms stay, which JSON does not know."""
    match value:
        case Raw():
            return value.text
        case dict():
            inside = (f"{json.dumps(str(key))}: {_json_text(each)}" for key, each in value.items())
            return "{" + ", ".join(inside) + "}"
        case list():
            return "[" + ", ".join(map(_json_text, value)) + "]"
    return json.dumps(value)
