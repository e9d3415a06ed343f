"""How long a training will take and how much memory, told before it starts: arithmetic over this computer's speed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import mean

import numpy as np
import psutil
from pydantic import BaseModel

from inspector.data.dataset import Dataset, Label, Sample, Split
from inspector.detectors.base import Detector
from inspector.detectors.input_size import looked_at, size_for
from inspector.detectors.work import FEATURE_PASSES, Material, Work
from inspector.errors import ImageError, TrainingError
from inspector.imaging.files import image_size
from inspector.imaging.regions import Region
from inspector.imaging.tiling import Tiling

SLOWEST_PACE, FASTEST_PACE = 5.0, 0.1
_TRUST = 0.5
"""How much of a difference between estimate and truth is believed: some of it is other programs' doing."""

_SIDE, _TRIES = 512, 10

_START_S, _FIGURES_S = 4.0, 1.0
"""A new process that imports torch, and the figures: what Python does by itself. Processor time of trainings on 20
pictures of 128 pixels; cores hardly differ in it."""
_READ_S, _SCALED_S = 50e-9, 40e-9
"""For a pixel of a picture (PNG: 7 ms for 384x384) and of the network's input (3 ms for 256x256)."""
_SCORED_S = 100e-9
"""For a pixel of a picture that was held out: map enlarged, compared with its truth (8 ms for 384x384)."""
_WRITTEN_S = 25e-9
"""For a byte of what was learned: exported, checked, saved and hashed."""

_PROGRAM_BYTES = 480 << 20
"""A process that has learned next to nothing, with its libraries."""
_EXPORTING_BYTES, _COPIES = 580 << 20, 4.5
"""The same process after an export and figures, and how many copies of what was learned the exporter makes."""

_GIGABYTE = 2**30


@dataclass(frozen=True, slots=True)
class Pictures:
    """What there is to train on: how many good pictures are `learned` and how many of all kinds are `held_out`, the
    mean pixels of a whole picture, and (height, width) of some crops."""

    learned: int
    held_out: int
    pixels: float
    crops: tuple[tuple[int, int], ...]


class TrainingEstimate(BaseModel):
    """Before a training: about how many seconds from its start to its end, and how much memory it holds at once."""

    seconds: float
    peak_bytes: int
    free_bytes: int

    @property
    def shortage(self) -> TrainingError | None:
        """What to tell where so much memory is not free."""
        if self.peak_bytes <= self.free_bytes:
            return None
        needed, free = gigabytes(self.peak_bytes), gigabytes(self.free_bytes)
        return TrainingError("training_memory_short", needed=needed, free=free)


def gigabytes(size: int) -> str:
    """Bytes as GB with one decimal, at least 0.1."""
    return f"{max(size / _GIGABYTE, 0.1):.1f}"


def rounded(seconds: float) -> float:
    """No finer than an estimate is good for: 5 s, from a minute on whole minutes, from 20 minutes on ten."""
    step = 5 if seconds < 57.5 else 60 if seconds < 1200 else 600
    return max(round(seconds / step), 1) * step


def pictures(learned: int, held_out: int, sizes: Sequence[tuple[int, int]], region: Region) -> Pictures:
    """From (width, height) of some of the good pictures, at least one."""
    judged = sizes if region.roi is None else [region.roi[2:]]
    crops = tuple((height, width) for width, height in judged)
    return Pictures(learned, held_out, mean(width * height for width, height in sizes), crops)


def pictures_of(dataset: Dataset, region: Region | None = None) -> Pictures | None:
    """Of a data set, by the headers of a few files; None where no good picture can be read."""
    good = dataset.select(Label.GOOD, Split.TRAIN)
    held_out = len(dataset.select(Label.GOOD, Split.TEST)) + len(dataset.select(Label.DEFECT))
    sizes = [size for index in looked_at(len(good)) if (size := _size_of(good[index]))]
    return pictures(len(good), held_out, sizes, region or dataset.region) if sizes else None


def _size_of(sample: Sample) -> tuple[int, int] | None:
    try:
        return image_size(sample.path)
    except ImageError:
        return None  # training itself tells about it


@cache
def machine_speed() -> float:
    """Operations a second of a float32 matrix product in this process; measured once, in some 50 ms."""
    left = np.random.default_rng(0).random((_SIDE, _SIDE), np.float32)
    best = float("inf")
    for _ in range(_TRIES):
        begun = time.perf_counter()
        np.matmul(left, left)
        best = min(best, time.perf_counter() - begun)
    return 2 * _SIDE**3 / best


def estimate(
    detector: Detector,
    folds: int,
    found: Pictures,
    speed: float,
    pace: float = 1.0,
    tiling: Tiling | None = None,
) -> TrainingEstimate:
    """Of a training with an unfitted detector. `speed`: see `machine_speed`; `pace`: see `learned_pace`."""
    tiles, crops = _tiled(found.crops, tiling)
    height, width = size_for(crops, detector.settings.image_size)
    learned, judged = round(found.learned * tiles), found.held_out * tiles
    work = detector.work(Material(learned, height, width, folds))
    computed = FEATURE_PASSES * learned - (FEATURE_PASSES - 1) * work.kept(learned)
    operations = computed * work.features + work.learning + work.validation + judged * work.judging
    seconds = operations / speed + _by_python(found, height * width * tiles, work)
    pace = min(max(pace, FASTEST_PACE), SLOWEST_PACE)
    held = work.peak_bytes + work.kept(learned) * work.embedded_bytes
    peak = max(_PROGRAM_BYTES + held, _EXPORTING_BYTES + int(_COPIES * work.learned_bytes))
    return TrainingEstimate(
        seconds=seconds * pace,
        peak_bytes=peak,
        free_bytes=psutil.virtual_memory().available,
    )


def _tiled(crops: tuple[tuple[int, int], ...], tiling: Tiling | None) -> tuple[float, tuple[tuple[int, int], ...]]:
    """How many tiles a crop has, on average, and their sizes; a crop as a whole is one."""
    if tiling is None:
        return 1.0, crops
    count = mean(len(tiling.tiles(height, width)) for height, width in crops)
    return count, tuple((min(height, tiling.size), min(width, tiling.size)) for height, width in crops)


def _by_python(found: Pictures, input_pixels: float, work: Work) -> float:
    """Seconds that do not depend on how fast matrices are multiplied."""
    reading = found.pixels * _READ_S + input_pixels * _SCALED_S
    seen = FEATURE_PASSES * found.learned + found.held_out
    scored = found.held_out * found.pixels * _SCORED_S
    fixed = _START_S + work.export_s + _FIGURES_S
    return fixed + seen * reading + scored + work.learned_bytes * _WRITTEN_S


def learned_pace(pace: float, estimated: float, actual: float) -> float:
    """How many times as long as the arithmetic says a training takes on this computer, from the pace so far and one
    training: `estimated` with that pace and `actual` seconds."""
    if estimated <= 0 or actual <= 0:
        return pace
    learned: float = pace * (actual / estimated) ** _TRUST
    return min(max(learned, FASTEST_PACE), SLOWEST_PACE)
