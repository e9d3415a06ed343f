"""What a model's stored scores say about a pair of thresholds: rates with their n, and thresholds proposed. No Qt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from inspector.data.dataset import Label
from inspector.evaluation.calibration import Calibration, best_f1, from_good, no_escape
from inspector.evaluation.image_metrics import Confusion, confusion
from inspector.evaluation.intervals import Rate
from inspector.evaluation.judge import Thresholds
from inspector.runtime.manifest import ThresholdPart
from inspector.runtime.scores import ScoreRow

Scores = NDArray[np.float64]
GoodScores = Literal["cross_validated", "held_out", "augmented", "none"]


@dataclass(frozen=True)
class Judged:
    """What a pair of thresholds decides about the stored scores.

    `escapes`: defects that pass. `overkill_held_out`, `overkill_learned`: good parts that fail, among those the model
    has never seen and among those it has learned from (each scored by a model that had not seen it). `reviewed`:
    of all. `f1`: of "not passed" as the alarm, over defects and the good parts that `Evidence.good` names.
    """

    escapes: Rate
    overkill_held_out: Rate
    overkill_learned: Rate
    reviewed: Rate
    f1: float | None


@dataclass(frozen=True)
class Evidence:
    """The raw scores of a bundle by what they may be used for, each (n,) float64."""

    learned: Scores
    """Good parts that took part in the training, each scored by a model that had not learned from it."""
    held_out: Scores
    """Good parts that training has never seen."""
    defect: Scores
    kept_away: bool = False
    """Whether those of `learned` were kept away from learning, instead of being cross-validated."""

    @classmethod
    def of(cls, rows: Iterable[ScoreRow], *, kept_away: bool = False) -> Evidence:
        """Sort the scores of a bundle."""
        learned: list[float] = []
        held_out: list[float] = []
        defect: list[float] = []
        for row in rows:
            if row.label == Label.DEFECT:
                defect.append(row.score)
            elif row.label == Label.GOOD:
                (learned if row.cross_validated else held_out).append(row.score)
        return cls(
            learned=np.asarray(learned, np.float64),
            held_out=np.asarray(held_out, np.float64),
            defect=np.asarray(defect, np.float64),
            kept_away=kept_away,
        )

    @property
    def good(self) -> Scores:
        """All good scores, for looking at."""
        return np.r_[self.learned, self.held_out]

    def judged(self, thresholds: Thresholds) -> Judged:
        """What these thresholds decide."""
        held_out = confusion(self.held_out, self.defect, thresholds)
        learned = confusion(self.learned, (), thresholds)
        everything = Confusion(
            {verdict: count + learned.good[verdict] for verdict, count in held_out.good.items()}, held_out.defect
        )
        ranked = held_out if len(self.held_out) else confusion(self.learned, self.defect, thresholds)
        return Judged(held_out.escapes, held_out.overkill, learned.overkill, everything.reviewed, ranked.f1)

    def from_good(self, target_reject_rate: float) -> ThresholdPart:
        """A threshold that is expected to reject this share of good parts. Raises `TrainingError`."""
        return self._part(from_good(self._for_calibration, target_reject_rate))

    def best_f1(self) -> ThresholdPart:
        """The threshold with the largest F1 on these very images. Raises `TrainingError`."""
        return self._part(best_f1(self._for_calibration, self.defect))

    def no_escape(self) -> ThresholdPart:
        """The highest threshold at which none of these very defects passes. Raises `TrainingError`."""
        return self._part(no_escape(self._for_calibration, self.defect))

    def manual(self, review: float, fail: float) -> ThresholdPart:
        """Thresholds that a person chose while looking at these scores."""
        n_good, n_defect = len(self.good), len(self.defect)
        kind: GoodScores = self._kind if n_good else "none"
        return ThresholdPart(
            review=review, fail=fail, method="manual", good_scores=kind, n_good=n_good, n_defect=n_defect
        )

    @property
    def _for_calibration(self) -> Scores:
        """Held-out good parts stay out of it where they can, so that they remain a test."""
        return self.learned if len(self.learned) else self.held_out

    @property
    def _kind(self) -> GoodScores:
        if not len(self.learned) or self.kept_away:
            return "held_out"
        # A single image cannot be held out of its own training: altered copies of it were scored.
        return "cross_validated" if len(self.learned) > 1 else "augmented"

    def _part(self, calibration: Calibration) -> ThresholdPart:
        return ThresholdPart(
            review=calibration.thresholds.review,
            fail=calibration.thresholds.fail,
            method=calibration.method,
            good_scores=self._kind,
            n_good=calibration.n_good,
            n_defect=calibration.n_defect,
            target_reject_rate=calibration.target_reject_rate,
        )
