"""Kolektor SDD: `kosNN/PartX.jpg` with `PartX_label.bmp`. Every picture has a label image; an empty one means good.

Tabernik et al., Journal of Intelligent Manufacturing 2020 (arXiv 1903.08536). The set has no split of its own for
learning from good parts alone: every third folder, which is one physical part, is held out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.data.dataset import Label, Sample, Split
from inspector.data.layouts.files import folders_in, images_in
from inspector.imaging.files import read_mask

_MARK = "_label"
_EVERY = 3


def recognises(folder: Path) -> bool:
    """True for the folder that holds the folders `kos01` and so on."""
    first = next(iter(_parts(folder)), None)
    return first is not None and any(path.stem.endswith(_MARK) for path in images_in(first))


def samples(folder: Path) -> Iterator[Sample]:
    """Reads every label image. Raises OSError where a folder cannot be listed, `ImageError` for a damaged label."""
    for number, part in enumerate(_parts(folder)):
        split = Split.TEST if number % _EVERY == _EVERY - 1 else Split.TRAIN
        yield from labelled(images_in(part), _MARK, split)


def labelled(paths: list[Path], mark: str, split: Split) -> Iterator[Sample]:
    """Pictures among their label images, which are called as they are plus `mark`. Without one: not labelled."""
    labels = {path.stem: path for path in paths if path.stem.endswith(mark)}
    for path in paths:
        if path.stem in labels:
            continue
        mask = labels.get(f"{path.stem}{mark}")
        if mask is None:
            yield Sample(path, Label.NONE, split)
        elif read_mask(mask).any():
            yield Sample(path, Label.DEFECT, Split.TEST, None, mask)
        else:
            yield Sample(path, Label.GOOD, split)


def _parts(folder: Path) -> list[Path]:
    return [item for item in folders_in(folder) if item.name.lower().startswith("kos")]
