"""A type plate printed in two colours, stuck on a grey plastic housing."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.simulation import marks
from inspector.imaging.simulation.printing import Press
from inspector.imaging.simulation.scene import SUPERSAMPLING, Defect, Field
from inspector.imaging.simulation.texture import averaged_down, grain, smooth_noise

WIDTH, HEIGHT = 512, 384
MARGIN_X, MARGIN_Y, CORNER = 40, 36, 12
"""Of the label inside the picture, pixels; radius of its corners."""

HOUSING = (0.40, 0.385, 0.375)
PAPER = (0.86, 0.885, 0.89)
BLACK = (0.085, 0.08, 0.085)
BLUE = (0.50, 0.26, 0.10)
SPILL = ((0.36, 0.52, 0.66), (0.42, 0.44, 0.46), (0.30, 0.45, 0.78))
"""Coffee, machine oil, flux: what a blot leaves of blue, green and red."""

LIGHT = -2.2

_S = SUPERSAMPLING

BLOCKS = (
    (64, 116, 128, 26),
    (64, 148, 196, 72),
    (64, 232, 214, 76),
    (300, 116, 150, 84),
    (296, 222, 152, 96),
    (60, 52, 110, 44),
)
"""Printed blocks (x, y, width, height in picture pixels): what a misprint shifts or a dead nozzle leaves out."""


class PrintedLabel:
    """See the module."""

    title = "Printed label"
    width, height = WIDTH, HEIGHT
    kinds = ("scratch", "stain", "missing_feature", "misprint")

    def draw(self, part: np.random.Generator, defect: Defect | None) -> Field:
        """See `Scene`."""
        pose = _pose(part)
        sheets = _artwork()
        if defect is not None and defect.kind in _SPOILERS:
            sheets = _SPOILERS[defect.kind](sheets.copy(), defect)
        sheets = _misregistered(part, sheets)
        posed = cv2.warpAffine(sheets, pose, (WIDTH * _S, HEIGHT * _S), flags=cv2.INTER_LINEAR)
        black, blue, cover = cv2.split(averaged_down(posed.astype(np.float32) * np.float32(1 / 255)))
        picture = _printed(part, black, blue)
        housing = _housing(part, cover)
        light = housing + (picture - housing) * cover[:, :, None]
        return _stained(light, defect) if defect is not None and defect.kind == "stain" else light


def _pose(part: np.random.Generator) -> NDArray[np.float64]:
    shift = part.normal(0, 2.0, 2).clip(-6, 6) * _S
    turn = float(np.degrees(part.normal(0, 0.012)))
    matrix = cv2.getRotationMatrix2D((WIDTH * _S / 2, HEIGHT * _S / 2), turn, 1 + part.normal(0, 0.002))
    matrix[:, 2] += shift
    return np.asarray(matrix, np.float64)


@lru_cache(maxsize=1)
def _artwork() -> NDArray[np.uint8]:
    """(H, W, 3) supersampled coverage: black ink, blue ink, label. Read-only."""
    black, blue = Press(WIDTH * _S, HEIGHT * _S), Press(WIDTH * _S, HEIGHT * _S)
    _put_head(black, blue)
    _put_data(black)
    black.barcode("400638133393", 78 * _S, 240 * _S, 1.9 * _S, 50 * _S)
    _put_signs(black)
    sheets = np.stack([black.take_off(), blue.take_off(), _outline()], axis=2)
    sheets.flags.writeable = False
    return sheets


def _put_head(black: Press, blue: Press) -> None:
    s = _S
    blue.box(190 * s, 54 * s, 262 * s, 38 * s)
    hexagon = [(92 * s + 26 * s * np.cos(a), 76 * s + 26 * s * np.sin(a)) for a in np.arange(6) * np.pi / 3]
    blue.polygon(hexagon)
    inner = [
        (92 * s + 14 * s * np.cos(a), 76 * s + 14 * s * np.sin(a)) for a in np.arange(3) * 2 * np.pi / 3 - np.pi / 2
    ]
    blue.polygon(inner, ink=0)
    black.text("HX", 124 * s, 86 * s, 21 * s, 0.2)
    black.box(60 * s, 105 * s, 392 * s, 1.6 * s)


def _put_data(black: Press) -> None:
    s = _S
    black.text("TYPE  LX-240 / 3", 66 * s, 136 * s, 15 * s, 0.16)
    rows = ("U  24 V DC  +-10 %", "I  1,50 A     P  36 W", "T  -25...+70 C   IP 65", "ART. NO. 6006 381 333")
    for i, row in enumerate(rows):
        black.text(row, 66 * s, (164 + 18 * i) * s, 9.5 * s, 0.14)
    black.text("REV. C", 300 * s, 134 * s, 11 * s, 0.15)
    black.box(60 * s, 226 * s, 392 * s, 1.0 * s)
    black.box(286 * s, 106 * s, 1.0 * s, 120 * s)


def _put_signs(black: Press) -> None:
    s = _S
    black.polygon([(322 * s, 196 * s), (346 * s, 154 * s), (370 * s, 196 * s)], line=3.2 * s)
    black.box(344.4 * s, 167 * s, 3.2 * s, 15 * s)
    black.circle(346 * s, 188 * s, 2.2 * s)
    black.box(392 * s, 158 * s, 38 * s, 38 * s, line=2.6 * s)
    black.box(401 * s, 167 * s, 20 * s, 20 * s, line=2.6 * s)
    for i, row in enumerate(("1  L+", "2  OUT 2", "3  L-", "4  OUT 1")):
        y = 248 + 19 * i
        black.circle(306 * s, (y - 4) * s, 5.0 * s)
        black.text(row, 320 * s, y * s, 9.5 * s, 0.15)
    black.box(408 * s, 238 * s, 34 * s, 34 * s, line=1.6 * s)
    _put_matrix(black, 412 * s, 242 * s, 2.0 * s, 13)


def _put_matrix(black: Press, x: float, y: float, module: float, count: int) -> None:
    """A block of dark and light modules with the solid edges of a data matrix code."""
    dark = np.random.default_rng(7).random((count, count)) < 0.5
    dark[:, 0] = dark[-1, :] = True
    dark[0, :] = np.arange(count) % 2 == 0
    for row, column in np.argwhere(dark):
        black.box(x + column * module, y + row * module, module, module)


def _outline() -> NDArray[np.uint8]:
    left, top = MARGIN_X * _S, MARGIN_Y * _S
    right, bottom = WIDTH * _S - left, HEIGHT * _S - top
    canvas = np.zeros((HEIGHT * _S, WIDTH * _S), np.uint8)
    r = CORNER * _S
    cv2.rectangle(canvas, (left + r, top), (right - r, bottom), 255, cv2.FILLED)
    cv2.rectangle(canvas, (left, top + r), (right, bottom - r), 255, cv2.FILLED)
    for x in (left + r, right - r):
        for y in (top + r, bottom - r):
            cv2.circle(canvas, (x, y), r, 255, cv2.FILLED, cv2.LINE_AA)
    return canvas


def _misregistered(part: np.random.Generator, sheets: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The two inks never fall exactly on each other."""
    dx, dy = part.normal(0, 0.7, 2).round().clip(-2, 2).astype(int)
    shifted = sheets.copy()
    shifted[:, :, 1] = np.roll(sheets[:, :, 1], (dy, dx), (0, 1))
    return shifted


