"""Pictures that are no product: what a teacher learns from beside good pictures, and what a student is kept from."""

from __future__ import annotations

import numpy as np

from inspector.data.synthetic.surfaces import DrawnSurfaces, Surfaces
from inspector.features.pretraining.scenes import render_scene
from inspector.imaging.frame import Image

_SCENES = 0.75


class DrawnScenes(Surfaces):
    """Drawn scenes of many things on textured grounds, and now and then a surface alone; nothing from outside."""

    def __init__(self) -> None:
        self._plain = DrawnSurfaces()

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        """See `Surfaces.draw`."""
        if rng.random() >= _SCENES:
            return self._plain.draw(rng, size)
        return render_scene(rng, max(size))[: size[0], : size[1]]


class Centred(Surfaces):
    """The middle of pictures drawn twice as large, as EfficientAD takes its penalty's from ImageNet."""

    def __init__(self, surfaces: Surfaces) -> None:
        self._surfaces = surfaces

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        """See `Surfaces.draw`."""
        drawn = self._surfaces.draw(rng, (2 * size[0], 2 * size[1]))
        top, left = size[0] // 2, size[1] // 2
        return drawn[top : top + size[0], left : left + size[1]]


def sometimes_gray(rng: np.random.Generator, image: Image, share: float) -> Image:
    """Without its colours in a share of all calls."""
    if rng.random() >= share:
        return image
    return np.repeat(np.rint(image.mean(2, keepdims=True)).astype(np.uint8), 3, 2)
