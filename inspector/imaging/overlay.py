"""What a person sees of an anomaly map: colours, a blend over the picture, outlines. For display only.

`low` and `high` are the raw map values that take the first and the last colour; nothing here flows back into scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.frame import Image

ColourMap = Literal["inferno", "turbo", "viridis"]
COLOUR_MAPS: dict[ColourMap, int] = {
    "inferno": cv2.COLORMAP_INFERNO,
    "turbo": cv2.COLORMAP_TURBO,
    "viridis": cv2.COLORMAP_VIRIDIS,
}

AnomalyMap = NDArray[np.float32]
Contour = NDArray[np.int32]
"""(N, 2) int32: the corners (x, y) of a closed outline, in map pixels."""

_STRIDE = 4
"""A median over every sixteenth pixel tells the background as well and takes a sixteenth of the time."""

RAMP = 0.5
"""Share of the range from `low` to `high` over which the blend's opacity rises from nothing to what was asked."""


def colourise(anomaly_map: AnomalyMap, low: float, high: float, name: ColourMap = "inferno") -> Image:
    """(H, W) float32 to (H, W, 3) uint8 BGR; values outside [low, high] take the end colours."""
    return np.asarray(cv2.applyColorMap(_levels(anomaly_map, low, high), COLOUR_MAPS[name]), np.uint8)


def blend(
    image: Image, anomaly_map: AnomalyMap, low: float, high: float, opacity: float, name: ColourMap = "inferno"
) -> Image:
    """Lay the coloured map over a (H, W, 3) picture; a map of another size is stretched over it.

    The picture stays untouched at `low` and below and is tinted with `opacity` (0 to 1) from half of the range on: a
    good part looks like itself, and dark first colours do not cover it.
    """
    levels = _levels(anomaly_map, low, high)
    if levels.shape != image.shape[:2]:
        levels = np.asarray(cv2.resize(levels, image.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
    colours, remaining = _blend_tables(opacity, name)
    tint = cv2.applyColorMap(levels, colours)
    kept = cv2.multiply(image, cv2.applyColorMap(levels, remaining), scale=1 / 255)
    return np.asarray(cv2.add(kept, tint, dst=tint), np.uint8)


def peak_at_score(anomaly_map: AnomalyMap, score: float) -> AnomalyMap:
    """A map (H, W) for looking at, whose peak is the image's raw score.

    Methods smooth their maps, so the peak of a small defect lies below its score, and a threshold on scores would
    outline nothing. What rises above the map's own median is stretched; the median stays, so that a strong defect
    does not lift the whole picture over the threshold. A score below the median moves the whole map down.
    """
    background = float(np.median(anomaly_map[::_STRIDE, ::_STRIDE]))
    peak = float(anomaly_map.max())
    if not background < min(score, peak):
        return np.asarray(anomaly_map + np.float32(score - peak))
    stretch = (score - background) / (peak - background)
    return np.asarray((anomaly_map - np.float32(background)) * np.float32(stretch) + np.float32(background))


def contours(anomaly_map: AnomalyMap, threshold: float) -> list[Contour]:
    """Outer outlines of the areas at or above a raw threshold, the largest first."""
    above = (anomaly_map >= np.float32(threshold)).view(np.uint8)
    found, _ = cv2.findContours(above, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outlines = [np.asarray(outline, np.int32).reshape(-1, 2) for outline in found]
    return sorted(outlines, key=cv2.contourArea, reverse=True)


def draw_contours(
    image: Image, outlines: Sequence[Contour], colour: tuple[int, int, int] = (255, 255, 255), thickness: int = 2
) -> None:
    """Draw outlines into a picture (in place), each with a dark rim, so that it shows on any ground."""
    for line, width in (((0, 0, 0), thickness + 2), (colour, thickness)):
        cv2.polylines(image, list(outlines), isClosed=True, color=line, thickness=width, lineType=cv2.LINE_AA)


def _levels(anomaly_map: AnomalyMap, low: float, high: float) -> NDArray[np.uint8]:
    """(H, W) uint8: 0 at `low` and below, 255 at `high` and above. An empty range is a step at `low`."""
    if not high > low:
        return np.where(anomaly_map > low, np.uint8(255), np.uint8(0))
    scale = 255 / (high - low)
    return np.asarray(
        cv2.convertScaleAbs(np.maximum(anomaly_map, np.float32(low)), alpha=scale, beta=-low * scale), np.uint8
    )


@lru_cache(maxsize=32)
def _blend_tables(opacity: float, name: ColourMap) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """By level: the colour times its opacity, and what remains of the picture times 255; both (256, 1, 3) uint8."""
    steps = np.arange(256, dtype=np.float64)
    weight = np.clip(opacity, 0, 1) * np.clip(steps / (255 * RAMP), 0, 1)
    palette = cv2.applyColorMap(np.arange(256, dtype=np.uint8).reshape(256, 1), COLOUR_MAPS[name])
    colours = np.rint(palette * weight[:, None, None]).astype(np.uint8)
    remaining = np.rint(255 * (1 - weight)).astype(np.uint8)
    return colours, np.repeat(remaining.reshape(256, 1, 1), 3, axis=2)
