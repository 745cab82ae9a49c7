"""`data list`, `data get`: the commands of data sets.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415

from typing import Annotated

import typer

from fftui.cli.options import DataDir, ListJson, complete_data, data_set
from fftui.text.streams import json_to_stdout, to_stdout

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
    from fftui.data.fetch import get_set

    status = get_set(known, data_dir)
    where = f"is in {status.where}" if status.name != "mnist-mini" else "comes with fftui"
    to_stdout(f"{status.name} {where}, {'verified' if status.verified else 'not verified'}")
