"""The two thresholds while a person moves them: always in order. No Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Which = Literal["review", "fail"]


@dataclass(frozen=True, slots=True)
class ThresholdPair:
    """`review` ≤ `fail`, raw scores. Without a `band` both are one."""

    review: float = 0.0
    fail: float = 0.0
    band: bool = False

    def moved(self, which: Which, value: float) -> ThresholdPair:
        """One threshold at `value`, or as near as the other allows; without a band both move."""
        if not self.band:
            return ThresholdPair(value, value)
        if which == "review":
            return ThresholdPair(min(value, self.fail), self.fail, band=True)
        return ThresholdPair(self.review, max(value, self.review), band=True)

    def with_band(self, width: float) -> ThresholdPair:
        """Open a review band of this width below the fail threshold, unless there is one."""
        if self.review < self.fail:
            return ThresholdPair(self.review, self.fail, band=True)
        return ThresholdPair(self.fail - width, self.fail, band=True)

    def without_band(self) -> ThresholdPair:
        """Merge both at the fail threshold: what was to be reviewed passes."""
        return ThresholdPair(self.fail, self.fail)
