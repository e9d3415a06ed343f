"""Foreign surfaces laid over a good picture in blotches: defects that nobody had to find."""

from __future__ import annotations

import cv2
import numpy as np

from inspector.data.synthetic.perlin import Blotches, perlin_blotches
from inspector.data.synthetic.surfaces import Surfaces
from inspector.imaging.frame import Image

_DRAWS = 10


def large_blotches(rng: np.random.Generator, size: tuple[int, int], smallest: float) -> Blotches:
    """(height, width) bool: blotches of at least `smallest` of the picture's area each; empty only where ten draws
    gave none."""
    for _ in range(_DRAWS):
        drawn = perlin_blotches(rng, size)
        _, labels, figures, _ = cv2.connectedComponentsWithStats(drawn.astype(np.uint8))
        wanted = figures[:, cv2.CC_STAT_AREA] >= smallest * drawn.size
        wanted[0] = False
        blotches: Blotches = wanted[labels]
        if blotches.any():
            break
    return blotches


def blended(
    rng: np.random.Generator,
    image: Image,
    surfaces: Surfaces,
    *,
    opacity: tuple[float, float],
    smallest: float,
) -> tuple[Image, Blotches]:
    """A copy of a picture (H, W, 3) uint8 BGR that shows a surface in blotches (see `large_blotches`), with an opacity
    in [0, 1] drawn from a range; and where, (H, W) bool. Raises `ImageError` for a surface that cannot be read."""
    blotches = large_blotches(rng, image.shape[:2], smallest)
    weight = rng.uniform(*opacity)
    altered = image.copy()
    surface = surfaces.draw(rng, image.shape[:2])
    mixed = weight * surface[blotches] + (1 - weight) * image[blotches]
    altered[blotches] = np.rint(mixed).astype(np.uint8)
    return altered, blotches
