"""A turned steel washer with four drilled holes, lying on a dark conveyor belt."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inspector.imaging.simulation import marks
from inspector.imaging.simulation.scene import SUPERSAMPLING, Defect, Field
from inspector.imaging.simulation.texture import (
    averaged_down,
    blotted,
    coloured,
    coordinates,
    grain,
    ramp,
    smooth_noise,
    smoothstep,
)

SIZE = 384
OUTER, INNER, PITCH, HOLE, CHAMFER = 156.0, 58.0, 107.0, 13.5, 4.0
"""Radii of rim, bore, hole circle and holes, width of the broken edges: picture pixels."""

HOLES = 4
LIGHT = -2.2
"""Direction in which the lamp stands (radians, y down): top left."""

STEEL = (1.02, 1.0, 0.975)
BELT = (1.06, 1.0, 0.95)
SPILL = ((0.30, 0.52, 0.72), (0.22, 0.40, 0.78))
"""Oil, rust: what a blot leaves of blue, green and red."""

_S = SUPERSAMPLING
_N = SIZE * _S


@dataclass(frozen=True, slots=True)
class _Pose:
    """Centre on the supersampled canvas, turn in radians, scale."""

    x: float
    y: float
    turn: float
    scale: float

    def at(self, radius: float, angle: float) -> tuple[float, float]:
        """A point of the part (its own polar coordinates, picture pixels) on the canvas."""
        reach = radius * self.scale * _S
        return self.x + reach * float(np.cos(angle + self.turn)), self.y + reach * float(np.sin(angle + self.turn))


class Washer:
    """See the module."""

    title = "Machined washer"
    width = height = SIZE
    kinds = ("scratch", "dent", "stain", "missing_feature")

    def draw(self, part: np.random.Generator, defect: Defect | None) -> Field:
        """See `Scene`."""
        pose = _pose(part)
        radius, towards = _polar(pose)
        metal = _face(part, pose, towards)
        if defect is not None:
            metal = _damaged(metal, pose, defect)
        _break_edges(metal, radius, towards)
        cover = ramp(OUTER + 0.3, OUTER - 0.3, radius) * ramp(INNER - 0.3, INNER + 0.3, radius)
        for hole in _holes(defect):
            _drill(metal, cover, pose, 2 * np.pi * (hole + 0.5) / HOLES)
        light = coloured(averaged_down(metal * cover), STEEL)
        light += coloured(_belt(part, pose) * (1 - averaged_down(cover)), BELT)
        return _stained(light, pose, defect) if defect is not None and defect.kind == "stain" else light


def _pose(part: np.random.Generator) -> _Pose:
    shift = part.normal(0, 2.2, 2).clip(-7, 7)
    turn = float(part.normal(0, 0.035))
    scale = float(1 + part.normal(0, 0.003))
    return _Pose(float((SIZE / 2 + shift[0]) * _S), float((SIZE / 2 + shift[1]) * _S), turn, scale)


def _polar(pose: _Pose) -> tuple[Field, Field]:
    """Distance from the part's centre (picture pixels at scale 1), and the cosine of the angle to the lamp."""
    x, y = coordinates(_N, _N)
    dx, dy = x - np.float32(pose.x), y - np.float32(pose.y)
    radius = np.asarray(cv2.magnitude(dx, dy), np.float32)
    dx *= np.float32(np.cos(LIGHT))
    dy *= np.float32(np.sin(LIGHT))
    dx += dy
    dx /= radius + np.float32(1e-3)
    radius *= np.float32(1 / (_S * pose.scale))
    return radius, dx


def _face(part: np.random.Generator, pose: _Pose, towards: Field) -> Field:
    """The turned face: fine rings, and the bright bow tie that rings make of a lamp at the side."""
    light = towards * towards
    light *= light
    light *= np.float32(0.32)
    light += np.float32(0.38)
    light *= _rings(part, pose)
    return light


def _rings(part: np.random.Generator, pose: _Pose) -> Field:
    """Gain by feed marks and chatter as a lathe leaves them: nearly constant along each ring."""
    angles, overlap, steps = 256, 64, 480
    r = np.arange(steps, dtype=np.float32)
    swell = 0.6 + 0.25 * smooth_noise(part, (1, steps), (50,))[0]
    feed = np.sin(2 * np.pi * r / 6.1 + part.uniform(0, 2 * np.pi)) * swell
    coarse = smooth_noise(part, (1, steps), (16, 7, 3), 0.8)[0]
    uneven = 4.0 * cv2.blur(grain(part, angles + overlap, steps), (2, 41))
    uneven += 0.25 * smooth_noise(part, (angles + overlap, steps), (110,))
    fade = np.linspace(1, 0, overlap, dtype=np.float32)[:, None]  # into its own beginning: a ring has no seam
    uneven[:overlap] = uneven[:overlap] * np.sqrt(1 - fade) + uneven[angles:] * np.sqrt(fade)
    profile = 1 + 0.075 * ((0.8 * feed + 0.7 * coarse)[None, :] + uneven[:angles])
    reach = OUTER * pose.scale * _S * 1.02
    # Without FILL_OUTLIERS the pixels beyond the reach keep whatever memory held.
    flags = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR | cv2.WARP_FILL_OUTLIERS
    return np.asarray(cv2.warpPolar(profile.astype(np.float32), (_N, _N), (pose.x, pose.y), reach, flags), np.float32)


