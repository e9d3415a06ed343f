"""MVTec AD: `train/good`, `test/good`, `test/<kind>`, `ground_truth/<kind>/<stem>_mask.png`.

Bergmann et al., CVPR 2019. Many other sets are laid out alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.data.dataset import Sample, Split
from inspector.data.layouts.files import defects_in, folders_in, good_in


def recognises(folder: Path) -> bool:
    """True for a folder in MVTec AD layout."""
    return (folder / "train" / "good").is_dir()


def samples(folder: Path) -> Iterator[Sample]:
    """Every other folder than `good` is a kind of defect; one that someone put below train/ is for methods that learn
    from defects.

    Raises OSError where a folder cannot be listed.
    """
    for split in Split:
        for kind in folders_in(folder / split.value):
            if kind.name == "good":
                yield from good_in(kind, split)
            else:
                yield from defects_in(kind, kind.name, folder / "ground_truth" / kind.name, "_mask", split)