def _printed(part: np.random.Generator, black: Field, blue: Field) -> Field:
    """Ink on paper: fibres, uneven density."""
    density = 1 + 0.03 * smooth_noise(part, HEIGHT, WIDTH, (120, 40))
    paper = 1 + 0.008 * smooth_noise(part, HEIGHT, WIDTH, (60, 8)) + 0.007 * grain(part, HEIGHT, WIDTH)
    speckle = 1 - 0.05 * np.abs(grain(part, HEIGHT, WIDTH))
    light = np.asarray(PAPER, np.float32) * paper[:, :, None]
    for ink, colour in ((blue, BLUE), (black, BLACK)):
        laid = np.clip(ink * density * speckle, 0, 1)[:, :, None]
        light = light + (np.asarray(colour, np.float32) - light) * laid
    return np.asarray(light, np.float32)


def _housing(part: np.random.Generator, cover: Field) -> Field:
    """Eroded plastic, with the thin shadow that the label's edge throws."""
    erosion = cv2.GaussianBlur(grain(part, HEIGHT, WIDTH), (0, 0), 1.0)
    texture = 1 + 0.14 * erosion + 0.015 * smooth_noise(part, HEIGHT, WIDTH, (90,))
    shifted = cv2.warpAffine(cover, np.float32([[1, 0, 2.0], [0, 1, 2.5]]), (WIDTH, HEIGHT))
    texture *= 1 - 0.45 * cv2.GaussianBlur(shifted, (0, 0), 1.6)
    return np.asarray(texture[:, :, None] * np.asarray(HOUSING, np.float32), np.float32)


