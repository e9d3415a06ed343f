"""What a camera makes of a scene: every station has its own, and no two exposures of one station are quite alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_GAIN_DRIFT = 0.03
_VISIBLE = 5


@dataclass(frozen=True)
class Camera:
    """Blur (pixels), inversion, exposure gain, gamma, noise (share of full scale), gray, order of the channels."""

    blur: float
    inverted: bool
    gain: float
    gamma: float
    noise: float
    gray: bool
    channels: tuple[int, ...]

    @classmethod
    def draw(cls, rng: np.random.Generator) -> Camera:
        """Any camera."""
        return cls(
            blur=rng.uniform(0.4, 1.8) if rng.random() < 0.4 else 0.0,
            inverted=bool(rng.random() < 0.15),
            gain=rng.uniform(0.7, 1.5),
            gamma=float(np.exp(rng.normal(0, 0.35))),
            noise=rng.uniform(0, 0.05) if rng.random() < 0.5 else 0.0,
            gray=bool(rng.random() < 0.4),
            channels=tuple(int(item) for item in rng.permutation(3)),
        )

    def drifted(self, rng: np.random.Generator) -> Camera:
        """The same camera at another moment: the light has changed by a few percent."""
        return replace(self, gain=self.gain * float(np.exp(rng.normal(0, _GAIN_DRIFT))))

    def visible(self, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Where two views (H, W, 3) uint8 differ by more than a few gray levels when this camera takes them, (H, W)."""
        quiet, unused = replace(self, noise=0.0), np.random.default_rng(0)
        taken = [quiet.take(unused, view).astype(np.int16) for view in (before, after)]
        return np.asarray(np.abs(taken[0] - taken[1]).max(0) > _VISIBLE)

    def take(self, rng: np.random.Generator, view: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """(H, W, 3) uint8 to (3, H, W) uint8."""
        image: NDArray[Any] = view.astype(np.float32) / 255
        if self.blur:
            image = cv2.GaussianBlur(image, (0, 0), self.blur)
        if self.inverted:
            image = 1 - image
        image = np.clip(image * self.gain, 0, 1) ** np.float32(self.gamma)
        if self.noise:
            image = image + rng.standard_normal(image.shape, dtype=np.float32) * np.float32(self.noise)
        if self.gray:
            image = np.repeat(image.mean(2, keepdims=True), 3, 2)
        return (np.clip(image, 0, 1) * 255).astype(np.uint8)[:, :, list(self.channels)].transpose(2, 0, 1).copy()
