"""Pixel AUROC and AUPRO over any number of maps in bounded memory.

Every pixel's raw value is filed under the leading bits of its floating point pattern, which sort as the values do.
Three histograms (normal pixels, defective pixels, defective pixels weighted by one over their region's area) are all
that both figures need, so maps are looked at once and never kept. Values closer than one part in 2^14 count as tied.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.frame import Mask

_DROPPED_BITS = 9
_BINS = 1 << (32 - _DROPPED_BITS)


@dataclass(frozen=True, slots=True)
class PixelFigures:
    """Pixel AUROC and AUPRO in [0, 1], or None without both kinds of pixels; `images` were measured, with `regions`
    defects."""

    auroc: float | None
    aupro: float | None
    images: int
    regions: int
    normal_pixels: int
    defect_pixels: int
    fpr_limit: float


class PixelAccumulator:
    """Collects maps with their truth, then tells the figures.

    AUPRO (Bergmann et al., IJCV 2021, doi 10.1007/s11263-020-01400-4): the mean over all 8-connected defect regions
    of the data set of the share of the region found, against the share of normal pixels (of all images) falsely
    marked, integrated to exactly `fpr_limit` and divided by it.
    """

    def __init__(self) -> None:
        self._normal = np.zeros(_BINS, np.int64)
        self._defect = np.zeros(_BINS, np.int64)
        self._overlap = np.zeros(_BINS, np.float64)
        self._images = 0
        self._regions = 0

    def add(self, anomaly_map: NDArray[np.float32], truth: Mask | None) -> None:
        """One map (H, W) float32, finite, with its truth (H, W), None for a good image. Raises ValueError on other
        shapes."""
        mask = np.zeros(anomaly_map.shape, np.bool_) if truth is None else truth
        if mask.shape != anomaly_map.shape:
            raise ValueError(f"a mask of {mask.shape} does not fit a map of {anomaly_map.shape}")
        keys = _ordered_keys(anomaly_map)
        _count(self._normal, keys[~mask])
        if mask.any():
            _count(self._defect, keys[mask])
            self._add_regions(keys, mask)
        self._images += 1

    def _add_regions(self, keys: NDArray[np.uint32], mask: Mask) -> None:
        count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        inside = labels[mask]
        area = np.bincount(inside, minlength=count)
        _count(self._overlap, keys[mask], 1.0 / area[inside])
        self._regions += count - 1

    def figures(self, fpr_limit: float = 0.3) -> PixelFigures:
        """Both figures over everything added so far."""
        normal, defect = int(self._normal.sum()), int(self._defect.sum())
        auroc = aupro = None
        if normal and defect:
            used = np.flatnonzero((self._normal > 0) | (self._defect > 0))[::-1]
            fpr = _curve(self._normal[used], normal)
            auroc = float(np.trapezoid(_curve(self._defect[used], defect), fpr))
            aupro = _area_to(fpr, _curve(self._overlap[used], self._regions), fpr_limit) / fpr_limit
        return PixelFigures(auroc, aupro, self._images, self._regions, normal, defect, fpr_limit)


def _ordered_keys(values: NDArray[np.float32]) -> NDArray[np.uint32]:
    """Leading bits of IEEE 754 patterns, turned so that unsigned order is numerical order. -0.0 is made 0.0 first."""
    bits = (values.astype(np.float32) + np.float32(0)).view(np.uint32)
    ordered = np.where(bits >> 31, ~bits, bits | np.uint32(0x80000000))
    return ordered >> np.uint32(_DROPPED_BITS)


def _count(histogram: NDArray[np.number], keys: NDArray[np.uint32], weights: NDArray[np.float64] | None = None) -> None:
    """Add to the bins between the smallest and the largest key only: one map uses few of the millions there are."""
    if not len(keys):
        return
    low = int(keys.min())
    counts = np.bincount(keys - np.uint32(low), weights)
    histogram[low : low + len(counts)] += counts


def _curve(weights: NDArray[np.number], total: float) -> NDArray[np.float64]:
    """Share at or above each threshold, from none to all."""
    return np.concatenate(([0.0], np.cumsum(weights) / total))


def _area_to(x: NDArray[np.float64], y: NDArray[np.float64], limit: float) -> float:
    """Area below the piecewise linear curve from 0 to `limit`."""
    inside = x <= limit
    return float(np.trapezoid(np.r_[y[inside], np.interp(limit, x, y)], np.r_[x[inside], limit]))
