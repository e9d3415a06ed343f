"""Teaching CPR's local features: pictures with drawn defects are compared with alike good pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inspector.data.synthetic.blending import blended
from inspector.data.synthetic.surfaces import Surfaces
from inspector.detectors.components.cascade_network import CascadeNetwork
from inspector.detectors.components.learning import mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.imaging.frame import Image

_DEFECTS, _SMALLEST, _OPACITY = 0.9, 0.001, (0.5, 1.0)
_SPECKLED, _SPECKLES = 0.3, 0.01
_LIGHTER, _LIGHT = 0.3, 0.1
_ALIKE, _UNLIKE, _POWER = 0.8, -0.2, 3
"""Cosines that are good enough for what belongs together and for what does not, and the power of what is missing."""
_PAIRS = 300
_NEAR_SQUARED = 2
"""Positions of more than the square root of this many cells apart shall differ, on parts whose places differ."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """A batch: pictures that may have a defect and alike good ones, (N, 3, H, W) normalised; the defects' (N, H, W)."""

    queries: Tensor
    partners: Tensor
    defects: Tensor


class Exercises:
    """Makes batches from good pictures, each with one of its `partners` (n, k), rows of pictures."""

    def __init__(self, pictures: Pictures, partners: Tensor, surfaces: Surfaces, seed: int) -> None:
        self._pictures = pictures
        self._partners = partners
        self._surfaces = surfaces
        self._rng = np.random.default_rng(seed)

    def of(self, indices: list[int]) -> Exercise:
        """For these pictures. Raises `ImageError` for a surface that cannot be read, `Cancelled`."""
        altered, masks, partners = [], [], []
        for index in indices:
            image, mask = self._altered(self._pictures.resized(index))
            altered.append(image)
            masks.append(mask)
            drawn = self._rng.integers(self._partners.shape[1])
            partners.append(int(self._partners[index, drawn]))
        defects = torch.from_numpy(np.stack(masks)).to(self._pictures.device).float()
        return Exercise(self._pictures.normalised(altered), self._pictures.batch(partners), defects)

    def _altered(self, image: Image) -> tuple[Image, np.ndarray]:
        rng = self._rng
        mask = np.zeros(image.shape[:2], np.bool_)
        if rng.random() < _DEFECTS:
            image, mask = blended(rng, image, self._surfaces, opacity=_OPACITY, smallest=_SMALLEST)
        if rng.random() < _SPECKLED:
            image = image.copy()
            speckles = rng.random(image.shape[:2]) < _SPECKLES
            image[speckles] = rng.choice(np.array([0, 255], np.uint8), (int(speckles.sum()), 1))
        if rng.random() < _LIGHTER:
            factor = 1 + rng.uniform(-_LIGHT, _LIGHT)
            image = np.clip(np.rint(image * factor), 0, 255).astype(np.uint8)
        return image, mask


def exercise_loss(network: CascadeNetwork, exercise: Exercise, *, places_differ: bool) -> Tensor:
    """The contrastive loss, summed over layers. `places_differ`: distant positions of a part shall differ, too."""
    images, count = torch.cat([exercise.queries, exercise.partners]), len(exercise.queries)
    with mixed_precision(images.device):
        together = network.features(images)
        local = network.local(together)
    foreground = network.foreground(together[0][count:])
    losses = []
    for features, vectors in zip(together, local, strict=True):
        grid = (vectors.shape[1], vectors.shape[2])
        defective = functional.adaptive_avg_pool2d(exercise.defects, grid)
        weights = functional.adaptive_avg_pool2d(foreground, grid) * (defective == 0)
        losses.append(contrast(vectors[:count], vectors[count:], weights, defective >= 0.5))
        if places_differ:
            losses.append(_distant(vectors[:count], vectors[count:], features[:count], features[count:]))
    return torch.stack(losses).sum()


def contrast(query: Tensor, partner: Tensor, normal: Tensor, defective: Tensor) -> Tensor:
    """Of unit vectors (N, h, w, D) at the same positions: those of normal cells shall be alike (weights (N, h, w)),
    those of defective cells (N, h, w) unlike."""
    cosine = (query * partner).sum(-1)
    return _mean(_above(_ALIKE - cosine), normal) + _mean(_above(cosine - _UNLIKE), defective.float())


def _distant(query: Tensor, partner: Tensor, seen: Tensor, seen_partner: Tensor) -> Tensor:
    """Random pairs of positions that are far from each other shall be unlike, as far as the frozen features
    (N, C, h, w) find them different."""
    count, height, width = query.shape[:3]
    one, other = (torch.randint(height * width, (count, _PAIRS), device=query.device) for _ in range(2))
    down = torch.div(one, width, rounding_mode="floor") - torch.div(other, width, rounding_mode="floor")
    far = down**2 + (one % width - other % width) ** 2 > _NEAR_SQUARED
    cosine = _cosine(query.flatten(1, 2), one, partner.flatten(1, 2), other)
    seen, seen_partner = (functional.normalize(item, dim=1).flatten(2).transpose(1, 2) for item in (seen, seen_partner))
    different = 1 - _cosine(seen, one, seen_partner, other)
    return _mean(_above(cosine - _UNLIKE), far * different.clamp(min=0))


def _cosine(vectors: Tensor, rows: Tensor, others: Tensor, other_rows: Tensor) -> Tensor:
    """Of unit vectors (N, n, D) at some rows (N, m) of each, (N, m)."""
    dimensions = vectors.shape[2]
    one = vectors.gather(1, rows[:, :, None].expand(-1, -1, dimensions))
    return (one * others.gather(1, other_rows[:, :, None].expand(-1, -1, dimensions))).sum(-1)


def _above(missing: Tensor) -> Tensor:
    return missing.clamp(min=0) ** _POWER


def _mean(values: Tensor, weights: Tensor) -> Tensor:
    """Weighted; 0 where nothing has weight."""
    return (values * weights).sum() / weights.sum().clamp(min=1e-6)
