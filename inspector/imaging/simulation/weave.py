"""A technical cloth in 2/2 twill, looked at straight from above."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.simulation import marks
from inspector.imaging.simulation.scene import SUPERSAMPLING, Defect, Field
from inspector.imaging.simulation.texture import (
    averaged_down,
    blotted,
    coloured,
    coordinates,
    grain,
    smooth_noise,
    smoothstep,
    soft,
    stretched,
)

SIZE = 384
PITCH = 11
"""Distance between threads, picture pixels."""

WARP = (0.50, 0.455, 0.42)
WEFT = (0.68, 0.74, 0.76)
GAP = 0.13
SPILL = ((0.35, 0.50, 0.60), (0.30, 0.32, 0.34), (0.70, 0.42, 0.28))
"""Grease, machine oil, dye: what a blot leaves of blue, green and red."""

_S = SUPERSAMPLING
_N = SIZE * _S
_P = PITCH * _S
_THREADS = _N // _P + 9
"""A few beyond each border of the picture, so that pose and irregularity never look past the cloth."""

_CLOTH = _THREADS * _P


@dataclass(frozen=True, slots=True)
class _Snag:
    """Where a thread was pulled (centre and half length, picture pixels) and whether it is a warp thread."""

    rng: np.random.Generator
    x: float
    y: float
    reach: float
    upright: bool

    @classmethod
    def of(cls, defect: Defect) -> _Snag:
        """The same for each step of drawing."""
        rng = defect.generator()
        x, y = rng.uniform(0.18, 0.82, 2) * SIZE
        return cls(rng, float(x), float(y), defect.between(26, 90), bool(rng.random() < 0.5))


class Weave:
    """See the module."""

    title = "Woven cloth"
    width = height = SIZE
    kinds = ("pulled_thread", "missing_feature", "stain")

    def draw(self, part: np.random.Generator, defect: Defect | None) -> Field:
        """See `Scene`."""
        warp, weft = _threads(part)
        if defect is not None and defect.kind == "missing_feature":
            _break_thread(warp, weft, defect)
        x, y = _placement(part)
        snag = _Snag.of(defect) if defect is not None and defect.kind == "pulled_thread" else None
        if defect is not None and snag is not None:
            _gather(x, y, snag, defect)
        light = sum(
            coloured(averaged_down(np.asarray(cv2.remap(plane, x, y, cv2.INTER_LINEAR), np.float32)), colour)
            for plane, colour in ((warp, WARP), (weft, WEFT))
        )
        light *= (1 + 0.02 * smooth_noise(part, (SIZE, SIZE), (130, 45)) + 0.03 * grain(part, SIZE, SIZE))[:, :, None]
        if defect is not None and snag is not None:
            light = _with_loop(light, snag, defect)
        return _stained(light, defect) if defect is not None and defect.kind == "stain" else np.asarray(light)


@lru_cache(maxsize=1)
def _structure() -> tuple[Field, Field]:
    """Shading of what is seen of warp and of weft, each (H, W) and 0 where the other lies on top; read-only."""
    x, y = coordinates(_CLOTH, _CLOTH)
    column, row = np.floor(x / _P), np.floor(y / _P)
    across_warp, across_weft = (x / _P - column) * 2 - 1, (y / _P - row) * 2 - 1
    phase = (column - row) % 4
    warp_on_top = phase < 2
    along_warp = (1 - phase) + (y / _P - row) - 1
    along_weft = (phase - 2) + (x / _P - column) - 1
    warp = np.where(warp_on_top, _rounded(across_warp, along_warp, x, y), 0).astype(np.float32)
    weft = np.where(warp_on_top, 0, _rounded(across_weft, along_weft, y, x)).astype(np.float32)
    warp.flags.writeable = weft.flags.writeable = False
    return warp, weft


def _rounded(across: NDArray[Any], along: NDArray[Any], side: Field, way: Field) -> Field:
    """Light on a twisted thread: round across, sinking at its ends, with the slanting lines of its fibres.

    `across` and `along` run from -1 to 1 over what is seen of the thread, `side` and `way` are canvas pixels.
    """
    section = np.sqrt(np.maximum(0, 1 - across**2))
    sinking = 1 - 0.62 * np.abs(along) ** 4
    fibres = 1 + 0.08 * np.sin(2 * np.pi * (way + 0.9 * side) / (_P * 0.34))
    lean = 1 - 0.14 * across  # the lamp stands at one side
    return np.asarray(GAP + (0.88 * section * sinking * fibres * lean), np.float32)


def _threads(part: np.random.Generator) -> tuple[Field, Field]:
    """Warp and weft, every thread a little lighter or darker than its neighbours."""
    warp, weft = _structure()
    return warp * _tones(part)[None, :], weft * _tones(part)[:, None]


def _tones(part: np.random.Generator) -> Field:
    return np.repeat((1 + part.normal(0, 0.03, _THREADS)).astype(np.float32), _P)


def _placement(part: np.random.Generator) -> tuple[Field, Field]:
    """Where each pixel of the picture looks on the cloth: any phase, a slight turn, threads never quite straight."""
    turn, stretch = part.normal(0, 0.008), 1 + part.normal(0, 0.004, 2)
    shift = part.uniform(-2, 2, 2) * _P + _CLOTH / 2
    x, y = coordinates(_N, _N)
    u, v = (x - _N / 2) * np.float32(stretch[0]), (y - _N / 2) * np.float32(stretch[1])
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    bend = np.float32(0.06 * _P)
    columns = stretched(part.standard_normal((9, _THREADS), dtype=np.float32), _N, _N)
    rows = stretched(part.standard_normal((_THREADS, 9), dtype=np.float32), _N, _N)
    placed_x = u * cos - v * sin + np.float32(shift[0]) + bend * columns
    placed_y = u * sin + v * cos + np.float32(shift[1]) + bend * rows
    return placed_x, placed_y


def _break_thread(warp: Field, weft: Field, defect: Defect) -> None:
    """A weft thread that broke, in place: over a stretch of its row the warp lies bare above a dark gap."""
    rng = defect.generator()
    row = int(_THREADS / 2 + rng.uniform(-0.36, 0.36) * _N / _P)
    half = defect.between(2.2, 11) * _P
    centre = _CLOTH / 2 + rng.uniform(-0.38, 0.38) * _N
    left, right = max(0, int(centre - half)), min(_CLOTH, int(centre + half))
    window = np.s_[row * _P - _P // 4 : (row + 1) * _P + _P // 4, left:right]
    y, x = np.mgrid[window].astype(np.float32)
    off_axis = np.abs(y - (row + 0.5) * _P) / (_P / 2)
    opening = 1.25 * np.sqrt(np.maximum(0, 1 - ((x - centre) / half) ** 4))
    opening *= 1 + 0.12 * smooth_noise(rng, (1, x.shape[1]), (_P * 0.8,))
    bare = smoothstep(0.10, -0.25, off_axis - opening)
    across = (x / _P - np.floor(x / _P) - 0.5) * 2
    under = 0.14 + 0.80 * np.sqrt(np.maximum(0, 1 - (across / 0.9) ** 2)) * (1 - 0.25 * np.maximum(0, 1 - off_axis))
    warp[window] += (under - warp[window]) * bare
    weft[window] *= 1 - bare


def _gather(x: Field, y: Field, snag: _Snag, defect: Defect) -> None:
    """Draw the neighbours towards the pulled thread, in place."""
    way, side, moved = (snag.y, snag.x, x.T) if snag.upright else (snag.x, snag.y, y)  # moved: across by along
    canvas = np.arange(_N, dtype=np.float32)
    along, across = (canvas - way * _S) / (snag.reach * _S), (canvas - side * _S) / _P
    pull = np.exp(-((across / 2.2) ** 2)) * np.tanh(across * 1.5)
    moved += np.outer(defect.between(0.35, 0.75) * _P * pull, np.exp(-(along**4))).astype(np.float32)


def _with_loop(light: Field, snag: _Snag, defect: Defect) -> Field:
    """The slack that was pulled out stands above the cloth as a loop, and throws a shadow."""
    t = np.linspace(-1, 1, 40)
    bow = (1 - t**2) ** 1.5 * (1 + 0.3 * np.sin(3 * t + snag.rng.uniform(0, 6)))
    along = t * defect.between(9, 22) * (1 + 0.5 * snag.rng.uniform() * (1 - t**2))
    across = defect.between(6, 20) * snag.rng.choice([-1, 1]) * bow
    path = np.stack([across, along] if snag.upright else [along, across], axis=1)
    path = (path + np.asarray([snag.x, snag.y])) * _S
    ends = np.clip((1 - np.abs(t[1:])) / 0.2, 0, 1)
    shadow, thread, gloss = (
        averaged_down(marks.stroke((_N, _N), path + np.asarray(offset) * _S, width * _S, ends))
        for offset, width in (((2.5, 3.5), 5.5), ((0, 0), 5.0), ((-0.8, -0.8), 1.6))
    )
    light = light * (1 - 0.5 * soft(shadow, 2.0))[:, :, None]
    yarn = coloured(0.60 + 0.40 * soft(gloss, 0.9), WARP if snag.upright else WEFT)
    return np.asarray(light + (yarn - light) * thread[:, :, None], np.float32)


def _stained(light: Field, defect: Defect) -> Field:
    rng = defect.generator()
    x, y = rng.uniform(0.12, 0.88, 2) * SIZE
    cover = marks.stain(rng, (SIZE, SIZE), (float(x), float(y)), defect.between(10, 34))
    return blotted(light, cover * np.float32(defect.between(0.5, 0.9)), SPILL[rng.integers(len(SPILL))])
