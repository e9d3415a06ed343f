"""A plain-woven technical cloth, looked at straight from above."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.imaging.simulation import marks
from inspector.imaging.simulation.scene import SUPERSAMPLING, Defect, Field
from inspector.imaging.simulation.texture import averaged_down, coordinates, grain, smooth_noise

SIZE = 384
PITCH = 12.0
"""Distance between threads, picture pixels."""

WARP = (0.46, 0.50, 0.53)
WEFT = (0.62, 0.66, 0.66)
GAP = 0.10
SPILL = ((0.35, 0.50, 0.60), (0.30, 0.32, 0.34), (0.62, 0.45, 0.30))
"""Grease, machine oil, dye: what a blot leaves of blue, green and red."""

_S = SUPERSAMPLING
_N = SIZE * _S
_P = PITCH * _S
_PAD = 4
"""Threads beyond each border of the picture, so that pose and irregularity never look past the cloth."""

_CLOTH = _N + 2 * int(_PAD * _P)
_THREADS = int(_CLOTH / _P)


@dataclass(frozen=True)
class _Structure:
    """What all cloth of this kind shares, each (H, W) on the padded canvas: is the warp thread on top, and the shading
    of the thread on top (0 in the gaps between threads)."""

    warp_on_top: NDArray[np.bool_]
    shade: Field


class Weave:
    """See the module."""

    title = "Woven cloth"
    width = height = SIZE
    kinds = ("pulled_thread", "missing_feature", "stain")

    def draw(self, part: np.random.Generator, defect: Defect | None) -> Field:
        """See `Scene`."""
        cloth = _cloth(part, defect)
        x, y = _placement(part)
        if defect is not None and defect.kind == "pulled_thread":
            x, y = _gathered(x, y, defect)
        woven = cv2.remap(cloth, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
        light = averaged_down(woven)
        light *= (1 + 0.02 * smooth_noise(part, SIZE, SIZE, (130, 45)) + 0.035 * grain(part, SIZE, SIZE))[:, :, None]
        if defect is not None and defect.kind == "pulled_thread":
            light = _with_loop(light, defect)
        return _stained(light, defect) if defect is not None and defect.kind == "stain" else light


@lru_cache(maxsize=1)
def _structure() -> _Structure:
    x, y = coordinates(_CLOTH, _CLOTH)
    column, row = np.floor(x / _P).astype(np.int32), np.floor(y / _P).astype(np.int32)
    across_warp, across_weft = (x / _P - column - 0.5) * 2, (y / _P - row - 0.5) * 2
    parity = (column + row) % 2 == 0
    # Height of each thread's axis: up where it lies on top, down where it dives under.
    swing = np.where(parity, 1.0, -1.0).astype(np.float32)
    warp_height = swing * np.cos(across_weft * np.pi / 2) + 1.1 * np.sqrt(np.maximum(0, 1 - (across_warp / 0.92) ** 2))
    weft_height = -swing * np.cos(across_warp * np.pi / 2) + 1.1 * np.sqrt(np.maximum(0, 1 - (across_weft / 0.92) ** 2))
    warp_there, weft_there = np.abs(across_warp) < 0.92, np.abs(across_weft) < 0.92
    on_top = np.where(warp_there & weft_there, warp_height > weft_height, warp_there)
    shade = np.where(on_top, _rounded(across_warp, across_weft, x, y), _rounded(across_weft, across_warp, y, x))
    shade = np.where(warp_there | weft_there, shade, GAP)
    return _Structure(on_top, np.asarray(shade, np.float32))


def _rounded(across: Field, along: Field, side: Field, way: Field) -> Field:
    """Light on a twisted thread: round across, sinking at its ends, with the slanting lines of its fibres."""
    section = np.sqrt(np.maximum(0, 1 - (across / 1.02) ** 2))
    sinking = 1 - 0.45 * np.abs(along) ** 2.5
    fibres = 1 + 0.07 * np.sin(2 * np.pi * (way + 0.9 * side) / (_P * 0.36))
    lean = 1 - 0.13 * across  # the lamp stands at one side
    return np.asarray((0.30 + 0.70 * section) * sinking * fibres * lean, np.float32)


def _cloth(part: np.random.Generator, defect: Defect | None) -> Field:
    """The padded cloth before it is placed: every thread a little lighter or darker than its neighbours."""
    structure = _structure()
    warp_tone, weft_tone = _tones(part), _tones(part)
    tone = np.where(structure.warp_on_top, warp_tone[None, :], weft_tone[:, None])
    shade = structure.shade * tone
    if defect is not None and defect.kind == "missing_feature":
        shade, on_top = _without_thread(shade, structure.warp_on_top, defect)
    else:
        on_top = structure.warp_on_top
    colours = np.asarray([WEFT, WARP], np.float32)
    return colours[on_top.astype(np.uint8)] * shade[:, :, None]


def _tones(part: np.random.Generator) -> Field:
    threads = (1 + part.normal(0, 0.035, _THREADS + 1)).astype(np.float32)
    return np.repeat(threads, int(_P))[:_CLOTH]


def _placement(part: np.random.Generator) -> tuple[Field, Field]:
    """Where each pixel of the picture looks on the cloth: any phase, a slight turn, threads never quite straight."""
    turn, stretch = part.normal(0, 0.008), 1 + part.normal(0, 0.004, 2)
    shift = part.uniform(-1, 1, 2) * _P + (_CLOTH - _N) / 2
    x, y = coordinates(_N, _N)
    u, v = (x - _N / 2) * np.float32(stretch[0]), (y - _N / 2) * np.float32(stretch[1])
    cos, sin = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    bend = 0.10 * _P
    columns = cv2.resize(
        part.standard_normal((10, _THREADS), dtype=np.float32), (_N, _N), interpolation=cv2.INTER_CUBIC
    )
    rows = cv2.resize(part.standard_normal((_THREADS, 10), dtype=np.float32), (_N, _N), interpolation=cv2.INTER_CUBIC)
    placed_x = u * cos - v * sin + np.float32(_N / 2 + shift[0]) + np.float32(bend) * columns
    placed_y = u * sin + v * cos + np.float32(_N / 2 + shift[1]) + np.float32(bend) * rows
    return placed_x, placed_y


def _without_thread(shade: Field, warp_on_top: NDArray[np.bool_], defect: Defect) -> tuple[Field, NDArray[np.bool_]]:
    """A weft thread that broke: the warp lies bare over a stretch of its row, with dark gaps between."""
    rng = defect.generator()
    row = int(_CLOTH / 2 / _P + rng.uniform(-0.36, 0.36) * _N / _P)
    length = defect.between(5, 22) * _P
    start = _CLOTH / 2 + rng.uniform(-0.40, 0.40) * _N - length / 2
    window = np.s_[int(row * _P) : int((row + 1) * _P), int(max(start, 0)) : int(min(start + length, _CLOTH))]
    x, _ = coordinates(_CLOTH, _CLOTH)
    across = (x[window] / _P - np.floor(x[window] / _P) - 0.5) * 2
    bare = np.where(np.abs(across) < 0.8, 0.55 * (0.30 + 0.70 * np.sqrt(np.maximum(0, 1 - across**2))), GAP)
    shade, on_top = shade.copy(), warp_on_top.copy()
    shade[window] = bare
    on_top[window] = True
    return shade, on_top


def _pull(defect: Defect) -> tuple[np.random.Generator, float, float, float, bool]:
    """Where a thread was pulled: centre x and y, half length (picture pixels), and whether it is a warp thread."""
    rng = defect.generator()
    x, y = rng.uniform(0.18, 0.82, 2) * SIZE
    return rng, float(x), float(y), defect.between(26, 90), bool(rng.random() < 0.5)


def _gathered(x: Field, y: Field, defect: Defect) -> tuple[Field, Field]:
    """The neighbours are drawn towards the pulled thread."""
    _, cx, cy, reach, upright = _pull(defect)
    px, py = coordinates(_N, _N)
    along, across = (px - cx * _S, py - cy * _S) if not upright else (py - cy * _S, px - cx * _S)
    along, across = along / np.float32(reach * _S), across / np.float32(_P)
    amount = defect.between(0.35, 0.75) * _P
    window = np.exp(-(along**4)) * np.exp(-((across / 2.2) ** 2))
    moved = np.float32(amount) * window * np.tanh(across * 1.5)
    return (x, (y + moved).astype(np.float32)) if not upright else ((x + moved).astype(np.float32), y)


def _with_loop(light: Field, defect: Defect) -> Field:
    """The slack that was pulled out stands above the cloth as a loop, and throws a shadow."""
    rng, cx, cy, reach, upright = _pull(defect)
    t = np.linspace(-1, 1, 40)
    height = defect.between(5, 17) * rng.choice([-1, 1])
    along = t * defect.between(12, 30) + 3 * np.sin(2.2 * t + rng.uniform(0, 6))
    across = height * (1 - t**2) * (1 + 0.25 * np.sin(5 * t + rng.uniform(0, 6)))
    path = np.stack([cx + along, cy + across] if not upright else [cx + across, cy + along], axis=1) * _S
    full = np.ones(len(t) - 1)
    shadow = averaged_down(marks.stroke(_N, _N, path + (3.0 * _S, 4.0 * _S), 5.5 * _S, full))
    thread = averaged_down(marks.stroke(_N, _N, path, 5.0 * _S, full))
    core = averaged_down(marks.stroke(_N, _N, path - (0.8 * _S, 0.8 * _S), 1.6 * _S, full))
    light = light * (1 - 0.55 * cv2.GaussianBlur(shadow, (0, 0), 1.8))[:, :, None]
    yarn = (
        np.asarray(WEFT if not upright else WARP, np.float32)
        * (0.62 + 0.42 * cv2.GaussianBlur(core, (0, 0), 0.8))[:, :, None]
    )
    return np.asarray(light + (yarn - light) * thread[:, :, None], np.float32)


def _stained(light: Field, defect: Defect) -> Field:
    rng = defect.generator()
    centre = tuple(rng.uniform(0.12, 0.88, 2) * SIZE)
    cover = marks.stain(rng, (SIZE, SIZE), (centre[0], centre[1]), defect.between(9, 36)) * defect.between(0.35, 0.85)
    tint = np.asarray(SPILL[rng.integers(len(SPILL))], np.float32)
    return np.asarray(light * (1 - cover[:, :, None] * (1 - tint)), np.float32)
