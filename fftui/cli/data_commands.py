"""`data list`, `get`, `add`, `remove`: the commands of data sets.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

from pathlib import Path
from typing import Annotated

import typer

from fftui.cli.options import DataDir, ListJson, complete_data, complete_own_data, data_set
from fftui.text.streams import json_to_stdout, to_stderr, to_stdout

data_app = typer.Typer(
    help="Data sets: what is here, and fetching what is not.", rich_markup_mode=None
)


@data_app.command("list")
def data_list(data_dir: DataDir = None, as_json: ListJson = False) -> None:
    """List the data sets: state, folder, size, and whether their checksums agree."""
    from fftui.data.verify import data_folder, dataset_statuses
    from fftui.text.data_text import data_facts, data_text

    sets, folder = dataset_statuses(data_dir), data_folder(data_dir)
    if as_json:
        json_to_stdout(data_facts(sets, folder))
    else:
        to_stdout(data_text(sets, folder))


@data_app.command("get")
def data_get(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The data set.", autocompletion=complete_data)
    ],
    data_dir: DataDir = None,
) -> None:
    """Fetch a data set from the internet and check it; nothing is fetched if it is on
    this machine.
    """
    known = data_set(name)
    from fftui.data.catalogue import SETS
    from fftui.data.fetch import get_set

    status = get_set(known, data_dir)
    if status.name not in SETS:
        to_stdout(f"{status.name} is one's own and in {status.where}, verified")
        return
    where = f"is in {status.where}" if status.name != "mnist-mini" else "comes with fftui"
    to_stdout(f"{status.name} {where}, {'verified' if status.verified else 'not verified'}")


@data_app.command("add")
def data_add(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="What to call it: small letters, digits, hyphens."),
    ],
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", help="Folder of class folders, .npz, .parquet or folder of .parquet."
        ),
    ],
    test: Annotated[
        float | None,
        typer.Option(
            "--test",
            metavar="SHARE",
            help="Share of the images to test on where PATH has no test set.  [default: 1/6]",
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option("--size", metavar="N", help="Resize all images to N by N pixels."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Bring one's own images and labels; `--data NAME` then takes them everywhere."""
    from fftui.data.adding import add_set

    record = add_set(name, path, folder=data_dir, test_share=test, size=size, progress=to_stderr)
    for note in record.notes:
        to_stderr(note)
    to_stdout(
        f"{name}: {record.train_images:,} training and {record.test_images:,} test images,"
        f" {record.info.description.removeprefix('own: ')}"
    )


@data_app.command("remove")
def data_remove(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="One's own set.", autocompletion=complete_own_data),
    ],
    data_dir: DataDir = None,
) -> None:
    """Delete one's own data set from the data folder; the images it came from stay."""
    from fftui.data.own_sets import remove_set

    to_stdout(f"{name} is deleted from {remove_set(name, data_dir).parent}")