def _block(rng: np.random.Generator) -> tuple[slice, slice]:
    x, y, width, height = (int(v * _S) for v in BLOCKS[rng.integers(len(BLOCKS))])
    return np.s_[y : y + height, x : x + width]


def _leave_out(sheets: NDArray[np.uint8], defect: Defect) -> NDArray[np.uint8]:
    """Print that is missing: a whole block, or a streak where the print head is dead."""
    rng = defect.generator()
    window = _block(rng)
    if rng.random() < 0.5:
        rows = window[0].stop - window[0].start
        lost = max(int(defect.between(1.6, 7) * _S), 3)
        top = window[0].start + int(rng.uniform(0.25, 0.55) * rows)
        window = np.s_[top : top + lost, window[1].start : window[1].stop]
    sheets[(*window, slice(0, 2))] = 0
    return sheets


def _misprint(sheets: NDArray[np.uint8], defect: Defect) -> NDArray[np.uint8]:
    """A block printed askew, doubled or smeared along the feed."""
    rng = defect.generator()
    window = (*_block(rng), slice(0, 2))
    block = sheets[window].astype(np.float32)
    shift = defect.between(2.0, 7.0) * _S
    direction = rng.uniform(0, 2 * np.pi)
    matrix = np.float32([[1, 0, shift * np.cos(direction)], [0, 1, shift * np.sin(direction)]])
    moved = cv2.warpAffine(block, matrix, block.shape[1::-1])
    variant = rng.integers(3)
    if variant == 0:
        result = moved
    elif variant == 1:
        result = np.maximum(block, moved * np.float32(defect.between(0.45, 0.85)))
    else:
        length = int(shift * 2.5)
        tail = cv2.blur(block, (length, 1), anchor=(length - 1, 0))
        result = np.maximum(block * 0.85, tail * np.float32(defect.between(0.7, 1.0)))
    sheets[window] = result.astype(np.uint8)
    return sheets


def _scratched(sheets: NDArray[np.uint8], defect: Defect) -> NDArray[np.uint8]:
    """A scratch takes ink away and tears the label's coating."""
    rng = defect.generator()
    window = _block(rng)
    centre = (rng.uniform(window[1].start, window[1].stop), rng.uniform(window[0].start, window[0].stop))
    length, width = defect.between(34, 130) * _S, defect.between(1.1, 2.4) * _S
    bright, shade = marks.scratch(rng, sheets.shape[:2], centre, rng.uniform(0, np.pi), length, width)
    inks = sheets[:, :, :2].astype(np.float32) * (1 - np.float32(defect.between(0.75, 1.0)) * bright)[:, :, None]
    inks[:, :, 0] = np.maximum(inks[:, :, 0], 255 * np.float32(defect.between(0.30, 0.55)) * shade)
    sheets[:, :, :2] = inks.astype(np.uint8)
    return sheets


def _stained(light: Field, defect: Defect) -> Field:
    rng = defect.generator()
    centre = (rng.uniform(MARGIN_X + 25, WIDTH - MARGIN_X - 25), rng.uniform(MARGIN_Y + 25, HEIGHT - MARGIN_Y - 25))
    cover = marks.stain(rng, (HEIGHT, WIDTH), centre, defect.between(8, 34)) * defect.between(0.35, 0.8)
    tint = np.asarray(SPILL[rng.integers(len(SPILL))], np.float32)
    return np.asarray(light * (1 - cover[:, :, None] * (1 - tint)), np.float32)


_SPOILERS = {"missing_feature": _leave_out, "misprint": _misprint, "scratch": _scratched}
