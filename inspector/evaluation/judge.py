"""From a raw score to a verdict: two thresholds and optional rules on the map."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """Outcome of an inspection. NOT_INSPECTED never counts as PASS."""

    PASS = "pass"
    REVIEW = "review"
    FAIL = "fail"
    NOT_INSPECTED = "not_inspected"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Raw-score limits: below `review` PASS, above `fail` FAIL, between them (both ends included) REVIEW.

    Equal values mean no review band; a score exactly on both is then a FAIL, the safe side.
    """

    review: float
    fail: float

    def __post_init__(self) -> None:
        if not self.review <= self.fail:
            raise ValueError(f"review threshold {self.review} is above fail threshold {self.fail}")


def judge_score(score: float, thresholds: Thresholds) -> Verdict:
    """PASS, REVIEW or FAIL of one raw score."""
    if score < thresholds.review:
        return Verdict.PASS
    if score > thresholds.fail or thresholds.review == thresholds.fail:
        return Verdict.FAIL
    return Verdict.REVIEW
