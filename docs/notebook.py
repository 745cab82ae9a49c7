"""The paper's Table 1 from the runs of a folder, as a marimo notebook.

    pip install 'fftui[notebook]'
    marimo edit docs/notebook.py     # or `marimo run`, or `python docs/notebook.py`

FFTUI_RUNS names the folder of runs, FFTUI_SCALE the scale of the study: full or quick.
"""

# ruff: noqa: PLC0415, PLR0913, PLR0917 - cells import, and have a parameter for each name they use

import marimo

app = marimo.App(app_title="fftui: the paper's Table 1")


@app.cell
def _():
    import os

    import marimo as mo
    import polars as pl

    import fftui
    from fftui.runs.finding import runs_folder
    from fftui.runs.workspace import Workspace
    from fftui.studies.figures import FigureRequest, Picture, pictures
    from fftui.studies.results import summary_table
    from fftui.studies.study_catalogue import STUDIES

    return (
        FigureRequest,
        Picture,
        STUDIES,
        Workspace,
        fftui,
        mo,
        os,
        pictures,
        pl,
        runs_folder,
        summary_table,
    )


@app.cell
def _(mo, os):
    scale = mo.ui.dropdown(
        ["quick", "full"], value=os.environ.get("FFTUI_SCALE", "full"), label="scale"
    )
    scale  # noqa: B018 - a cell's last value is what it shows
    return (scale,)


@app.cell
def _(fftui, pl, runs_folder):
    folder = runs_folder()
    finished = fftui.list_runs(folder, "status=finished")
    runs = pl.DataFrame(
        {
            "run": [run.id for run in finished],
            "data": [run.record.data for run in finished],
            "test_accuracy": [run.record.test_accuracy for run in finished],
            "train_s": [run.record.train_s for run in finished],
        },
        schema={
            "run": pl.String,
            "data": pl.String,
            "test_accuracy": pl.Float64,
            "train_s": pl.Float64,
        },
    )
    runs  # noqa: B018
    return finished, folder, runs


@app.cell
def _(STUDIES, finished, folder, pl, scale, summary_table):
    # on the sets that have finished runs, with as many seeds as they have
    present = {run.record.data for run in finished}
    seeds = 1 + max((run.experiment.seed for run in finished), default=0)
    study = STUDIES["table-1"].build(scale.value, present, seeds)
    measured = summary_table(study, folder) if study.trials else pl.DataFrame()
    table = (
        measured.filter(pl.col("seeds") > 0).select(
            "data",
            "method",
            (100 * pl.col("test_accuracy")).round(2).alias("test accuracy %"),
            (50 * (pl.col("high") - pl.col("low"))).round(2).alias("± 95 %"),
            (100 * pl.col("paper")).round(2).alias("the paper %"),
            "seeds",
            "e2e_s",
        )
        if measured.width
        else measured
    )
    table  # noqa: B018
    return (table,)


@app.cell
def _(FigureRequest, Picture, Workspace, folder, mo, pictures, scale, table):
    asked = FigureRequest(("table-1",), Workspace(folder), ("svg",), scale.value)
    drawn = [
        each
        for each in (pictures(asked) if table.height else ())
        if isinstance(each, Picture) and each.name == "table-1"
    ]
    mo.vstack([mo.Html(each.content.decode()) for each in drawn])
    return (drawn,)


if __name__ == "__main__":
    app.run()
