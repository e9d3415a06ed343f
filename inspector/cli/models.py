"""The commands that make and use models: train, evaluate, predict, export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from inspector.cli.console import complain, working, write_json
from inspector.cli.results import show_estimate, show_evaluation, show_prediction, show_training

if TYPE_CHECKING:
    from inspector.jobs.estimate import TrainingEstimate
    from inspector.jobs.train import TrainingJob, TrainingResult
    from inspector.runtime.manifest import TilingPart
    from inspector.tasks import CancelToken, Progress

DATASET_HELP = "A folder of good images, a data set in a known layout (MVTec AD and others), or a project."

Json = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the result as JSON ('-': stdout).")]
Heatmaps = Annotated[Path | None, typer.Option(metavar="DIR", help="Write each image with its anomaly map.")]
EngineOption = Annotated[Literal["auto", "onnx", "torch"], typer.Option(help="Library that computes.")]
Preset = Annotated[Literal["standard", "quick"], typer.Option(help="Set of parameter values.")]
Backbone = Annotated[str | None, typer.Option(metavar="NAME", help="Features (see 'inspector backbones').")]
Weights = Annotated[Path | None, typer.Option(metavar="FILE", help="The backbone's weights (.pth or .safetensors).")]
Layers = Annotated[str, typer.Option(metavar="A,B", help="The backbone's layers, separated by commas.")]
ImageSize = Annotated[int, typer.Option(min=32, max=2048, metavar="N", help="Side in pixels after scaling.")]
TileSize = Annotated[
    int | None,
    typer.Option(min=32, max=4096, metavar="N", help="Judge large images in tiles of this side in pixels."),
]
TileOverlap = Annotated[
    float | None,
    typer.Option(min=0, max=0.5, metavar="SHARE", help="How much of a tile the next one shows too (0.25)."),
]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A parameter of the method; repeatable.")
]
Others = Annotated[
    list[Path] | None,
    typer.Option(metavar="FOLDER", help="Another product, for methods that learn from some; repeatable."),
]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same model.")]


def train(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help=DATASET_HELP)],
    out: Annotated[Path, typer.Option(metavar="BUNDLE", help="A new folder, or a file ending in .inspector.")],
    detector: Annotated[str | None, typer.Option(metavar="ID", help="Method (see 'inspector detectors').")] = None,
    backbone: Backbone = None,
    weights: Weights = None,
    layers: Layers = "",
    image_size: ImageSize = 256,
    tile_size: TileSize = None,
    tile_overlap: TileOverlap = None,
    preset: Preset = "standard",
    settings: Settings = None,
    others: Others = None,
    seed: Seed = 0,
    device: Annotated[Literal["auto", "cpu", "cuda"], typer.Option(help="Where to train.")] = "auto",
    name: Annotated[str, typer.Option(help="The model's name; by default that of the bundle's file.")] = "",
    target: Annotated[
        float, typer.Option("--target-reject-rate", min=0.0001, max=0.49, help="Share of good parts to be rejected.")
    ] = 0.01,
    review: Annotated[
        float | None,
        typer.Option("--review-rate", min=0.0001, max=0.49, help="Larger share: rejected or reviewed."),
    ] = None,
    json: Json = None,
) -> None:
    """Learn from the good samples of a data set and write a model bundle."""
    from inspector.jobs.train import TrainingJob

    if review is not None and review <= target:
        raise typer.BadParameter(f"must be larger than --target-reject-rate ({target})", param_hint="--review-rate")

    given: dict[str, Any] = {"detector": detector} if detector else {}
    job = TrainingJob(
        dataset=dataset,
        out=out,
        name=name,
        parameters=_parameters(settings or []),
        preset=preset,
        backbone=backbone,
        weights=weights,
        layers=listed(layers),
        image_size=image_size,
        tiling=_tiling(tile_size, tile_overlap),
        others=tuple(others or ()),
        seed=seed,
        device=device,
        target_reject_rate=target,
        review_rate=review,
        **given,
    )
    expected = _estimate(job)
    if expected is not None:
        show_estimate(expected)
    with working() as (progress, cancel):
        result = _train_in_child(job, progress, cancel)
    result.estimate = expected
    show_training(result)
    if json:
        write_json(json, result)


def _estimate(job: TrainingJob) -> TrainingEstimate | None:
    """None where there is nothing to train on, which training itself explains."""
    from inspector.data.sources import load_dataset
    from inspector.jobs.estimate import estimate, machine_speed, pictures_of
    from inspector.jobs.fitting import make_detector
    from inspector.settings import load_settings

    region = job.region.build() if job.region is not None else None
    found = pictures_of(load_dataset(job.dataset), region)
    if found is None:
        return None
    tiling = job.tiling.build() if job.tiling else None
    return estimate(make_detector(job), job.folds, found, machine_speed(), load_settings().training_pace, tiling)


def _tiling(size: int | None, share: float | None) -> TilingPart | None:
    from inspector.runtime.manifest import TilingPart

    if size is None and share is not None:
        raise typer.BadParameter("needs --tile-size", param_hint="--tile-overlap")
    if size is None:
        return None
    return TilingPart.sharing(size) if share is None else TilingPart.sharing(size, share)


def _train_in_child(job: TrainingJob, progress: Progress, cancel: CancelToken) -> TrainingResult:
    """In a process of its own: a lack of memory ends in a sentence, and cancel answers whatever a library does."""
    from inspector.jobs.process import run_in_child
    from inspector.jobs.train import train as work

    return run_in_child(work, job, progress, cancel, background=False)


def _parameters(settings: list[str]) -> dict[str, bool | int | float | str]:
    found: dict[str, bool | int | float | str] = {}
    for setting in settings:
        name, separator, value = setting.partition("=")
        if not separator or not name:
            raise typer.BadParameter(f"{setting!r} is not of the form KEY=VALUE", param_hint="--set")
        found[name.strip()] = value.strip()
    return found


def listed(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def evaluate(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A model bundle.")],
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help=DATASET_HELP)],
    engine: EngineOption = "auto",
    json: Json = None,
    heatmaps: Heatmaps = None,
) -> None:
    """Judge labelled images that the model has not learned from, and tell how well it does."""
    from inspector.jobs.evaluate import EvaluationJob
    from inspector.jobs.evaluate import evaluate as work

    job = EvaluationJob(bundle=bundle, dataset=dataset, engine=engine, heatmaps=heatmaps)
    with working() as (progress, cancel):
        result = work(job, progress, cancel)
    show_evaluation(result)
    for remark in result.remarks:
        complain(remark)
    if json:
        write_json(json, result)


def predict(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A model bundle.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Images, or folders of images.")],
    engine: EngineOption = "auto",
    json: Json = None,
    heatmaps: Heatmaps = None,
) -> None:
    """Judge images. What cannot be read is reported as not inspected and makes the exit code 1."""
    from inspector.jobs.predict import PredictionJob
    from inspector.jobs.predict import predict as work

    job = PredictionJob(bundle=bundle, paths=tuple(paths), engine=engine, heatmaps=heatmaps)
    with working() as (progress, cancel):
        result = work(job, progress, cancel)
    if str(json) != "-":
        show_prediction(result)
    if json:
        write_json(json, result)
    for remark in result.remarks:
        complain(remark)
    for image in result.not_inspected:
        complain(image.reason or "")
    if result.not_inspected:
        raise typer.Exit(1)


def export(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A model bundle.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write.")],
    format: Annotated[
        Literal["onnx", "bundle"], typer.Option(help="The network alone, or the whole bundle in a single file.")
    ] = "onnx",
) -> None:
    """Write a model's network as ONNX, with how to prepare its input inside, or the bundle as one file."""
    from inspector.runtime import bundle as bundles

    if format == "bundle":
        bundles.pack(bundle, out)
    else:
        from inspector.runtime.onnx_file import write_onnx

        write_onnx(bundles.load_bundle(bundle), out)
    typer.echo(f"Written: {out}")
