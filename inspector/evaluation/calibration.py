"""Thresholds from scores: from good parts alone, or with defects as well. Raw scores in, raw-score thresholds out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from inspector.errors import TrainingError
from inspector.evaluation.judge import Thresholds

Scores = NDArray[np.float64]
Method = Literal["good_quantile", "best_f1", "no_escape"]

DEFAULT_TARGET_REJECT_RATE = 0.01
_UPPER_SHARE = 0.95
_ENOUGH_FOR_SHAPE = 20


@dataclass(frozen=True, slots=True)
class Calibration:
    """Thresholds with how they came about."""

    thresholds: Thresholds
    method: Method
    n_good: int
    n_defect: int
    target_reject_rate: float | None = None


def from_good(
    good: Scores, target_reject_rate: float = DEFAULT_TARGET_REJECT_RATE, review_rate: float | None = None
) -> Calibration:
    """A threshold that is expected to reject `target_reject_rate` of good parts, from scores the detector had not
    learned.

    The upper half of the scores up to their 95th percentile is fitted by a straight line against normal quantiles;
    the line is extended to the target. The top twentieth therefore cannot move the threshold: one odd sample decides
    nothing. Fewer than 20 scores do not show a shape: median and median absolute deviation are used, widened as
    Student's t demands of so few. `review_rate`, larger than the target, opens a review band below the fail
    threshold. Raises `TrainingError` `calibration_no_scores` on an empty array.
    """
    if not len(good):
        raise TrainingError("calibration_no_scores", kind="good")
    fail = _upper_limit(good, target_reject_rate)
    review = fail if review_rate is None else min(fail, _upper_limit(good, review_rate))
    return Calibration(Thresholds(review, fail), "good_quantile", len(good), 0, target_reject_rate)


def _upper_limit(good: Scores, reject_rate: float) -> float:
    n = len(good)
    centre, scale = _upper_line(good) if n >= _ENOUGH_FOR_SHAPE else _median_and_deviation(good)
    # One more score from n known ones: Student's t with n - 1 degrees, at least one.
    factor = float(stdtrit(max(n - 1, 1), 1 - reject_rate)) * math.sqrt(1 + 1 / n)
    # Identical scores have no spread; the limit still has to lie above them, or every good part would fail.
    smallest = max(1e-3 * abs(centre), 1e-9)
    return centre + max(factor * scale, smallest)


def _upper_line(good: Scores) -> tuple[float, float]:
    ordered = np.sort(good)
    share = (np.arange(len(ordered)) + 0.5) / len(ordered)
    upper = (share >= 0.5) & (share <= _UPPER_SHARE)
    scale, centre = np.polyfit(ndtri(share[upper]), ordered[upper], 1)
    return float(centre), float(scale)


def _median_and_deviation(good: Scores) -> tuple[float, float]:
    median = float(np.median(good))
    return median, 1.4826 * float(np.median(np.abs(good - median)))


def best_f1(good: Scores, defect: Scores) -> Calibration:
    """The threshold with the largest F1 on these scores, in the middle of the gap it may move in."""
    _need_both(good, defect)
    scores = np.r_[good, defect]
    is_defect = np.r_[np.zeros(len(good)), np.ones(len(defect))]
    order = np.argsort(-scores, kind="stable")
    scores, is_defect = scores[order], is_defect[order]
    caught, alarms = np.cumsum(is_defect), np.arange(1, len(scores) + 1)
    f1 = 2 * caught / (alarms + len(defect))
    last_of_ties = np.r_[scores[:-1] != scores[1:], True]
    best = int(np.argmax(np.where(last_of_ties, f1, -1.0)))
    below = scores[best + 1] if best + 1 < len(scores) else scores[best]
    return _single(_between(below, scores[best]), "best_f1", good, defect)


def no_escape(good: Scores, defect: Scores) -> Calibration:
    """The highest threshold at which none of these defects passes, halfway down to the next good score."""
    _need_both(good, defect)
    lowest = float(defect.min())
    lower_good = good[good < lowest]
    return _single(_between(float(lower_good.max()) if len(lower_good) else lowest, lowest), "no_escape", good, defect)


def _between(low: float, high: float) -> float:
    """Halfway, but never so low that a score equal to `low` (below `high`) would fail by rounding."""
    middle = low + (high - low) / 2
    return middle if low < middle <= high else high


def _single(threshold: float, method: Method, good: Scores, defect: Scores) -> Calibration:
    return Calibration(Thresholds(float(threshold), float(threshold)), method, len(good), len(defect))


def _need_both(good: Scores, defect: Scores) -> None:
    if not len(good):
        raise TrainingError("calibration_no_scores", kind="good")
    if not len(defect):
        raise TrainingError("calibration_no_scores", kind="defect")
