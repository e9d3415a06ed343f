"""What a camera delivers (`Frame`) and the part of it that is judged (`Crop`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""(H, W, 3) uint8, BGR: the one pixel convention of the program, made where an image enters it."""

Mask = NDArray[np.bool_]
"""(H, W) bool, True where something applies (a defect, an ignored zone)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture from a source.

    `captured_at` is wall-clock UTC for records; `monotonic` (seconds, `time.monotonic()`) is for ages and latencies;
    `sequence` counts the frames of one open source from 0.
    """

    pixels: Image
    captured_at: datetime
    monotonic: float
    sequence: int
    source: str
    trigger_id: str | None = None


@dataclass(frozen=True, slots=True)
class Crop:
    """The region of a frame that goes to the engine.

    `origin` is the (x, y) of its top left corner in frame pixels; `ignore` (same height and width) marks pixels that
    no verdict may rest on, or is None.
    """

    pixels: Image
    origin: tuple[int, int] = (0, 0)
    ignore: Mask | None = None
