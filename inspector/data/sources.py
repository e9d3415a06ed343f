"""A data set from a path: a project, a folder in MVTec AD layout, or a folder of images. Reads no pixels."""

from __future__ import annotations

from pathlib import Path

from inspector.data.dataset import Dataset, Label, Sample, Split
from inspector.data.discovery import is_image, is_mvtec, mvtec_samples
from inspector.data.layout import is_project
from inspector.errors import DatasetError


def load_dataset(path: Path | str) -> Dataset:
    """The samples found at `path`, in a fixed order.

    A project: what is good and not held out is TRAIN, all else TEST; it may be open elsewhere meanwhile. MVTec AD
    layout: by its folders. Any other folder: the images directly in it, all good, TRAIN.

    Raises `DatasetError` `dataset_missing`, `dataset_not_folder`, `dataset_unreadable`, `dataset_empty`,
    `dataset_no_images`; `ProjectError` for a project that cannot be read.
    """
    folder = Path(path).absolute()
    if not folder.exists():
        raise DatasetError("dataset_missing", path=str(folder))
    if not folder.is_dir():
        raise DatasetError("dataset_not_folder", path=str(folder))
    if is_project(folder):
        from inspector.data.project_dataset import project_dataset  # SQLAlchemy takes half a second to load

        return project_dataset(folder)
    try:
        samples = tuple(mvtec_samples(folder)) if is_mvtec(folder) else _images_in(folder)
    except OSError as error:
        raise DatasetError("dataset_unreadable", path=str(folder), reason=error.strerror or str(error)) from error
    if not samples:
        raise DatasetError("dataset_no_images", path=str(folder))
    return Dataset(folder.name, folder, samples)


def _images_in(folder: Path) -> tuple[Sample, ...]:
    paths = sorted(item for item in folder.iterdir() if is_image(item) and not item.name.startswith("."))
    return tuple(Sample(path, Label.GOOD, Split.TRAIN) for path in paths)
