"""Pictures of good parts with a made-up defect, half of the time, and where it is."""

from __future__ import annotations

import numpy as np

from inspector.data.synthetic.blending import blended
from inspector.data.synthetic.perlin import Blotches
from inspector.data.synthetic.surfaces import Surfaces
from inspector.imaging.frame import Image

_OPACITY = (0.2, 1.0)


def perlin_anomaly(
    rng: np.random.Generator, image: Image, surfaces: Surfaces, *, share: float = 0.5
) -> tuple[Image, Blotches]:
    """As DRAEM (arXiv 2108.07610) makes them: with a chance of `share` a copy of a picture (H, W, 3) uint8 BGR that
    shows a surface in blotches, 20 to 100 % opaque, and where it differs, (H, W) bool; else the picture itself, and
    nowhere. Raises `ImageError` for a surface that cannot be read."""
    if rng.random() >= share:
        return image, np.zeros(image.shape[:2], np.bool_)
    altered, blotches = blended(rng, image, surfaces, opacity=_OPACITY, smallest=0.0)
    # A surface may happen to be what it covers: what nobody can see is no defect.
    return altered, blotches & (altered != image).any(2)
