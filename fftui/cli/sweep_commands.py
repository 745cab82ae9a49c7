"""`sweep`: settings searched by Optuna; `sweep show`, `sweep watch` and `sweep list`.

Imports inside the functions, as in all of the command line (PLC0415).
"""

# ruff: noqa: PLC0415, PLR0917

import sys
from typing import Annotated, Any, Literal

import typer

from fftui.cli.options import (
    DataDir,
    Device,
    ListJson,
    Notify,
    On,
    Output,
    RunsDir,
    TableFormat,
    WholeJson,
    complete_data,
    complete_preset,
    executor_of,
    file_of,
    workspace_of,
)
from fftui.errors import RequestError


class _RunByDefault(typer.core.TyperGroup):
    """`fftui sweep PRESET …` is `fftui sweep run PRESET …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` before a first word that is none of the commands."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)


sweep_app = typer.Typer(
    cls=_RunByDefault,
    help=(
        "Search settings by their accuracy on validation images: fftui sweep PRESET --over …, or"
        " show and watch."
    ),
    rich_markup_mode=None,
)


@sweep_app.command("run")
def sweep(  # noqa: PLR0913 - one parameter an option
    preset: Annotated[
        str, typer.Argument(metavar="PRESET", help="The preset.", autocompletion=complete_preset)
    ],
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            metavar="PATH=VALUES",
            help="A setting to search: log(1e-4,1e-1), uniform(0,1), int(1,9), logint(8,512) or"
            " a|b|c; * in the path is every entry of a list. Repeatable.",
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option("--trials", metavar="N", min=1, max=100_000, help="Of the whole sweep.")
    ] = 50,
    sampler: Annotated[
        Literal["tpe", "random", "grid"],
        typer.Option("--sampler", help="How values are chosen; grid takes every combination."),
    ] = "tpe",
    pruner: Annotated[
        Literal["median", "halving", "none"],
        typer.Option("--pruner", help="Which trials are stopped early, with a checkpoint."),
    ] = "median",
    metric: Annotated[
        Literal["validation"],
        typer.Option("--metric", help="Accuracy on all validation images at the end."),
    ] = "validation",
    seeds: Annotated[
        int,
        typer.Option(
            "--seeds", metavar="N", min=1, max=1_000, help="Runs a trial; the mean counts."
        ),
    ] = 1,
    seed: Annotated[
        int,
        typer.Option(
            "--seed", metavar="N", min=0, max=2**31 - 1, help="Of what the sampler draws."
        ),
    ] = 0,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Of the sweep.  [default: preset, data set and six digits of what it does]",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="SET", help="Another data set.", autocompletion=complete_data
        ),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Change a setting. Repeatable."),
    ] = None,
    screen: Annotated[
        bool, typer.Option("--screen", help="Show the sweep's screen, and carry trials out there.")
    ] = False,
    on: On = None,
    to: TableFormat = "text",
    output: Output = "-",
    device: Device = "auto",
    runs: RunsDir = None,
    data_dir: DataDir = None,
    notify: Notify = None,
) -> None:
    """Search settings, chosen by validation images; the test images are measured once, for the
    winner.

    The same command goes on where it was stopped, also beside others that run the same sweep.
    Ctrl-C once finishes the batch; twice exits now.
    """
    from fftui.cli import sweep_headless as headless
    from fftui.cli.open_screen import check_terminal, open_sweep_screen
    from fftui.experiment.values import parse_overrides
    from fftui.presets import load_preset
    from fftui.sweeps.plan import SweepPlan, check_optuna, open_sweep

    check_optuna()
    from fftui.text.notices import with_notice

    workspace = workspace_of(runs, data_dir, device)
    plan = SweepPlan(
        preset=preset,
        experiment=load_preset(preset, data, parse_overrides(set_ or [])),
        over=tuple(over or ()),
        sampler=sampler,
        pruner=pruner,
        metric=metric,
        seeds=seeds,
        seed=seed,
    )
    if screen and on is not None:
        msg = "--screen carries trials out in its own process: leave --on out, or --screen"
        raise RequestError(msg)
    if screen:
        check_terminal("--screen", [word for word in sys.argv[1:] if word != "--screen"])
    folder = open_sweep(workspace.runs_dir, plan, name)
    if screen:
        raise typer.Exit(open_sweep_screen(workspace, folder.name, trials))
    executor = executor_of(on, 1, workspace)

    def work() -> int:
        return headless.execute_sweep(
            folder, plan, workspace, trials, executor, to, file_of(output)
        )

    raise typer.Exit(with_notice(folder.name, work))


@sweep_app.command("show")
def sweep_show(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The sweep, a beginning of it, or 'latest'.")
    ] = "latest",
    to: TableFormat = "text",
    output: Output = "-",
    runs: RunsDir = None,
    as_json: WholeJson = False,
) -> None:
    """Show the trials of a sweep, the best first."""
    from fftui.cli import sweep_headless as headless
    from fftui.sweeps.plan import check_optuna, find_sweep

    check_optuna()
    folder = find_sweep(workspace_of(runs).runs_dir, name)
    headless.show_sweep(folder, to, file_of(output), as_json=as_json)


@sweep_app.command("watch")
def sweep_watch(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The sweep, a beginning of it, or 'latest'.")
    ] = "latest",
    runs: RunsDir = None,
    data_dir: DataDir = None,
    device: Device = "auto",
) -> None:
    """Show the screen of a sweep, also while other processes carry it out."""
    from fftui.cli.open_screen import check_terminal, open_sweep_screen
    from fftui.sweeps.plan import check_optuna, find_sweep

    check_optuna()
    workspace = workspace_of(runs, data_dir, device)
    folder = find_sweep(workspace.runs_dir, name)
    check_terminal("sweep watch", ["sweep", "show", folder.name])
    raise typer.Exit(open_sweep_screen(workspace, folder.name))


@sweep_app.command("list")
def sweep_list(runs: RunsDir = None, as_json: ListJson = False) -> None:
    """List the sweeps of a folder of runs, the newest first."""
    from fftui.cli import sweep_headless as headless

    headless.show_sweeps(workspace_of(runs).runs_dir, as_json=as_json)
