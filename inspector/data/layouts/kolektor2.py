"""Kolektor SDD2: `train/ID.png` with `train/ID_GT.png`, and `test/` alike. An empty label image means good.

Bozic et al., Computers in Industry 2021 (arXiv 2104.06064).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.data.dataset import Sample, Split
from inspector.data.layouts.files import images_in
from inspector.data.layouts.kolektor import labelled

_MARK = "_GT"


def recognises(folder: Path) -> bool:
    """True for the folder that holds `train` and `test`."""
    return any(path.stem.endswith(_MARK) for path in images_in(folder / "train"))


def samples(folder: Path) -> Iterator[Sample]:
    """The defects of `train`, meant for supervised learning, are TEST as well: no defect is learned from.

    Reads every label image. Raises OSError where a folder cannot be listed, `ImageError` for a damaged label.
    """
    for split in Split:
        yield from labelled(images_in(folder / split.value), _MARK, split)
