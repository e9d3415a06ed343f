"""A data set from a path: a project, a folder in a known layout, or a folder of images."""

from __future__ import annotations

from pathlib import Path

from inspector.data.dataset import Dataset, Split
from inspector.data.layout import is_project
from inspector.data.layouts.files import good_in
from inspector.data.layouts.registry import layout_of
from inspector.errors import DatasetError


def load_dataset(path: Path | str) -> Dataset:
    """The samples found at `path`, in a fixed order.

    A project: what is good and not held out is TRAIN, all else TEST; it may be open elsewhere meanwhile. A layout of
    `data/layouts`: by its folders. Any other folder: the images directly in it, all good, TRAIN. Pixels are read where
    only they tell the label, and written where a layout keeps many pictures in one file.

    Raises `DatasetError` `dataset_missing`, `dataset_not_folder`, `dataset_unreadable`, `dataset_empty`,
    `dataset_no_images`, and what a layout raises; `ProjectError` for a project that cannot be read.
    """
    folder = Path(path).absolute()
    if is_project(folder):
        from inspector.data.project_dataset import project_dataset  # SQLAlchemy takes half a second to load

        return project_dataset(folder)
    try:
        layout = layout_of(folder)
        if layout is None:
            _check_folder(folder)
        samples = tuple(layout.samples(folder) if layout else good_in(folder, Split.TRAIN))
    except OSError as error:
        raise DatasetError("dataset_unreadable", path=str(folder), reason=error.strerror or str(error)) from error
    if not samples:
        raise DatasetError("dataset_no_images", path=str(folder))
    return Dataset(folder.name, folder, samples)


def _check_folder(folder: Path) -> None:
    if not folder.exists():
        raise DatasetError("dataset_missing", path=str(folder))
    if not folder.is_dir():
        raise DatasetError("dataset_not_folder", path=str(folder))
