"""One multivariate Gaussian per grid position: sums over images in float64, distances by triangular factors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from inspector.errors import TrainingError
from inspector.tasks import CancelToken, Progress

_POSITIONS = 256
_SMALLEST_VARIANCE = 1e-2
_LARGEST_GB = 2.0


def check_size(positions: int, dimensions: int) -> None:
    """Refuse what could neither be exported nor run on a station. Raises `TrainingError` `gaussians_too_large`."""
    gigabytes = positions * dimensions**2 * 4 / 2**30
    if gigabytes > _LARGEST_GB:
        raise TrainingError("gaussians_too_large", gigabytes=f"{gigabytes:.1f}", limit=f"{_LARGEST_GB:.0f}")


@dataclass
class Sums:
    """What the Gaussians of P positions in d dimensions need of n images: `first` (P, d) and `second` (P, d, d) are
    sums of vectors and of their outer products, float64."""

    count: int
    first: Tensor
    second: Tensor

    @classmethod
    def empty(cls, positions: int, dimensions: int, device: torch.device) -> Sums:
        """Nothing seen yet."""
        return cls(
            0,
            torch.zeros(positions, dimensions, dtype=torch.float64, device=device),
            torch.zeros(positions, dimensions, dimensions, dtype=torch.float64, device=device),
        )

    def add(self, vectors: Tensor) -> None:
        """Some images' vectors (n, P, d) float32."""
        by_position = vectors.double().permute(1, 0, 2)
        self.count += len(vectors)
        self.first += by_position.sum(1)
        self.second.baddbmm_(by_position.transpose(1, 2), by_position)

    def remove(self, vectors: Tensor) -> None:
        """Images that were added, as if they had not been seen."""
        by_position = vectors.double().permute(1, 0, 2)
        self.count -= len(vectors)
        self.first -= by_position.sum(1)
        self.second.baddbmm_(by_position.transpose(1, 2), by_position, alpha=-1)

    def typical_variance(self) -> float:
        """How much one dimension varies from image to image, on average over dimensions and positions.

        At least a hundredth of its mean square, so that (nearly) identical images leave something to divide by.
        """
        squares = self.second.diagonal(dim1=1, dim2=2) / self.count
        variance = (squares - (self.first / self.count) ** 2).mean()
        return max(float(variance), _SMALLEST_VARIANCE * float(squares.mean())) or 1.0


def fit_gaussians(sums: Sums, regularisation: float, progress: Progress, cancel: CancelToken) -> tuple[Tensor, Tensor]:
    """Means (P, d) and factors (P, d, d), float32, such that |factor (x - mean)| is the Mahalanobis distance.

    The covariance is the sample covariance (n - 1; with a single image it is zero) plus `regularisation` on the
    diagonal; its factor is the inverse of its Cholesky factor, which keeps more digits than an inverted covariance.
    """
    means = sums.first / sums.count
    factors = torch.empty_like(sums.second, dtype=torch.float32)
    for start in range(0, len(means), _POSITIONS):
        cancel.raise_if_cancelled()
        progress(start, len(means), "gaussians")
        rows = slice(start, start + _POSITIONS)
        factors[rows] = _factors(sums.second[rows], means[rows], sums.count, regularisation).float()
    progress(len(means), len(means), "gaussians")
    return means.float(), factors


def _factors(second: Tensor, means: Tensor, count: int, regularisation: float) -> Tensor:
    covariance = torch.baddbmm(second, means[:, :, None], means[:, None, :], alpha=-count) / max(count - 1, 1)
    identity = torch.eye(means.shape[1], dtype=torch.float64, device=means.device)
    lower = torch.linalg.cholesky(covariance + regularisation * identity)
    inverse: Tensor = torch.linalg.solve_triangular(lower, identity.expand_as(lower), upper=False)
    return inverse


class PositionGaussians(nn.Module):
    """Mahalanobis distances to fitted Gaussians: (N, P, d) to (N, P), float32."""

    means: Tensor
    factors: Tensor

    def __init__(self, means: Tensor, factors: Tensor) -> None:
        super().__init__()
        self.register_buffer("means", means)
        self.register_buffer("factors", factors)

    def forward(self, vectors: Tensor) -> Tensor:
        """Distances, not squared."""
        centred = (vectors - self.means).permute(1, 2, 0)
        distances: Tensor = torch.linalg.vector_norm(torch.matmul(self.factors, centred), dim=1)
        return distances.T
