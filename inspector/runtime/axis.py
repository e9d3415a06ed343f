"""Ticks of a logarithmic axis, for plots in reports and in the window."""

from __future__ import annotations

import math


def log_ticks(left: float, right: float) -> list[float]:
    """1, 2, 5, 10, 20 and so on from 10^`left` to 10^`right`."""
    decades = range(math.floor(left), math.ceil(right) + 1)
    values = (step * 10.0**decade for decade in decades for step in (1, 2, 5))
    return [value for value in values if left <= math.log10(value) <= right]


def log_range(values: list[float]) -> tuple[float, float]:
    """Decimal logarithms between which all of these values (> 0, at least one) have room."""
    logs = [math.log10(value) for value in values]
    return math.floor(min(logs) * 2 - 0.2) / 2, math.ceil(max(logs) * 2 + 0.2) / 2
