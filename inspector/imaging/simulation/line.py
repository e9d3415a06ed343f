"""The line itself: which products there are, one rendered part, and the stream that a simulated camera sees."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl

import cv2
import numpy as np

from inspector.errors import CameraError
from inspector.imaging.frame import Image, Mask
from inspector.imaging.simulation.label import PrintedLabel
from inspector.imaging.simulation.optics import digitise, expose
from inspector.imaging.simulation.scene import Defect, Field, Scene
from inspector.imaging.simulation.washer import Washer
from inspector.imaging.simulation.weave import Weave

SCENES: dict[str, Scene] = {"washer": Washer(), "label": PrintedLabel(), "weave": Weave()}

SCHEME = "simulated:"
TRUTH_LEVELS = 4.0
"""Grey levels by which a defect must change a pixel to count as part of it: below, noise hides the change."""

MINIMUM_PIXELS = 120
"""A defect that shows on fewer is not fair to ask for."""

_ATTEMPTS = 12
_PART, _CAMERA, _NOISE, _DEFECT = range(4)


@dataclass(frozen=True, slots=True)
class Product:
    """One kind of part: its id in addresses, its English title, picture size and the kinds of defect it can have."""

    id: str
    title: str
    width: int
    height: int
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """What a part really is. `kind` is None for good parts."""

    label: Literal["good", "defect"]
    kind: str | None


@dataclass(frozen=True, slots=True)
class SimulatedPart:
    """A rendered part. `mask` (H, W) bool marks the pixels that the defect changed; empty for good parts."""

    image: Image
    label: Literal["good", "defect"]
    kind: str | None
    mask: Mask


def products() -> list[Product]:
    """All products of the line."""
    return [Product(name, item.title, item.width, item.height, item.kinds) for name, item in SCENES.items()]


def render(
    product_id: str, seed: int, index: int, *, defect_rate: float = 0.0, kind: str | None = None
) -> SimulatedPart:
    """One part: always the same for the same product, seed and index.

    `defect_rate` (0 to 1) is the chance of a defect; `kind` forces one. The part, its pose, light and noise are those
    of its good twin, so a defect changes nothing but its own pixels. Raises KeyError for an unknown product,
    ValueError for a kind it cannot have.
    """
    defect = _defect(product_id, seed, index, defect_rate, kind)
    levels = _levels(product_id, seed, index, None)
    mask = np.zeros(levels.shape[:2], np.bool_)
    if defect is not None:
        levels, mask = _spoiled(product_id, seed, index, defect, levels)
    image = digitise(levels, _generator(product_id, seed, index, _NOISE))
    return SimulatedPart(image, "defect" if defect else "good", defect.kind if defect else None, mask)


@dataclass(frozen=True, slots=True)
class SimulatedLine:
    """The stream of one simulated camera; frame `sequence` is part number `sequence`."""

    product: str
    seed: int = 0
    defects: float = 0.0

    @classmethod
    def parse(cls, address: str) -> SimulatedLine:
        """Take `washer`, `washer?seed=3&defects=0.3`, with or without `simulated:` before it.

        Raises `CameraError` `camera_not_found` for a product that does not exist, `camera_address` for anything else.
        """
        name, _, query = address.removeprefix(SCHEME).partition("?")
        if name not in SCENES:
            raise CameraError("camera_not_found", source=address)
        try:
            options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
            line = cls(name, int(options.pop("seed", "0")), float(options.pop("defects", "0")))
        except ValueError as error:
            raise CameraError("camera_address", source=address, reason=str(error)) from error
        if options:
            raise CameraError("camera_address", source=address, reason=f"{', '.join(options)}?")
        if line.seed < 0 or not 0 <= line.defects <= 1:
            raise CameraError("camera_address", source=address, reason="seed ≥ 0, 0 ≤ defects ≤ 1")
        return line

    @property
    def address(self) -> str:
        """What `parse` takes back."""
        return f"{self.product}?seed={self.seed}&defects={self.defects}"

    def render(self, sequence: int) -> SimulatedPart:
        """The part that frame `sequence` shows."""
        return render(self.product, self.seed, sequence, defect_rate=self.defects)

    def truth(self, sequence: int) -> Truth:
        """What frame `sequence` shows, without rendering it."""
        defect = _defect(self.product, self.seed, sequence, self.defects, None)
        return Truth("good", None) if defect is None else Truth("defect", defect.kind)


def truth_of(source: str, sequence: int) -> Truth | None:
    """What a frame with this `source` and `sequence` really shows; None if it is not from a simulated camera."""
    return SimulatedLine.parse(source).truth(sequence) if source.startswith(SCHEME) else None


def _generator(product_id: str, seed: int, index: int, stream: int) -> np.random.Generator:
    return np.random.default_rng([zlib.crc32(product_id.encode()), seed, index, stream])


def _defect(product_id: str, seed: int, index: int, rate: float, kind: str | None) -> Defect | None:
    """The defect of a part, if it has one; severities are spread evenly."""
    kinds = SCENES[product_id].kinds
    if kind is not None and kind not in kinds:
        raise ValueError(f"{product_id} cannot have the defect {kind}")
    rng = _generator(product_id, seed, index, _DEFECT)
    chance, chosen, severity = rng.random(), str(rng.choice(kinds)), float(rng.random())
    if kind is None and chance >= rate:
        return None
    return Defect(kind or chosen, severity, (zlib.crc32(product_id.encode()), seed, index, _DEFECT + 1))


def _spoiled(product_id: str, seed: int, index: int, defect: Defect, twin: Field) -> tuple[Field, Mask]:
    """The part with its defect, and where that shows beside its good twin.

    A defect that fell where nothing can be seen of it (a scratch across a hole) is drawn again elsewhere, each time
    a little worse.
    """
    for attempt in range(_ATTEMPTS):
        tried = Defect(defect.kind, min(1.0, defect.severity + 0.1 * attempt), (*defect.seed, attempt))
        levels = _levels(product_id, seed, index, tried)
        mask = _changed(twin, levels)
        if np.count_nonzero(mask) >= MINIMUM_PIXELS:
            break
    return levels, mask


def _levels(product_id: str, seed: int, index: int, defect: Defect | None) -> Field:
    light = SCENES[product_id].draw(_generator(product_id, seed, index, _PART), defect)
    return expose(light, _generator(product_id, seed, index, _CAMERA))


def _changed(twin: Field, levels: Field) -> Mask:
    """Where a defect shows; single lost pixels inside it belong to it."""
    changed = (np.abs(levels - twin).max(axis=2) >= TRUTH_LEVELS).astype(np.uint8)
    closed = cv2.morphologyEx(changed, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    return np.asarray(closed > 0)
