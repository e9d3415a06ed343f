"""Gaussians with means of their own and one covariance, which is shrunk as Ledoit and Wolf do."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

_FLOOR = 1e-2
"""Of the mean variance, added to each: the estimate's own digits are lost where a direction hardly varies."""
_LEAST = 1e-6
"""Of the mean square, for vectors that are all alike."""
_SAMPLES = 40_000
"""The covariance is taken from at most so many vectors."""


class Density(nn.Module):
    """Mahalanobis distances of vectors (N, ..., d), (N, ...) float32, not squared; `places` is what stands for the
    dots, each with a mean of its own. Euclidean distances from the origin until it has learned."""

    mean: Tensor
    factor: Tensor

    def __init__(self, dimensions: int, places: tuple[int, ...] = ()) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(*places, dimensions))
        self.register_buffer("factor", torch.eye(dimensions))

    def forward(self, vectors: Tensor) -> Tensor:
        """Distances."""
        turned = (vectors.float() - self.mean) @ self.factor.T
        found: Tensor = torch.linalg.vector_norm(turned, dim=-1)
        return found

    def learn(self, vectors: Tensor, seed: int) -> float:
        """From (n, ..., d) float32, one at least; returns the share in [0, 1] by which the covariance was shrunk."""
        mean, count = vectors.double().mean(0), len(vectors)
        centred = (vectors - mean.float()).flatten(0, -2).numpy()
        if len(centred) > _SAMPLES:
            centred = np.random.default_rng(seed).choice(centred, _SAMPLES, replace=False)
        covariance, shrinkage = _covariance(centred.astype(np.float64), count)
        spread = np.trace(covariance) / len(covariance)
        ridge = _FLOOR * spread + _LEAST * float(vectors.square().mean()) or 1.0
        lower = np.linalg.cholesky(covariance + ridge * np.eye(len(covariance)))
        # The inverse of the Cholesky factor keeps more digits in float32 than the inverse of the covariance.
        factor = torch.from_numpy(np.linalg.inv(lower)).float().contiguous()
        device = self.mean.device
        self.mean, self.factor = mean.float().to(device), factor.to(device)
        return shrinkage


def _covariance(centred: NDArray[np.float64], count: int) -> tuple[NDArray[np.float64], float]:
    """Of `centred` vectors (n, d), each of which is one of `count` that their mean was taken from."""
    from sklearn.covariance import ledoit_wolf

    if count == 1:  # which says nothing of how parts vary
        return np.zeros((centred.shape[1], centred.shape[1])), 1.0
    covariance, shrinkage = ledoit_wolf(centred, assume_centered=True)
    return covariance * count / (count - 1), float(shrinkage)
