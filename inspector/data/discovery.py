"""Which files to look at: single files, folders with all below them, folders in a known layout."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from inspector.data.dataset import Label, Sample, Split
from inspector.data.layouts.registry import layout_of
from inspector.data.video import VIDEO_SUFFIXES
from inspector.errors import ImageError
from inspector.tasks import CancelToken

Note = Callable[[Path, ImageError], None]
_LITTER = frozenset({"thumbs.db", "desktop.ini"})


def is_video(path: Path) -> bool:
    """True for a file name that videos have."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def find_samples(paths: Iterable[Path], label: Label | None, note: Note, cancel: CancelToken) -> list[Sample]:
    """Every file named or found below a folder named, each once, in the order of the names.

    Labels come from the layouts of `data/layouts`; `label`, if given, is taken for all instead. `note` is told of
    folders that cannot be listed. Hidden files and what file managers leave behind are passed over. Raises `Cancelled`,
    and `DatasetError` for a data set in a known layout that cannot be read.
    """
    found: dict[Path, Sample] = {}
    for path in paths:
        for sample in _below(Path(path), label, note, cancel):
            found.setdefault(sample.path, sample)
    return list(found.values())


def _below(path: Path, label: Label | None, note: Note, cancel: CancelToken) -> Iterator[Sample]:
    try:
        layout = layout_of(path)
        if layout is not None:
            for sample in layout.samples(path):
                cancel.raise_if_cancelled()
                yield sample if label is None else Sample(sample.path, label, sample.split)
            return
    except OSError as error:
        note(path, _unlistable(path, error))
        return
    except ImageError as error:
        note(path, error)
        return
    if not path.is_dir():
        yield Sample(path, label or Label.NONE, Split.TRAIN)
        return
    for file in _walk(path, note, cancel):
        yield Sample(file, label or Label.NONE, Split.TRAIN)


def _walk(folder: Path, note: Note, cancel: CancelToken) -> Iterator[Path]:
    def failed(error: OSError) -> None:
        note(Path(error.filename), _unlistable(Path(error.filename), error))

    for place, folders, files in os.walk(folder, onerror=failed):
        cancel.raise_if_cancelled()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and name.lower() not in _LITTER:
                yield Path(place, name)


def _unlistable(folder: Path, error: OSError) -> ImageError:
    return ImageError("folder_unreadable", path=str(folder), reason=error.strerror or str(error))
