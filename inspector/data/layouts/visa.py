"""VisA: `Data/Images/{Normal,Anomaly}`, `Data/Masks/Anomaly`; beside the classes `split_csv/1cls.csv` with the split.

Zou et al., ECCV 2022 (arXiv 2207.14315).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from inspector.data.dataset import Sample, Split
from inspector.data.layouts.files import defects_in, good_in

_SPLIT_FILE = Path("split_csv", "1cls.csv")
_LEARNED_SHARE = 0.8


def recognises(folder: Path) -> bool:
    """True for one class of VisA."""
    return (folder / "Data" / "Images" / "Normal").is_dir()


def samples(folder: Path) -> Iterator[Sample]:
    """Without the published split, four of five good pictures are TRAIN, drawn with a fixed seed.

    Raises OSError where a folder cannot be listed.
    """
    images = folder / "Data" / "Images"
    good = list(good_in(images / "Normal", Split.TRAIN))
    published = _held_out(folder)
    if published is None:
        order = np.random.default_rng(0).permutation(len(good))
        held_out = {good[place].path.name for place in order[round(_LEARNED_SHARE * len(good)) :]}
    else:
        held_out = published
    for sample in good:
        yield replace(sample, split=Split.TEST) if sample.path.name in held_out else sample
    yield from defects_in(images / "Anomaly", None, folder / "Data" / "Masks" / "Anomaly")


def _held_out(folder: Path) -> set[str] | None:
    """File names of the good test pictures of this class by the published split, None where it is not there."""
    file = folder.parent / _SPLIT_FILE
    if not file.is_file():
        return None
    with file.open(newline="", encoding="utf-8-sig") as stream:
        rows = [row for row in csv.DictReader(stream) if row.get("object") == folder.name]
    tests = {Path(row["image"]).name for row in rows if row["split"] == "test" and row["label"] == "normal"}
    return tests if rows else None