def _break_edges(metal: Field, radius: Field, towards: Field) -> None:
    """Chamfers at both diameters, in place: the one facing the lamp shines, the other is dark."""
    for limit, facing in ((OUTER - CHAMFER, 1), (INNER + CHAMFER, -1)):
        edge = ramp(limit - 0.3 * facing, limit + 0.3 * facing, radius)
        edge *= np.float32(0.46) + np.float32(0.42 * facing) * towards - metal
        metal += edge


def _holes(defect: Defect | None) -> list[int]:
    """The holes that were drilled."""
    skipped = None
    if defect is not None and defect.kind == "missing_feature":
        skipped = int(defect.generator().integers(HOLES))
    return [hole for hole in range(HOLES) if hole != skipped]


def _drill(metal: Field, cover: Field, pose: _Pose, angle: float) -> None:
    """One countersunk hole, in place: its wall lies in shade towards the lamp, elsewhere the belt shows."""
    cx, cy = pose.at(PITCH, angle)
    reach = int((HOLE + CHAMFER) * _S * 1.2)
    window = np.s_[int(cy) - reach : int(cy) + reach, int(cx) - reach : int(cx) + reach]
    y, x = np.mgrid[window].astype(np.float32)
    x -= np.float32(cx)
    y -= np.float32(cy)
    radius = np.hypot(x, y) / _S
    towards = (x * np.cos(LIGHT) + y * np.sin(LIGHT)) / (radius * _S + 1e-3)
    sink = ramp(HOLE + 3.3, HOLE + 2.7, radius)
    metal[window] += (0.46 - 0.40 * towards - metal[window]) * sink
    through = ramp(HOLE + 0.3, HOLE - 0.3, radius)
    metal[window] += (0.012 - metal[window]) * through
    open_part = smoothstep(7, -5, towards * radius)
    cover[window] *= 1 - through * open_part


def _belt(part: np.random.Generator, pose: _Pose) -> Field:
    """Dark rubberised cloth with the soft shadow of the part."""
    cloth = 0.080 + 0.004 * smooth_noise(part, (SIZE, SIZE), (90, 24))
    cloth += 0.016 * cv2.blur(grain(part, SIZE, SIZE), (2, 2))
    x, y = coordinates(SIZE, SIZE)
    dx = x - np.float32(pose.x / _S - 7 * np.cos(LIGHT))
    distance = cv2.magnitude(dx, y - np.float32(pose.y / _S - 7 * np.sin(LIGHT)))
    shadow = smoothstep(OUTER + 9, OUTER - 9, distance) * smoothstep(INNER - 9, INNER + 9, distance)
    return np.asarray(cloth * (1 - 0.6 * shadow), np.float32)


def _damaged(face: Field, pose: _Pose, defect: Defect) -> Field:
    rng = defect.generator()
    centre = pose.at(rng.uniform(INNER + 16, OUTER - 16), rng.uniform(0, 2 * np.pi))
    if defect.kind == "scratch":
        length, width = defect.between(34, 120) * _S, defect.between(1.1, 2.1) * _S
        bright, shade = marks.scratch(rng, (_N, _N), centre, length, width)
        face = face * (1 - np.float32(defect.between(0.40, 0.7)) * shade)
        face += bright * np.float32(defect.between(0.28, 0.46))
    if defect.kind == "dent":
        radius, depth = defect.between(6, 17) * _S, defect.between(0.30, 0.60)
        face = face * marks.dent(rng, (_N, _N), centre, radius, depth, LIGHT)
    return face


def _stained(light: Field, pose: _Pose, defect: Defect) -> Field:
    rng = defect.generator()
    x, y = pose.at(rng.uniform(INNER + 20, OUTER - 20), rng.uniform(0, 2 * np.pi))
    cover = marks.stain(rng, (SIZE, SIZE), (x / _S, y / _S), defect.between(7, 24))
    return blotted(light, cover * np.float32(defect.between(0.45, 0.9)), SPILL[rng.integers(len(SPILL))])
