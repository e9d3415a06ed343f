"""A type plate printed in two colours, stuck on a grey plastic housing."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.simulation import marks
from inspector.imaging.simulation.artwork import BLOCKS, HEIGHT, MARGIN_X, MARGIN_Y, WIDTH, Sheets, artwork
from inspector.imaging.simulation.scene import SUPERSAMPLING, Defect, Field
from inspector.imaging.simulation.texture import averaged_down, blotted, coloured, grain, smooth_noise, soft

HOUSING = (0.40, 0.385, 0.375)
PAPER = (0.86, 0.885, 0.89)
BLACK = (0.085, 0.08, 0.085)
BLUE = (0.50, 0.26, 0.10)
SPILL = ((0.42, 0.56, 0.68), (0.42, 0.44, 0.46), (0.38, 0.55, 0.76))
"""Coffee, machine oil, flux: what a blot leaves of blue, green and red."""

_S = SUPERSAMPLING


class PrintedLabel:
    """See the module."""

    title = "Printed label"
    width, height = WIDTH, HEIGHT
    kinds = ("scratch", "stain", "missing_feature", "misprint")

    def draw(self, part: np.random.Generator, defect: Defect | None) -> Field:
        """See `Scene`."""
        pose = _pose(part)
        sheets = _spoiled(artwork(), defect) if defect is not None else artwork()
        sheets = _misregistered(part, sheets)
        posed = np.asarray(cv2.warpAffine(sheets, pose, (WIDTH * _S, HEIGHT * _S), flags=cv2.INTER_LINEAR), np.float32)
        black, blue, cover = np.moveaxis(averaged_down(posed) * np.float32(1 / 255), 2, 0)
        print_ = _printed(part, black, blue)
        light = _housing(part, cover)
        light += (print_ - light) * cover[:, :, None]
        return _stained(light, defect) if defect is not None and defect.kind == "stain" else light


def _pose(part: np.random.Generator) -> NDArray[np.float64]:
    shift = part.normal(0, 1.3, 2).clip(-4, 4) * _S
    turn = float(np.degrees(part.normal(0, 0.006)))
    matrix = cv2.getRotationMatrix2D((WIDTH * _S / 2, HEIGHT * _S / 2), turn, 1 + part.normal(0, 0.002))
    return np.asarray(matrix + np.asarray([[0, 0, shift[0]], [0, 0, shift[1]]]), np.float64)


def _misregistered(part: np.random.Generator, sheets: Sheets) -> Sheets:
    """The two inks never fall exactly on each other."""
    dx, dy = part.normal(0, 0.6, 2).round().clip(-1, 1).astype(int)
    shifted = sheets.copy()
    shifted[:, :, 1] = np.roll(sheets[:, :, 1], (dy, dx), (0, 1))
    return shifted


def _printed(part: np.random.Generator, black: Field, blue: Field) -> Field:
    """Ink on paper: fibres, uneven density."""
    density = 1 + 0.03 * smooth_noise(part, (HEIGHT, WIDTH), (120, 40)) - 0.05 * np.abs(grain(part, HEIGHT, WIDTH))
    fibres = 1 + 0.008 * smooth_noise(part, (HEIGHT, WIDTH), (60, 8)) + 0.007 * grain(part, HEIGHT, WIDTH)
    light = coloured(fibres, PAPER)
    for ink, colour in ((blue, BLUE), (black, BLACK)):
        light += (np.asarray(colour, np.float32) - light) * np.clip(ink * density, 0, 1)[:, :, None]
    return light


def _housing(part: np.random.Generator, cover: Field) -> Field:
    """Eroded plastic, with the thin shadow that the label's edge throws."""
    texture = 1 + 0.14 * soft(grain(part, HEIGHT, WIDTH), 1.0) + 0.015 * smooth_noise(part, (HEIGHT, WIDTH), (90,))
    moved = np.asarray(cv2.warpAffine(cover, _shift(2.0, 2.5), (WIDTH, HEIGHT)), np.float32)
    texture *= 1 - 0.45 * soft(moved, 1.6)
    return coloured(texture, HOUSING)


def _spoiled(sheets: Sheets, defect: Defect) -> Sheets:
    """The print with the defect, where it is one of the print."""
    spoilers = {"missing_feature": _leave_out, "misprint": _misprint, "scratch": _scratch}
    if defect.kind not in spoilers:
        return sheets
    sheets = sheets.copy()
    spoilers[defect.kind](sheets, defect, defect.generator())
    return sheets


def _block(rng: np.random.Generator) -> tuple[slice, slice]:
    x, y, width, height = (value * _S for value in BLOCKS[rng.integers(len(BLOCKS))])
    return np.s_[y : y + height, x : x + width]


def _leave_out(sheets: Sheets, defect: Defect, rng: np.random.Generator) -> None:
    """Print that is missing: a whole block, or a streak where the print head is dead."""
    rows, columns = _block(rng)
    if rng.random() < 0.75:
        height = rows.stop - rows.start
        lost = int(defect.between(3.5, 9) * _S)
        top = rows.start + int(rng.uniform(0.25, 0.55) * height)
        rows = slice(top, top + lost)
    sheets[rows, columns, :2] = 0


def _misprint(sheets: Sheets, defect: Defect, rng: np.random.Generator) -> None:
    """A block printed askew, twice, or smeared along the feed."""
    window = (*_block(rng), slice(0, 2))
    block = sheets[window].astype(np.float32)
    shift, direction = defect.between(3.5, 8.0) * _S, rng.uniform(0, 2 * np.pi)
    moved = cv2.warpAffine(block, _shift(shift * np.cos(direction), shift * np.sin(direction)), block.shape[1::-1])
    variant = rng.integers(3)
    if variant == 0:
        result = moved
    elif variant == 1:
        result = np.maximum(block, moved * np.float32(defect.between(0.6, 0.95)))
    else:
        length = int(shift * 2.5)
        tail = cv2.blur(block, (length, 1), anchor=(length - 1, 0))
        result = np.maximum(block * np.float32(0.85), tail * np.float32(defect.between(0.7, 1.0)))
    sheets[window] = result.astype(np.uint8)


def _scratch(sheets: Sheets, defect: Defect, rng: np.random.Generator) -> None:
    """A scratch takes ink away and tears the paper's coating."""
    rows, columns = _block(rng)
    centre = (rng.uniform(columns.start, columns.stop), rng.uniform(rows.start, rows.stop))
    length, width = defect.between(45, 140) * _S, defect.between(1.6, 3.0) * _S
    bright, shade = marks.scratch(rng, (sheets.shape[0], sheets.shape[1]), centre, length, width)
    inks = sheets[:, :, :2] * (1 - np.float32(defect.between(0.75, 1.0)) * bright)[:, :, None]
    inks[:, :, 0] = np.maximum(inks[:, :, 0], np.float32(255 * defect.between(0.45, 0.75)) * shade)
    sheets[:, :, :2] = inks.astype(np.uint8)


def _stained(light: Field, defect: Defect) -> Field:
    rng = defect.generator()
    x, y = rng.uniform(MARGIN_X + 25, WIDTH - MARGIN_X - 25), rng.uniform(MARGIN_Y + 25, HEIGHT - MARGIN_Y - 25)
    cover = marks.stain(rng, (HEIGHT, WIDTH), (x, y), defect.between(11, 32))
    return blotted(light, cover * np.float32(defect.between(0.55, 0.95)), SPILL[rng.integers(len(SPILL))])


def _shift(x: float, y: float) -> NDArray[np.float32]:
    return np.asarray([[1, 0, x], [0, 1, y]], np.float32)
