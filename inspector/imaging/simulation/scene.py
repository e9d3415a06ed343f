"""What every simulated product offers to the line: a drawing of one part, with at most one defect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float32]
"""(H, W) or (H, W, 3) float32: light, reflectance or a gain; 1 is white or unchanged."""

SUPERSAMPLING = 2
"""Fine geometry is drawn at twice the size of the picture and averaged down, so that edges are anti-aliased."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect to draw. `severity` runs from 0 (subtle, though a person sees it) to 1 (obvious); all else about it
    comes from `seed`, so that it can be drawn again."""

    kind: str
    severity: float
    seed: tuple[int, ...]

    def generator(self) -> np.random.Generator:
        """A fresh generator: the same draws each time."""
        return np.random.default_rng(self.seed)

    def between(self, subtle: float, obvious: float) -> float:
        """A figure by severity."""
        return subtle + (obvious - subtle) * self.severity


class Scene(Protocol):
    """One kind of part. `width` and `height` are those of the picture in pixels; `kinds` the defects it can have."""

    @property
    def title(self) -> str: ...  # noqa: D102

    @property
    def width(self) -> int: ...  # noqa: D102

    @property
    def height(self) -> int: ...  # noqa: D102

    @property
    def kinds(self) -> tuple[str, ...]: ...  # noqa: D102

    def draw(self, part: np.random.Generator, defect: Defect | None) -> Field:
        """(height, width, 3) float32, BGR light in about [0, 1] before the camera.

        The draws from `part` do not depend on the defect: the same part can be drawn with and without it.
        """
