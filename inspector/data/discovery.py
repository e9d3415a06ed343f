"""Which files to look at: single files, folders with all below them, folders in MVTec AD layout. Reads no pixels."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from inspector.data.dataset import Label, Sample, Split
from inspector.data.video import VIDEO_SUFFIXES
from inspector.errors import ImageError
from inspector.imaging.files import IMAGE_SUFFIXES
from inspector.tasks import CancelToken

Note = Callable[[Path, ImageError], None]
_LITTER = frozenset({"thumbs.db", "desktop.ini"})


def is_image(path: Path) -> bool:
    """True for a file name that images have."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def is_video(path: Path) -> bool:
    """True for a file name that videos have."""
    return path.suffix.lower() in VIDEO_SUFFIXES


def find_samples(paths: Iterable[Path], label: Label | None, note: Note, cancel: CancelToken) -> list[Sample]:
    """Every file named or found below a folder named, each once, in the order of the names.

    Labels come from the MVTec AD layout; `label`, if given, is taken for all instead. `note` is told of folders that
    cannot be listed. Hidden files and what file managers leave behind are passed over. Raises `Cancelled`.
    """
    found: dict[Path, Sample] = {}
    for path in paths:
        for sample in _below(Path(path), label, note, cancel):
            found.setdefault(sample.path, sample)
    return list(found.values())


def is_mvtec(folder: Path) -> bool:
    """True for a folder in MVTec AD layout."""
    return (folder / "train" / "good").is_dir()


def mvtec_samples(folder: Path) -> Iterator[Sample]:
    """Samples of `train/good`, `test/good` and `test/<kind of defect>`, with `ground_truth/<kind>/<stem>_mask.png`.

    Raises OSError where a folder cannot be listed.
    """
    for split in Split:
        for kind in _folders(folder / split.value):
            good = kind.name == "good"
            for path in sorted(item for item in kind.iterdir() if is_image(item) and not item.name.startswith(".")):
                if good:
                    yield Sample(path, Label.GOOD, split)
                else:
                    # A defect is never learned from, even where someone put it below train/.
                    mask = folder / "ground_truth" / kind.name / f"{path.stem}_mask.png"
                    yield Sample(path, Label.DEFECT, Split.TEST, kind.name, mask if mask.exists() else None)


def _folders(folder: Path) -> list[Path]:
    return sorted(item for item in folder.iterdir() if item.is_dir()) if folder.is_dir() else []


def _below(path: Path, label: Label | None, note: Note, cancel: CancelToken) -> Iterator[Sample]:
    if not path.is_dir():
        yield Sample(path, label or Label.NONE, Split.TRAIN)
    elif is_mvtec(path):
        try:
            for sample in mvtec_samples(path):
                yield sample if label is None else Sample(sample.path, label, sample.split)
        except OSError as error:
            note(path, _unlistable(path, error))
    else:
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
