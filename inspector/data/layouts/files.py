"""What all layouts need: pictures and folders in a fixed order, and the mask that belongs to a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.data.dataset import Label, Sample, Split
from inspector.imaging.files import IMAGE_SUFFIXES


def is_image(path: Path) -> bool:
    """True for a file name that images have."""
    return path.suffix.lower() in IMAGE_SUFFIXES


def images_in(folder: Path) -> list[Path]:
    """The pictures directly in a folder, by name, without hidden ones; none where there is no such folder.

    Raises OSError where it cannot be listed.
    """
    if not folder.is_dir():
        return []
    return sorted(item for item in folder.iterdir() if is_image(item) and not item.name.startswith("."))


def folders_in(folder: Path) -> list[Path]:
    """The folders directly in a folder, by name; none where there is no such folder. Raises OSError."""
    return sorted(item for item in folder.iterdir() if item.is_dir()) if folder.is_dir() else []


def good_in(folder: Path, split: Split) -> Iterator[Sample]:
    """Everything in a folder as good parts."""
    return (Sample(path, Label.GOOD, split) for path in images_in(folder))


def defects_in(
    folder: Path, kind: str | None, masks: Path, ending: str = "", split: Split = Split.TEST
) -> Iterator[Sample]:
    """Everything in a folder as defects; masks are called as their pictures are, plus `ending`, with any suffix.

    One without a mask is a defect all the same.
    """
    known = {path.stem: path for path in images_in(masks)}
    for path in images_in(folder):
        yield Sample(path, Label.DEFECT, split, kind, known.get(f"{path.stem}{ending}"))
