"""How far two ways of computing the same network are apart; neither torch nor onnxruntime is imported."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

TOLERANCE = 1e-3
"""Largest allowed difference between two ways of computing, as a share of the spread of the values. Float32 arithmetic
in another order gives about 1e-5; a wrong operator gives 1e-1."""

MAP_SHARE = 0.99
"""So much of a map has to be within the tolerance. Where two patches of a memory are equally near to rounding, each
library may take the other one as a candidate, and a cell of the map is then estimated from that one."""

Outputs = list[NDArray[np.float32]]
"""What a network returns: scores (N,), and maps (N, H, W) where it makes them."""


def difference(expected: NDArray[np.float32], actual: NDArray[np.float32]) -> float:
    """The largest difference of scores (N,), or what `MAP_SHARE` of the differences of maps (N, H, W) do not exceed, as
    a share of the spread of the expected values; infinite if shapes differ or a value is not finite."""
    if expected.shape != actual.shape or not np.isfinite(actual).all():
        return float("inf")
    spread = float(np.ptp(expected)) or float(np.abs(expected).max()) or 1.0
    share = MAP_SHARE if expected.ndim > 1 else 1.0
    return float(np.quantile(np.abs(expected - actual), share, method="higher")) / spread


def joined(results: Iterable[Outputs]) -> Outputs:
    """The outputs of several runs as those of one batch."""
    return [np.concatenate(values) for values in zip(*results, strict=True)]


def largest_difference(expected: Outputs, actual: Outputs) -> float:
    """The largest over all outputs; infinite if one is missing."""
    if len(expected) != len(actual):
        return float("inf")
    return max(difference(left, right) for left, right in zip(expected, actual, strict=True))
