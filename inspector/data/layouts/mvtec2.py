"""MVTec AD 2: `train/good`, `validation/good`, `test_public/{good,bad}`, and its masks.

The masks are `test_public/ground_truth/bad/<stem>_mask.png`. Heckler-Kram et al., 2025 (arXiv 2503.21622). The private
test pictures have no labels and are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from inspector.data.dataset import Sample, Split
from inspector.data.layouts.files import defects_in, good_in


def recognises(folder: Path) -> bool:
    """True for one product of MVTec AD 2."""
    return (folder / "train" / "good").is_dir() and (folder / "test_public").is_dir()


def samples(folder: Path) -> Iterator[Sample]:
    """Validation pictures are good ones meant for thresholds, which are set here from the good TRAIN samples: TRAIN.

    Raises OSError where a folder cannot be listed.
    """
    for name in ("train", "validation"):
        yield from good_in(folder / name / "good", Split.TRAIN)
    public = folder / "test_public"
    yield from good_in(public / "good", Split.TEST)
    yield from defects_in(public / "bad", "bad", public / "ground_truth" / "bad", "_mask")
