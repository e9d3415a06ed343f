"""How far an image AUROC can be trusted: DeLong's variance, as an interval that stays between 0 and 1."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtri

from inspector.evaluation.intervals import clopper_pearson

Scores = NDArray[np.float64]


def auroc_interval(good: Scores, defect: Scores, confidence: float = 0.95) -> tuple[float, float] | None:
    """(low, high) of the AUROC of raw scores (n,) each, two-sided; None where one of the two is missing.

    DeLong, DeLong and Clarke-Pearson (Biometrics 1988) on the logit scale (Pepe 2003). That variance is zero
    where all pairs are ranked alike, and unknown with a single picture of a kind, which proves nothing: the exact
    interval of as many pairs as there are that share no picture stands in, the smaller of the two numbers.
    """
    if not len(good) or not len(defect):
        return None
    by_defect, by_good = _placements(good, defect)
    auroc = float(by_defect.mean())
    pairs = min(len(good), len(defect))
    variance = by_defect.var(ddof=1) / len(defect) + by_good.var(ddof=1) / len(good) if pairs > 1 else 0.0
    if variance == 0:
        exact = clopper_pearson(round(auroc * pairs), pairs, confidence)
        return exact.low, exact.high
    reach = float(ndtri((1 + confidence) / 2)) * np.sqrt(variance) / (auroc * (1 - auroc))
    return float(expit(logit(auroc) - reach)), float(expit(logit(auroc) + reach))


def _placements(good: Scores, defect: Scores) -> tuple[Scores, Scores]:
    """Of each defect the share of good parts below it, of each good part the share of defects above it; ties count
    half. Both have the AUROC as their mean."""
    return _share_below(defect, good), 1 - _share_below(good, defect)


def _share_below(values: Scores, others: Scores) -> Scores:
    ordered = np.sort(others)
    below, up_to = np.searchsorted(ordered, values, "left"), np.searchsorted(ordered, values, "right")
    return np.asarray((below + up_to) / (2 * len(others)), np.float64)
