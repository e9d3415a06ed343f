"""Scores as a picture inside an HTML report: good and defective ones as bars, thresholds as lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WIDTH, _HEIGHT, _BINS = 800, 220, 60
GOOD, DEFECT, INK = "#2a7fb8", "#d9822b", "#1c2530"


def score_histogram(good: Sequence[float], defect: Sequence[float], review: float, fail: float) -> str:
    """One inline SVG with its caption, as HTML."""
    if not len(good) and not len(defect):
        return "<p>No image was scored.</p>"
    values = [*good, *defect, review, fail]
    low, high = min(values), max(values)
    span = (high - low) or 1.0
    low, high = low - 0.02 * span, high + 0.02 * span
    bars = _bars(good, low, high, GOOD, 0.75) + _bars(defect, low, high, DEFECT, 0.75)
    lines = "".join(
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="{_HEIGHT}" stroke="{INK}" stroke-dasharray="6 4"/>'
        for x in {_WIDTH * (value - low) / (high - low) for value in (review, fail)}
    )
    caption = (
        f'<p class="note">Blue: {len(good)} good. Orange: {len(defect)} defective. Dashed: thresholds. '
        f"Raw scores from {low:.4g} to {high:.4g}; each bar's height is its share of its own kind.</p>"
    )
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{bars}{lines}</svg>{caption}'


def _bars(values: Sequence[float], low: float, high: float, colour: str, opacity: float) -> str:
    if not len(values):
        return ""
    counts, _ = np.histogram(values, bins=_BINS, range=(low, high))
    width = _WIDTH / _BINS
    scale = (_HEIGHT - 10) / counts.max()
    return "".join(
        f'<rect x="{index * width:.1f}" y="{_HEIGHT - count * scale:.1f}" width="{width - 1:.1f}" '
        f'height="{count * scale:.1f}" fill="{colour}" fill-opacity="{opacity}"/>'
        for index, count in enumerate(counts)
        if count
    )
