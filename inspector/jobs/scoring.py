"""Scoring samples one by one, with their pixel truth: the same for training's held-out samples and for evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np

from inspector.data.dataset import Label, Sample
from inspector.detectors.base import Prediction
from inspector.errors import ImageError
from inspector.evaluation.pixel_metrics import PixelAccumulator, PixelFigures
from inspector.imaging.frame import Image, Mask
from inspector.imaging.regions import Region
from inspector.jobs.samples import Skipped, skipped
from inspector.tasks import CancelToken, Progress

Infer = Callable[[Image], Prediction]
OnScored = Callable[[Sample, Image, Prediction], None]


@dataclass(frozen=True, slots=True)
class Scored:
    """One sample with its raw score and the milliseconds it took."""

    sample: Sample
    score: float
    milliseconds: float


@dataclass
class Scoring:
    """Everything that was scored; `pixels` is None where no sample has a mask."""

    scored: list[Scored] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    pixels: PixelFigures | None = None

    def scores(self, label: Label) -> list[float]:
        """The raw scores of one label."""
        return [item.score for item in self.scored if item.sample.label == label]


def score_samples(
    infer: Infer,
    samples: Sequence[Sample],
    region: Region,
    progress: Progress,
    cancel: CancelToken,
    on_scored: OnScored | None = None,
) -> Scoring:
    """Judge each sample's crop; maps are looked at once and never kept.

    Pixel figures cover good samples and defects with a mask; a defect without one says nothing about its pixels.
    Unreadable images are listed, not fatal. `on_scored` receives sample, crop and prediction.
    """
    scoring = Scoring()
    pixels = PixelAccumulator() if any(sample.mask_path for sample in samples) else None
    for done, sample in enumerate(samples):
        cancel.raise_if_cancelled()
        try:
            crop = region.crop(sample.read()).pixels
            truth = _truth(sample, region, crop) if pixels is not None else None
        except ImageError as error:
            scoring.skipped.append(skipped(sample, error))
            continue
        prediction = infer(crop)
        scoring.scored.append(Scored(sample, prediction.score, prediction.timing.total_ms))
        comparable = sample.label == Label.GOOD or truth is not None
        if pixels is not None and prediction.anomaly_map is not None and comparable:
            pixels.add(prediction.anomaly_map, truth)
        if on_scored is not None:
            on_scored(sample, crop, prediction)
        progress(done + 1, len(samples), "scoring", prediction.score)
    scoring.pixels = pixels.figures() if pixels is not None else None
    return scoring


def _truth(sample: Sample, region: Region, crop: Image) -> Mask | None:
    """The sample's mask in crop pixels; a mask drawn at another size is brought to the picture's."""
    mask = sample.read_mask()
    if mask is None or sample.label != Label.DEFECT:
        return None
    if region.roi is None and mask.shape != crop.shape[:2]:
        resized = cv2.resize(mask.astype(np.uint8), crop.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        return np.asarray(resized, np.bool_)
    return region.crop_mask(mask)
