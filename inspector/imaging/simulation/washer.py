"""A turned steel washer with four drilled holes, lying on a dark conveyor belt."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from inspector.imaging.simulation import marks
from inspector.imaging.simulation.scene import SUPERSAMPLING, Defect, Field
from inspector.imaging.simulation.texture import averaged_down, coordinates, grain, smooth_noise, smoothstep

SIZE = 384
OUTER, INNER, PITCH, HOLE = 156.0, 58.0, 107.0, 13.5
CHAMFER = 4.0
HOLES = 4
LIGHT = -2.2
"""Direction the lamp shines from (radians, y down): top left."""

STEEL = (1.02, 1.0, 0.975)
BELT = (1.06, 1.0, 0.95)
OIL = (0.30, 0.52, 0.72)
RUST = (0.22, 0.40, 0.78)

_S = SUPERSAMPLING
_N = SIZE * _S


@dataclass(frozen=True, slots=True)
class _Pose:
    x: float
    y: float
    turn: float
    scale: float

    def at(self, radius: float, angle: float) -> tuple[float, float]:
        """A point of the part (its own polar coordinates, picture pixels) on the supersampled canvas."""
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
        x, y = coordinates(_N, _N)
        dx, dy = x - np.float32(pose.x), y - np.float32(pose.y)
        radius = cv2.magnitude(dx, dy)
        radius *= np.float32(1 / (_S * pose.scale))
        towards = (dx * np.float32(np.cos(LIGHT)) + dy * np.float32(np.sin(LIGHT))) / (radius * _S + 1e-3)

        face = _face(part, pose, towards)
        if defect is not None:
            face = _damage(face, pose, defect)
        metal = _chamfered(face, radius, towards)
        metal_cover = smoothstep(OUTER + 0.4, OUTER - 0.4, radius) * smoothstep(INNER - 0.4, INNER + 0.4, radius)
        belt = _belt(part, x, y, pose)
        light = belt + (metal - belt) * metal_cover
        skipped = int(defect.generator().integers(HOLES)) if defect and defect.kind == "missing_feature" else None
        for hole in range(HOLES):
            if hole != skipped:
                _drill(light, belt, pose, 2 * np.pi * (hole + 0.5) / HOLES)
        picture = averaged_down(light)
        tint = np.asarray(BELT, np.float32) + averaged_down(metal_cover)[:, :, None] * (
            np.asarray(STEEL, np.float32) - np.asarray(BELT, np.float32)
        )
        coloured = picture[:, :, None] * tint
        return _stained(coloured, pose, defect) if defect and defect.kind == "stain" else coloured


def _pose(part: np.random.Generator) -> _Pose:
    shift = part.normal(0, 2.2, 2).clip(-7, 7)
    turn = float(part.normal(0, 0.035))
    scale = float(1 + part.normal(0, 0.003))
    return _Pose(float((SIZE / 2 + shift[0]) * _S), float((SIZE / 2 + shift[1]) * _S), turn, scale)


def _face(part: np.random.Generator, pose: _Pose, towards: Field) -> Field:
    """The turned face: fine rings, and the bright bow tie that rings make of a lamp at the side."""
    bow_tie = towards * towards
    bow_tie *= bow_tie
    rings = _rings(part, pose)
    light = 0.40 + 0.30 * bow_tie
    light *= 1 + 0.085 * rings
    light += 0.016 * smooth_noise(part, _N, _N, (150, 60))
    return np.asarray(light, np.float32)


def _rings(part: np.random.Generator, pose: _Pose) -> Field:
    """Feed marks and tool chatter as a turning lathe leaves them: nearly constant along each ring."""
    angles, steps = 256, 360
    r = np.arange(steps, dtype=np.float32)
    feed = np.sin(2 * np.pi * r / 5.2 + part.uniform(0, 2 * np.pi)) * (
        0.55 + 0.25 * smooth_noise(part, 1, steps, (40,))[0]
    )
    coarse = smooth_noise(part, 1, steps, (14, 6, 3), 0.8)[0]
    streaks = cv2.blur(grain(part, angles, steps), (2, 41), borderType=cv2.BORDER_REFLECT)
    profile = (feed + coarse)[None, :] + 4.0 * streaks
    full = OUTER * pose.scale * _S * 1.02
    polar = cv2.warpPolar(
        profile.astype(np.float32), (_N, _N), (pose.x, pose.y), full, cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    )
    return np.asarray(polar, np.float32)


def _chamfered(face: Field, radius: Field, towards: Field) -> Field:
    """Broken edges at both diameters: the one facing the lamp shines, the other is dark."""
    outer = smoothstep(OUTER - CHAMFER - 0.4, OUTER - CHAMFER + 0.4, radius)
    inner = smoothstep(INNER + CHAMFER + 0.4, INNER + CHAMFER - 0.4, radius)
    light = face + (0.46 + 0.42 * towards - face) * outer
    light += (0.46 - 0.42 * towards - light) * inner
    return np.asarray(light, np.float32)


def _belt(part: np.random.Generator, x: Field, y: Field, pose: _Pose) -> Field:
    """Dark rubberised cloth with the soft shadow of the part."""
    cloth = 0.085 + 0.010 * smooth_noise(part, _N, _N, (90, 24)) + 0.012 * cv2.blur(grain(part, _N, _N), (3, 3)) * 3
    cast = 7.0 * _S
    distance = cv2.magnitude(
        x - np.float32(pose.x - cast * np.cos(LIGHT)), y - np.float32(pose.y - cast * np.sin(LIGHT))
    ) / np.float32(_S)
    shadow = smoothstep(OUTER + 9, OUTER - 9, distance) * smoothstep(INNER - 9, INNER + 9, distance)
    cloth *= 1 - 0.55 * shadow
    return np.asarray(cloth, np.float32)


def _drill(light: Field, belt: Field, pose: _Pose, angle: float) -> None:
    """One countersunk hole, drawn into `light` in place."""
    cx, cy = pose.at(PITCH, angle)
    reach = int((HOLE + CHAMFER) * _S * 1.2)
    window = np.s_[int(cy) - reach : int(cy) + reach, int(cx) - reach : int(cx) + reach]
    y, x = np.mgrid[window].astype(np.float32)
    x -= np.float32(cx)
    y -= np.float32(cy)
    radius = np.hypot(x, y) / _S
    towards = (x * np.cos(LIGHT) + y * np.sin(LIGHT)) / (radius * _S + 1e-3)
    sink = smoothstep(HOLE + 3.3, HOLE + 2.6, radius)
    light[window] += (0.46 - 0.40 * towards - light[window]) * sink
    through = smoothstep(HOLE + 0.4, HOLE - 0.4, radius)
    wall = 1 - 0.75 * smoothstep(-6, 10, towards * radius)
    light[window] += (belt[window] * wall - light[window]) * through


def _damage(face: Field, pose: _Pose, defect: Defect) -> Field:
    rng = defect.generator()
    centre = pose.at(rng.uniform(INNER + 16, OUTER - 16), rng.uniform(0, 2 * np.pi))
    if defect.kind == "scratch":
        length, width = defect.between(26, 110) * _S, defect.between(0.9, 1.9) * _S
        bright, shade = marks.scratch(rng, face.shape, centre, rng.uniform(0, 2 * np.pi), length, width)
        face = face * (1 - defect.between(0.30, 0.6) * shade) + defect.between(0.22, 0.42) * bright
    elif defect.kind == "dent":
        radius, depth = defect.between(5.5, 17) * _S, defect.between(0.30, 0.55)
        face = face * marks.dent(rng, face.shape, centre, radius, depth, LIGHT)
    return np.asarray(face, np.float32)


def _stained(picture: Field, pose: _Pose, defect: Defect) -> Field:
    """Oil or rust: colour that lies on the finished part."""
    rng = defect.generator()
    x, y = pose.at(rng.uniform(INNER + 20, OUTER - 20), rng.uniform(0, 2 * np.pi))
    cover = marks.stain(rng, (SIZE, SIZE), (x / _S, y / _S), defect.between(8, 26)) * defect.between(0.45, 0.9)
    tint = np.asarray(OIL if rng.random() < 0.5 else RUST, np.float32)
    return np.asarray(picture * (1 - cover[:, :, None] * (1 - tint)), np.float32)
