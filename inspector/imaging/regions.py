"""Which part of a frame is judged: a region of interest, and zones inside it that no verdict may rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from inspector.errors import ImageError
from inspector.imaging.frame import Crop, Image, Mask

MINIMUM_SIDE = 8
"""Pixels. Below this no method has anything to look at."""

IGNORED_GRAY = 128
"""What ignored pixels are painted with, in training and in every inspection alike: what never changes is never unusual,
so scores and maps of every method keep clear of the zone without a rule of their own."""

Polygon = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Region:
    """`roi` is (x, y, width, height) in frame pixels, None for the whole frame. `ignore` holds polygons of (x, y) in
    crop pixels: what lies inside or on their border is ignored; they may be concave, overlap and leave the crop.

    Lists, as JSON has them, become tuples. Raises `ImageError` (`region_too_small`, `region_polygon`).
    """

    roi: tuple[int, int, int, int] | None = None
    ignore: Sequence[Sequence[tuple[int, int]]] = ()

    def __post_init__(self) -> None:
        if self.roi is not None:
            x, y, width, height = map(int, self.roi)
            object.__setattr__(self, "roi", (x, y, width, height))
            if min(width, height) < MINIMUM_SIDE:
                raise ImageError("region_too_small", width=width, height=height, minimum=MINIMUM_SIDE)
        object.__setattr__(self, "ignore", tuple(_polygon(corners) for corners in self.ignore))

    def check(self, frame_width: int, frame_height: int) -> None:
        """Raise `ImageError` (`region_outside`) when the region leaves a frame of this size."""
        if self.roi is None:
            return
        x, y, width, height = self.roi
        if x < 0 or y < 0 or x + width > frame_width or y + height > frame_height:
            size = {"frame_width": frame_width, "frame_height": frame_height}
            raise ImageError("region_outside", x=x, y=y, width=width, height=height, **size)

    def size_in(self, frame_width: int, frame_height: int) -> tuple[int, int]:
        """(height, width) of the crop of a frame of this size."""
        _, _, width, height = self.roi or (0, 0, frame_width, frame_height)
        return height, width

    def crop(self, pixels: Image) -> Crop:
        """The judged part of a frame, ignored zones painted gray; a view, or with ignored zones a copy.

        Raises `ImageError` (`region_outside`).
        """
        height, width = pixels.shape[:2]
        self.check(width, height)
        x, y, width, height = self.roi or (0, 0, width, height)
        part = pixels[y : y + height, x : x + width]
        if not self.ignore:
            return Crop(part, (x, y))
        ignored = _ignored(tuple(map(_polygon, self.ignore)), width, height)
        part = part.copy()
        part[ignored] = IGNORED_GRAY
        return Crop(part, (x, y), ignored)

    def crop_mask(self, mask: Mask) -> Mask:
        """The same part of a mask drawn on the frame. Raises `ImageError` (`region_outside`)."""
        height, width = mask.shape
        self.check(width, height)
        x, y, width, height = self.roi or (0, 0, width, height)
        return mask[y : y + height, x : x + width]


def _polygon(corners: Sequence[tuple[int, int]]) -> Polygon:
    if len(corners) < 3:
        raise ImageError("region_polygon", corners=len(corners))
    return tuple((int(x), int(y)) for x, y in corners)


@lru_cache(maxsize=4)
def _ignored(polygons: tuple[Polygon, ...], width: int, height: int) -> Mask:
    """The same for every frame of a camera, so it is drawn once; read-only, because it is shared."""
    canvas = np.zeros((height, width), np.uint8)
    for polygon in polygons:  # one by one: in a single call overlapping polygons would cancel out
        cv2.fillPoly(canvas, [np.array(polygon, np.int32)], 1)
    mask = canvas.view(np.bool_)
    mask.flags.writeable = False
    return mask
