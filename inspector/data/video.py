"""Pictures from a video file: every n-th frame, without those that show what the one before showed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from inspector.data.files import shrink
from inspector.errors import ImageError
from inspector.imaging.frame import Image

VIDEO_SUFFIXES = frozenset({".mp4", ".avi", ".mov", ".mkv", ".m4v", ".wmv", ".mpg", ".mpeg", ".webm"})

FRAMES_PER_SECOND = 2.0
"""How many pictures are taken from a second of video."""

_SAME = 2.0
_UNKNOWN_RATE = 25.0


def distinct_frames(path: Path, per_second: float = FRAMES_PER_SECOND) -> Iterator[tuple[str, Image]]:
    """(name, (H, W, 3) uint8 BGR) of frames about 1 / `per_second` seconds apart.

    A frame is left out when, at 64 pixels a side, it differs from the last one kept by less than 2 of 255 grey levels
    on average and nowhere by more than 24. Raises `ImageError` `video_unreadable`.
    """
    video = cv2.VideoCapture(str(path))
    try:
        step = _step(video, per_second)
        kept: Image | None = None
        number = 0
        while video.grab():
            if number % step == 0:
                read, image = video.retrieve()
                if not read:
                    break
                small = shrink(np.asarray(image, np.uint8), 64)
                if kept is None or _differ(small, kept):
                    kept = small
                    yield f"{path.stem}_{number:06d}.png", np.asarray(image, np.uint8)
            number += 1
        if number == 0:
            raise ImageError("video_unreadable", path=str(path))
    finally:
        video.release()


def _step(video: cv2.VideoCapture, per_second: float) -> int:
    rate = video.get(cv2.CAP_PROP_FPS)
    # Some containers state nonsense: zero, not-a-number or the tick rate of their clock.
    rate = rate if 0 < rate <= 1000 else _UNKNOWN_RATE
    return max(1, round(rate / per_second))


def _differ(image: Image, other: Image) -> bool:
    difference = cv2.absdiff(image, other)
    return float(difference.mean()) >= _SAME or int(difference.max()) > 24
