"""BTAD: `train/ok`, `test/ok`, `test/ko`, and masks `ground_truth/ko/<stem>` as PNG or BMP.

Mishra et al., ISIE 2021 (arXiv 2104.10036).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.data.dataset import Sample, Split
from inspector.data.layouts.files import defects_in, good_in


def recognises(folder: Path) -> bool:
    """True for one product of BTAD."""
    return (folder / "train" / "ok").is_dir()


def samples(folder: Path) -> Iterator[Sample]:
    """Raises OSError where a folder cannot be listed."""
    for split in Split:
        yield from good_in(folder / split.value / "ok", split)
        yield from defects_in(folder / split.value / "ko", "ko", folder / "ground_truth" / "ko")
