"""Figures over whole images: ranking quality, and what thresholds would have decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspector.evaluation.intervals import Rate, clopper_pearson
from inspector.evaluation.judge import Thresholds, Verdict, judge_score

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ranking:
    """How well raw scores put defects above good parts; None where one of the two is missing."""

    auroc: float | None
    average_precision: float | None
    n_good: int
    n_defect: int


def ranking(good: Scores, defect: Scores) -> Ranking:
    """Image AUROC and average precision of raw scores, (n,) each."""
    if not len(good) or not len(defect):
        return Ranking(None, None, len(good), len(defect))
    from sklearn.metrics import average_precision_score, roc_auc_score

    truth = np.r_[np.zeros(len(good)), np.ones(len(defect))]
    scores = np.r_[good, defect]
    return Ranking(
        auroc=float(roc_auc_score(truth, scores)),
        average_precision=float(average_precision_score(truth, scores)),
        n_good=len(good),
        n_defect=len(defect),
    )


@dataclass(frozen=True, slots=True)
class Confusion:
    """Verdicts by truth: `good[verdict]` and `defect[verdict]` count images."""

    good: dict[Verdict, int]
    defect: dict[Verdict, int]

    @property
    def escapes(self) -> Rate:
        """Defects that passed. A defect sent to review did not escape."""
        return clopper_pearson(self.defect[Verdict.PASS], sum(self.defect.values()))

    @property
    def overkill(self) -> Rate:
        """Good parts that failed. A good part sent to review was not rejected."""
        return clopper_pearson(self.good[Verdict.FAIL], sum(self.good.values()))

    @property
    def reviewed(self) -> Rate:
        """Parts of either kind that a person has to look at."""
        total = sum(self.good.values()) + sum(self.defect.values())
        return clopper_pearson(self.good[Verdict.REVIEW] + self.defect[Verdict.REVIEW], total)

    @property
    def f1(self) -> float | None:
        """F1 of "not passed" as the alarm; None where there is no defect."""
        caught = self.defect[Verdict.REVIEW] + self.defect[Verdict.FAIL]
        alarms = caught + self.good[Verdict.REVIEW] + self.good[Verdict.FAIL]
        defects = sum(self.defect.values())
        return 2 * caught / (alarms + defects) if defects else None


def confusion(good: Sequence[float] | Scores, defect: Sequence[float] | Scores, thresholds: Thresholds) -> Confusion:
    """Judge every raw score by the thresholds."""
    return Confusion(_counts(good, thresholds), _counts(defect, thresholds))


def _counts(scores: Sequence[float] | Scores, thresholds: Thresholds) -> dict[Verdict, int]:
    counts = dict.fromkeys((Verdict.PASS, Verdict.REVIEW, Verdict.FAIL), 0)
    for score in scores:
        counts[judge_score(float(score), thresholds)] += 1
    return counts
