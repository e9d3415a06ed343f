"""The demo's material: simulated parts as a data set, and a project with a trained model for each product."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from inspector import paths
from inspector.data.layout import is_project
from inspector.data.project import Project
from inspector.detectors.registry import DEFAULT_DETECTOR
from inspector.imaging.files import write_image
from inspector.imaging.simulation import Product, SimulatedLine, SimulatedPart, products, render
from inspector.jobs.base import Job
from inspector.jobs.process import run_in_child
from inspector.jobs.train import TrainingJob, TrainingResult, train
from inspector.tasks import CancelToken, Progress

Train = Callable[[TrainingJob, Progress, CancelToken], TrainingResult]


def _all_products() -> tuple[str, ...]:
    return tuple(product.id for product in products())


class DemoJob(Job):
    """What to show: `products` by id; for each, `good` parts to learn from, `held_out` good and as many defective ones
    kept apart, and a stream of `stream` parts with a share of `defects`.

    `folder` keeps the projects; None: the user's data folder.
    """

    folder: Path | None = None
    products: tuple[str, ...] = Field(default_factory=_all_products, min_length=1)
    good: int = Field(default=32, ge=2)
    held_out: int = Field(default=12, ge=0)
    stream: int = Field(default=60, ge=1)
    defects: float = Field(default=0.3, ge=0, le=1)
    seed: int = Field(default=0, ge=0)
    detector: str = DEFAULT_DETECTOR
    backbone: str | None = None
    weights: Path | None = None

    def project_folder(self, product: str) -> Path:
        """Where a product's project is or will be."""
        return (self.folder or paths.data_folder() / "demo") / product

    def line(self, product: str) -> SimulatedLine:
        """The line whose parts are inspected: others than those of the data set."""
        return SimulatedLine(product, self.seed + 1, self.defects)

    def chosen(self) -> list[Product]:
        """The products in the order asked for. Raises `CameraError` `camera_not_found` for one that does not exist."""
        known = {product.id: product for product in products()}
        return [known[SimulatedLine.parse(name).product] for name in self.products]


@dataclass(frozen=True, slots=True)
class DemoProject:
    """A product's project with its active model. `training` is None where the model was there already."""

    product: Product
    folder: Path
    bundle: Path
    line: SimulatedLine
    training: TrainingResult | None


def train_in_child(job: TrainingJob, progress: Progress, cancel: CancelToken) -> TrainingResult:
    """Train in a process of its own (decision 0002)."""
    return run_in_child(train, job, progress, cancel)


def prepare_demo(
    job: DemoJob, progress: Progress, cancel: CancelToken, train_by: Train = train_in_child
) -> list[DemoProject]:
    """One project for each product, as an engineer would have made it; a finished one is used again.

    Raises `CameraError` for an unknown product, `ProjectError` where a project cannot be made or opened, what training
    raises, and `Cancelled`.
    """
    return [prepare_product(job, product, progress, cancel, train_by) for product in job.chosen()]


def prepare_product(
    job: DemoJob, product: Product, progress: Progress, cancel: CancelToken, train_by: Train = train_in_child
) -> DemoProject:
    """As `prepare_demo`, for one product."""
    folder = job.project_folder(product.id)
    project = Project.open(folder) if is_project(folder) else Project.create(folder, product.title)
    try:
        active = project.models.active()
        if active is not None:
            return DemoProject(product, folder, active.folder, job.line(product.id), None)
        with tempfile.TemporaryDirectory(prefix="parts-") as scratch:
            write_dataset(Path(scratch), job, product, progress, cancel)
            project.samples.import_paths([Path(scratch)], progress, cancel)
        training = train_by(_training(job, product, project), progress, cancel)
        row = project.models.add(training.out)
        project.models.activate(row.id)
        return DemoProject(product, folder, row.folder, job.line(product.id), training)
    finally:
        project.close()


def write_dataset(folder: Path, job: DemoJob, product: Product, progress: Progress, cancel: CancelToken) -> None:
    """A product's parts as a folder in MVTec AD layout, with masks."""
    total = job.good + 2 * job.held_out
    for done, (place, name, part) in enumerate(_parts(job, product)):
        cancel.raise_if_cancelled()
        progress(done, total, "rendering")
        write_image(folder / place / f"{name}.png", part.image)
        if part.kind is not None:
            write_image(folder / "ground_truth" / part.kind / f"{name}_mask.png", part.mask)
    progress(total, total, "rendering")


def _parts(job: DemoJob, product: Product) -> Iterator[tuple[str, str, SimulatedPart]]:
    """Folder, name and part; held-out defects take all kinds in turn."""
    for index in range(job.good + 2 * job.held_out):
        name = f"{product.id}-{index:03}"
        beyond = index - job.good - job.held_out
        kind = product.kinds[beyond % len(product.kinds)] if beyond >= 0 else None
        place = "train/good" if index < job.good else f"test/{kind or 'good'}"
        yield place, name, render(product.id, job.seed, index, kind=kind)


def _training(job: DemoJob, product: Product, project: Project) -> TrainingJob:
    return TrainingJob(
        dataset=project.folder,
        out=project.models.new_folder(),
        name=product.title,
        detector=job.detector,
        backbone=job.backbone,
        weights=job.weights,
        seed=job.seed,
    )
