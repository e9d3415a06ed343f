"""Which part of the score axis a histogram shows, and how many scores fall where. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]

BINS = 60
_FENCE = 3.0
"""Interquartile ranges beyond the quartiles from which on a score is an outlier (Tukey's "far out")."""
_LARGEST_STRETCH = 30.0
"""How much longer than the stretch of good scores and thresholds the axis may become for the sake of defects."""
_PADDING = 0.04


@dataclass(frozen=True, slots=True)
class Bins:
    """How one group of scores spreads over an axis: counts (BINS,) inside, and how many lie outside on either side."""

    counts: NDArray[np.int64]
    below: int
    above: int

    @property
    def heights(self) -> NDArray[np.float64]:
        """(BINS,) 0 to 1, relative to the fullest bin of this group."""
        fullest = int(self.counts.max(initial=0))
        return self.counts / fullest if fullest else np.zeros(len(self.counts))


def as_scores(values: Iterable[float]) -> Scores:
    """A one-dimensional array of what is finite."""
    scores = np.asarray(values if isinstance(values, np.ndarray) else list(values), np.float64).ravel()
    return scores[np.isfinite(scores)]


def axis_range(good: Scores, others: Sequence[Scores], thresholds: tuple[float, float] | None) -> tuple[float, float]:
    """(low, high), low < high: holds both thresholds and all scores but outliers.

    Outliers of each group are left out, and defects far away do not shrink the good scores to a line.
    """
    known = [] if thresholds is None else [thresholds]
    known += [_without_outliers(good)] if len(good) else []
    far = [_without_outliers(group) for group in others if len(group)]
    if not known:
        known, far = far or [(0.0, 1.0)], []
    low, high = min(pair[0] for pair in known), max(pair[1] for pair in known)
    reach = _LARGEST_STRETCH * max(high - low, 0.25 * max(abs(low), abs(high)), 1e-9)
    limits = (low - reach, high + reach)
    for first, last in far:
        low, high = min(low, max(first, limits[0])), max(high, min(last, limits[1]))
    return _padded(low, high)


def _padded(low: float, high: float) -> tuple[float, float]:
    span, size = high - low, max(abs(low), abs(high))
    if span <= 1e-6 * size or span == 0:  # one value, or all identical
        middle, half = (low + high) / 2, max(0.1 * size, 1e-6)
        return middle - half, middle + half
    return low - _PADDING * span, high + _PADDING * span


def _without_outliers(scores: Scores) -> tuple[float, float]:
    lower, upper = np.quantile(scores, (0.25, 0.75))
    fence = _FENCE * (upper - lower)
    inside = scores[(scores >= lower - fence) & (scores <= upper + fence)]
    # Interpolated quartiles of two far values may lie beside both.
    return (float(inside.min()), float(inside.max())) if len(inside) else (float(lower), float(upper))


def binned(scores: Scores, low: float, high: float) -> Bins:
    """Count scores over an axis; both ends belong to it."""
    counts, _ = np.histogram(scores, bins=BINS, range=(low, high))
    return Bins(counts, int((scores < low).sum()), int((scores > high).sum()))


def decimals_for(span: float) -> int:
    """Decimals with which a thousandth of the axis can be told apart, 0 to 12."""
    return int(np.clip(3 - np.floor(np.log10(span)), 0, 12))
