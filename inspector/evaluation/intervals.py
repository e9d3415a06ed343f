"""Rates with their sample size and exact 95 % interval: no figure without its n."""

from __future__ import annotations

from dataclasses import dataclass

from scipy.special import betaincinv  # not scipy.stats, whose import takes longer than the window may take to show


@dataclass(frozen=True, slots=True)
class Rate:
    """`count` of `n`, with the exact (Clopper-Pearson) interval [`low`, `high`] of the underlying rate at
    `confidence`."""

    count: int
    n: int
    low: float
    high: float
    confidence: float = 0.95

    @property
    def value(self) -> float | None:
        """The observed share, or None when there was nothing to observe."""
        return self.count / self.n if self.n else None


def clopper_pearson(count: int, n: int, confidence: float = 0.95) -> Rate:
    """Exact binomial interval (Clopper and Pearson, Biometrika 1934): two-sided, equal tails.

    With n = 0 nothing is known and the interval is [0, 1]. Raises ValueError unless 0 <= count <= n.
    """
    if not 0 <= count <= n:
        raise ValueError(f"{count} of {n} is not a rate")
    tail = (1 - confidence) / 2
    low = 0.0 if count == 0 else float(betaincinv(count, n - count + 1, tail))
    high = 1.0 if count == n else float(betaincinv(count + 1, n - count, 1 - tail))
    return Rate(count, n, low, high, confidence)
