"""The command that compares methods: benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inspector.cli.console import complain, working
from inspector.cli.models import DATASET_HELP, Backbone, ImageSize, Layers, Preset, Seed, Weights, listed
from inspector.cli.results import show_benchmark

if TYPE_CHECKING:
    from inspector.jobs.pairing import BenchmarkRow


def benchmark(
    datasets: Annotated[list[Path], typer.Argument(metavar="DATASET...", help=DATASET_HELP)],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for tables and bundles.")],
    detectors: Annotated[
        str, typer.Option(metavar="A,B", help="Methods, separated by commas; else all that can learn from these.")
    ] = "",
    preset: Preset = "standard",
    backbone: Backbone = None,
    weights: Weights = None,
    layers: Layers = "",
    image_size: ImageSize = 256,
    seed: Seed = 0,
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Repeat each with so many seeds.")] = 1,
    workers: Annotated[
        int, typer.Option(min=1, metavar="N", help="Pairings at a time; more than 1 spoils times and needs memory.")
    ] = 1,
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="A Dask scheduler whose workers see the same folders, as tcp://host:8786."
        ),
    ] = None,
) -> None:
    """Train and measure several methods on several data sets, alike, and write the figures as a table.

    Started again with the same request, it goes on where it was ended.
    """
    from inspector.jobs.benchmark import BenchmarkJob
    from inspector.jobs.benchmark import benchmark as work

    job = BenchmarkJob(
        datasets=tuple(datasets),
        detectors=listed(detectors),
        out=out.absolute(),
        preset=preset,
        backbone=backbone,
        weights=weights,
        layers=listed(layers),
        image_size=image_size,
        seed=seed,
        seeds=seeds,
        workers=workers,
        scheduler=scheduler,
    )
    with working() as (progress, cancel):
        result = work(job, progress, cancel, _tell)
    show_benchmark(result.rows)
    typer.echo(f"Written: {out / 'results.html'}, results.csv, results.md, results.json")
    if result.reused:
        complain(f"{result.reused} of {len(result.rows)} pairings were finished before.")
    for remark in result.remarks:
        complain(remark)
    problems = [row for row in result.rows if row.problem]
    for row in problems:
        complain(f"{row.dataset}, {row.detector}: {row.problem}")
    if problems:
        raise typer.Exit(1)


def _tell(row: BenchmarkRow) -> None:
    """One line on stderr as soon as a pairing is done."""
    accuracy = "no image AUROC" if row.image_auroc is None else f"image AUROC {row.image_auroc:.4f}"
    complain(f"{row.dataset}, {row.detector}, seed {row.seed}: {'failed' if row.problem else accuracy}")
