"""One inspected part as the pane keeps it: small enough to hold two dozen, whatever the camera's resolution. No Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging import overlay
from inspector.imaging.frame import Image
from inspector.imaging.overlay import ColourMap
from inspector.imaging.simulation import Truth, truth_of
from inspector.station.inspection import Inspection
from inspector.station.judging import rejudge

PICTURE_SIDE = 1280
"""Pixels of the longer side: as much as a station's screen shows, and bounded for a 20-megapixel camera."""
THUMBNAIL_SIDE = 112


@dataclass(frozen=True, slots=True)
class Look:
    """How a part is drawn. `low` and `high` are the raw map values of the first and the last colour."""

    heatmap: bool = True
    contours: bool = True
    opacity: float = 0.5
    colour_map: ColourMap = "inferno"
    low: float = 0.0
    high: float = 1.0


@dataclass(frozen=True, slots=True)
class LivePart:
    """`inspection` without its pixels, so that it can be judged again; `picture` and `thumbnail` BGR; None where there
    is none. `anomaly_map`, float32 of any size, lies over the whole picture and is for display only: see
    `overlay.peak_at_score`. `drawn` is the picture as `look` has it."""

    inspection: Inspection
    picture: Image | None
    anomaly_map: NDArray[np.float32] | None
    thumbnail: Image | None
    truth: Truth | None = None
    look: Look | None = None
    drawn: Image | None = None

    @property
    def number(self) -> int:
        """Counts from 1 per started loop."""
        return self.inspection.number

    @property
    def verdict(self) -> Verdict:
        """By the thresholds that were last applied."""
        return self.inspection.verdict

    @property
    def score(self) -> float | None:
        """Raw, None where nothing was judged."""
        prediction = self.inspection.prediction
        return prediction.score if prediction is not None else None

    def judged_by(self, thresholds: Thresholds) -> LivePart:
        """The same part under other thresholds."""
        return replace(self, inspection=rejudge(self.inspection, thresholds))

    def drawn_as(self, look: Look) -> LivePart:
        """The same part with `drawn` made for this look, unless it is already."""
        if self.picture is None or (self.drawn is not None and _same_drawing(self.look, look)):
            return self
        return replace(self, look=look, drawn=_draw(self.picture, self.anomaly_map, look))

    def outlines(self, threshold: float) -> list[NDArray[np.float64]]:
        """Outlines of the areas at or above a raw threshold, (N, 2) in pixels of the picture."""
        if self.anomaly_map is None or self.picture is None:
            return []
        scale = np.divide(self.picture.shape[1::-1], self.anomaly_map.shape[1::-1])
        return [np.asarray(line * scale, np.float64) for line in overlay.contours(self.anomaly_map, threshold)]


def live_part(inspection: Inspection) -> LivePart:
    """Keep what is shown of an inspection; the full-size frame and map are let go."""
    frame, crop, prediction = inspection.frame, inspection.crop, inspection.prediction
    shown = crop.pixels if crop is not None else frame.pixels if frame is not None else None
    picture = None if shown is None else shrunk(shown, PICTURE_SIDE)
    full_map = prediction.anomaly_map if prediction is not None else None
    kept = replace(prediction, anomaly_map=None) if prediction is not None else None
    return LivePart(
        inspection=replace(inspection, frame=None, crop=None, prediction=kept),
        picture=picture,
        anomaly_map=(
            None
            if full_map is None or prediction is None
            else overlay.peak_at_score(shrunk(full_map, PICTURE_SIDE), prediction.score)
        ),
        thumbnail=None if picture is None else shrunk(picture, THUMBNAIL_SIDE),
        truth=truth_of(frame.source, frame.sequence) if frame is not None else None,
    )


def shrunk(pixels: NDArray, side: int) -> NDArray:
    """(H, W[, 3]) with its longer side at most `side` pixels. A copy: nothing keeps the camera's buffer alive."""
    found = fitted(pixels, side)
    return pixels.copy() if found is pixels else found


def fitted(pixels: NDArray, side: int) -> NDArray:
    """(H, W[, 3]) with its longer side at most `side` pixels; the array itself if it is already."""
    longest = max(pixels.shape[:2])
    if longest <= side:
        return pixels
    height, width = (max(round(length * side / longest), 1) for length in pixels.shape[:2])
    # Halving averages as well as one step by any other factor and takes a seventh of the time; below a factor of two
    # averaging gains nothing that can be seen.
    while max(pixels.shape[:2]) >= 2 * side:
        halved = (max(pixels.shape[1] // 2, 1), max(pixels.shape[0] // 2, 1))
        pixels = cv2.resize(pixels, halved, interpolation=cv2.INTER_AREA)
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_LINEAR)


def _same_drawing(first: Look | None, second: Look) -> bool:
    """Contours are drawn by the view, they do not change the picture."""
    return first is not None and replace(first, contours=second.contours) == second


def _draw(picture: Image, anomaly_map: NDArray[np.float32] | None, look: Look) -> Image:
    if anomaly_map is None or not look.heatmap:
        return picture
    return overlay.blend(picture, anomaly_map, look.low, look.high, look.opacity, look.colour_map)
