"""`predict`, `weights`, `inspect`, `probe`: the commands that use what a run has learned.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fftui.cli.options import DataDir, Device, ListJson, Output, Run, RunsDir
from fftui.text.streams import file_to_stdout, json_to_stdout, to_stderr, to_stdout

if TYPE_CHECKING:
    from fftui.events import Event
    from fftui.network_report import NetworkReport
    from fftui.runs.export import Format
    from fftui.runs.inspect_tables import InspectTable


def predict(
    run: Run,
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE…", help="Image files, any number.")
    ],
    runs: RunsDir = None,
    device: Device = "cpu",
    as_json: ListJson = False,
) -> None:
    """Predict the labels of image files with the network of a run.

    Images are resized and converted to the shape that the network learned; what was changed is
    printed on stderr. Scores are the goodness of each label, or the logits of a softmax head.
    """
    from fftui.api import open_run
    from fftui.data.pictures import read_image_files
    from fftui.text.predictions import predictions_facts, predictions_text

    opened = open_run(run, runs)
    info = opened.experiment.data.info
    pixels, notes = read_image_files(images, info)
    scores = opened.network(device)(pixels).tolist()
    for note in notes:
        to_stderr(note)
    names = [str(path) for path in images]
    if as_json:
        json_to_stdout(predictions_facts(names, scores, info.class_names))
    else:
        to_stdout(predictions_text(names, scores, info.class_names))


def weights(
    run: Run,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The .safetensors file.")
    ],
    runs: RunsDir = None,
) -> None:
    """Write the weights of a run as safetensors; the header holds their shapes and the
    experiment.
    """
    from fftui.api import open_run
    from fftui.runs.weights import write_weights

    write_weights(open_run(run, runs).folder, output)
    to_stdout(str(output))


def inspect(  # noqa: PLR0913, PLR0917 - one parameter an option
    run: Run,
    layer: Annotated[
        int | None, typer.Option("--layer", metavar="N", help="One layer in full, from 1.")
    ] = None,
    images: Annotated[
        int | None,
        typer.Option(
            "--images",
            metavar="N",
            help="Test images.  [default: 500, fewer for many labels]",
        ),
    ] = None,
    runs: RunsDir = None,
    data_dir: DataDir = None,
    device: Device = "cpu",
    as_json: ListJson = False,
    table: Annotated[
        str | None,
        typer.Option(
            "--table",
            metavar="NAME",
            help="layers, goodness, confusion or similarity.  [default: layers, with --to or -o]",
        ),
    ] = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="FORMAT", help="A table as csv or another format of export."),
    ] = None,
    output: Output = "-",
) -> None:
    """Look into what a run has learned: goodness, units and mistakes of each layer, how alike
    layers are, and how far their updates agree with backprop's.

    From its last checkpoint, on test images that are the same for every run on a data set; of a run
    that is learning too.
    """
    from fftui.api import open_run
    from fftui.errors import RequestError
    from fftui.text.inspect_text import inspect_facts, inspect_text

    opened = open_run(run, runs)
    layers = len(opened.experiment.model.layers)
    if layer is not None and not 1 <= layer <= layers:
        msg = f"run {opened.id} has no layer {layer}: --layer goes from 1 to {layers}"
        raise RequestError(msg)
    asked = _table_asked(table, to, output)
    report = opened.inspect(images=images, device=device, data_folder=data_dir)
    if asked is not None:
        _write_table(report, *asked, output)
    elif as_json:
        json_to_stdout(inspect_facts(opened.id, report, layer))
    else:
        to_stdout(inspect_text(opened.id, report, layer))


def _table_asked(
    table: str | None, to: str | None, output: str
) -> "tuple[InspectTable, Format] | None":
    """The table and format that are asked for, if any. Raises RequestError for unknown names."""
    if table is None and to is None and output == "-":
        return None
    from fftui.errors import one_of
    from fftui.runs.export import FORMATS, format_of
    from fftui.runs.inspect_tables import INSPECT_TABLES

    name = one_of("table", table or "layers", INSPECT_TABLES)
    return name, one_of("format", to or format_of(output), FORMATS)


def _write_table(report: "NetworkReport", name: "InspectTable", to: "Format", output: str) -> None:
    from fftui.runs.export import render
    from fftui.runs.files import write_output
    from fftui.runs.inspect_tables import inspect_table

    content = render(inspect_table(report, name), to)
    if output == "-":
        file_to_stdout(content)
    else:
        write_output(Path(output), content)


def probe(  # noqa: PLR0913, PLR0917 - one parameter an option
    run: Run,
    layers: Annotated[
        str | None,
        typer.Option("--layers", metavar="N,…", help="Layers to read, from 1.  [default: all]"),
    ] = None,
    epochs: Annotated[
        int, typer.Option("--epochs", metavar="N", min=1, help="Passes over the training images.")
    ] = 20,
    learning_rate: Annotated[
        float, typer.Option("--learning-rate", metavar="R", min=1e-12, help="Of the readout.")
    ] = 1e-3,
    runs: RunsDir = None,
    data_dir: DataDir = None,
    device: Device = "auto",
    as_json: ListJson = False,
) -> None:
    """Train a linear readout of layers of a run, which stay as they are: how much of the labels
    they hold.

    A softmax classifier on the outputs of the layers, side by side, from the last checkpoint, on
    the run's training images. The result is kept in readouts.json in the run's folder.
    """
    from fftui.api import open_run
    from fftui.text.readout_text import readout_facts, readout_text

    opened = open_run(run, runs)
    result = opened.probe(
        _numbers(layers),
        epochs=epochs,
        learning_rate=learning_rate,
        device=device,
        data_folder=data_dir,
        on_event=_show_epoch,
    )
    if as_json:
        json_to_stdout(readout_facts(opened.id, result))
    else:
        to_stdout(readout_text(opened.id, result))


def _numbers(text: str | None) -> tuple[int, ...]:
    """The layers in a text such as "1,2". Raises RequestError."""
    from fftui.errors import RequestError, shown

    try:
        return tuple(int(part) for part in text.split(",")) if text is not None else ()
    except ValueError:
        msg = f"--layers {shown(text or '')}: write numbers such as 1,2"
        raise RequestError(msg) from None


def _show_epoch(event: "Event") -> None:
    """A line on stderr for each epoch."""
    from fftui.events import EpochFinished

    if isinstance(event, EpochFinished):
        to_stderr(f"readout  epoch {event.epoch}  loss {event.loss:.3f}")
