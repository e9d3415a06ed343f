"""The figures that training stores and evaluation writes, made in one place. Each has its n beside it."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from inspector.evaluation.image_metrics import confusion, ranking
from inspector.evaluation.intervals import Rate
from inspector.evaluation.judge import Thresholds
from inspector.evaluation.pixel_metrics import PixelFigures


class RateFigure(BaseModel):
    """`count` of `n`, the share (None with n = 0), and its exact 95 % interval."""

    count: int
    n: int
    rate: float | None
    low: float
    high: float

    @classmethod
    def of(cls, rate: Rate) -> RateFigure:
        """From the working object."""
        return cls(count=rate.count, n=rate.n, rate=rate.value, low=rate.low, high=rate.high)


class Figures(BaseModel):
    """How well raw scores and the thresholds in force tell good from defective parts.

    `image_auroc`, `average_precision`, `false_accept` and so on count `n_good` and `n_defect` images; `pixel_auroc` and
    `aupro` (false positive rate up to 0.3) cover `n_pixel_images` with `n_regions` defects. None: not available, for
    want of good parts, defects or masks. `false_accept`: defects that passed; `false_reject`: good parts that failed.
    """

    model_config = ConfigDict(allow_inf_nan=False)

    image_auroc: float | None
    average_precision: float | None
    pixel_auroc: float | None
    aupro: float | None
    f1: float | None
    n_good: int
    n_defect: int
    n_pixel_images: int
    n_regions: int
    confusion: dict[str, dict[str, int]]
    false_accept: RateFigure
    false_reject: RateFigure
    reviewed: RateFigure


def figures(good: list[float], defect: list[float], thresholds: Thresholds, pixels: PixelFigures | None) -> Figures:
    """All figures from raw scores and, where there are masks, from the maps."""
    ranked = ranking(np.asarray(good, np.float64), np.asarray(defect, np.float64))
    judged = confusion(good, defect, thresholds)
    return Figures(
        image_auroc=ranked.auroc,
        average_precision=ranked.average_precision,
        pixel_auroc=pixels.auroc if pixels else None,
        aupro=pixels.aupro if pixels else None,
        f1=judged.f1,
        n_good=ranked.n_good,
        n_defect=ranked.n_defect,
        n_pixel_images=pixels.images if pixels else 0,
        n_regions=pixels.regions if pixels else 0,
        confusion={
            label: {str(verdict): count for verdict, count in counts.items()}
            for label, counts in (("good", judged.good), ("defect", judged.defect))
        },
        false_accept=RateFigure.of(judged.escapes),
        false_reject=RateFigure.of(judged.overkill),
        reviewed=RateFigure.of(judged.reviewed),
    )
