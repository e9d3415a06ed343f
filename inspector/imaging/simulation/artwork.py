"""The print of the simulated label: layout of a type plate, with the blocks that can go wrong."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.simulation.printing import Press
from inspector.imaging.simulation.scene import SUPERSAMPLING

WIDTH, HEIGHT = 512, 384
MARGIN_X, MARGIN_Y, CORNER = 40, 36, 12
"""Of the label inside the picture, picture pixels; radius of its corners."""

BARCODE = "200412007315"
"""The first 12 digits; numbers beginning with 2 are free for use inside a company."""

BLOCKS = (
    (60, 52, 112, 46),
    (62, 116, 222, 26),
    (62, 148, 222, 76),
    (62, 232, 218, 78),
    (298, 116, 150, 104),
    (296, 232, 104, 82),
    (404, 234, 42, 42),
)
"""Printed blocks (x, y, width, height, picture pixels)."""

Sheets = NDArray[np.uint8]
"""(H, W, 3) supersampled coverage: black ink, blue ink, label."""


@lru_cache(maxsize=1)
def artwork() -> Sheets:
    """What every label carries; read-only."""
    size = (WIDTH, HEIGHT, SUPERSAMPLING)
    black, blue = Press(*size), Press(*size)
    _put_head(black, blue)
    _put_data(black)
    _put_signs(black)
    black.barcode(BARCODE, 80, 238, 1.9, 50)
    sheets = np.stack([black.take_off(), blue.take_off(), _outline()], axis=2)
    sheets.flags.writeable = False
    return sheets


def _put_head(black: Press, blue: Press) -> None:
    blue.polygon(_regular(92, 76, 26, 6, 0))
    blue.polygon(_regular(92, 78, 14, 3, -np.pi / 2), ink=0)
    black.text("HX", 124, 86, 21, 0.2)
    blue.box(190, 54, 262, 38)
    blue.text("PROXIMITY SENSOR", 204, 80, 15, 0.17, ink=0)
    black.box(60, 105, 392, 1.6)


def _put_data(black: Press) -> None:
    black.text("TYPE  LX-240/3", 66, 136, 14, 0.16)
    rows = ("U   10...30 V DC", "I   0,15 A     P  4,5 W", "T   -25...+70 C    IP 67", "ART. NO.   412 007 31")
    for i, row in enumerate(rows):
        black.text(row, 66, 164 + 18 * i, 9.5, 0.14)
    black.box(286, 106, 1.0, 120)
    black.box(60, 226, 392, 1.0)


def _put_signs(black: Press) -> None:
    black.text("REV. C", 300, 134, 11, 0.15)
    black.polygon([(322, 206), (346, 164), (370, 206)], line=3.2)
    black.box(344.4, 177, 3.2, 15)
    black.circle(346, 198, 2.2)
    black.box(392, 168, 38, 38, line=2.6)
    black.box(401, 177, 20, 20, line=2.6)
    for i, row in enumerate(("1  L+", "2  OUT 2", "3  L-", "4  OUT 1")):
        black.circle(306, 248 + 19 * i, 5.0)
        black.text(row, 320, 252 + 19 * i, 9.5, 0.15)
    _put_matrix(black, 410, 240, 2.2, 14)


def _put_matrix(black: Press, x: float, y: float, module: float, count: int) -> None:
    """A block of dark and light modules with the solid and the dashed edges of a data matrix code."""
    dark = np.random.default_rng(7).random((count, count)) < 0.5
    dark[:, 0] = dark[-1, :] = True
    dark[0, :] = np.arange(count) % 2 == 0
    dark[:, -1] = np.arange(count) % 2 == 1
    for row, column in np.argwhere(dark):
        black.box(x + column * module, y + row * module, module, module)


def _regular(x: float, y: float, radius: float, corners: int, first: float) -> list[tuple[float, float]]:
    """Corners of a regular polygon; `first` is the direction of one of them in radians."""
    angles = first + 2 * np.pi * np.arange(corners) / corners
    return [(x + radius * float(np.cos(a)), y + radius * float(np.sin(a))) for a in angles]


def _outline() -> NDArray[np.uint8]:
    """The label with its round corners."""
    scale = SUPERSAMPLING
    left, top, r = MARGIN_X * scale, MARGIN_Y * scale, CORNER * scale
    right, bottom = WIDTH * scale - left, HEIGHT * scale - top
    canvas = np.zeros((HEIGHT * scale, WIDTH * scale), np.uint8)
    cv2.rectangle(canvas, (left + r, top), (right - r, bottom), 255, cv2.FILLED)
    cv2.rectangle(canvas, (left, top + r), (right, bottom - r), 255, cv2.FILLED)
    for x in (left + r, right - r):
        for y in (top + r, bottom - r):
            cv2.circle(canvas, (x, y), r, 255, cv2.FILLED, cv2.LINE_AA)
    return canvas
