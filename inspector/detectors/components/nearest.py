"""Exact nearest-neighbour search against a memory bank by matrix products, in a form that ONNX can express."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_CHUNK = 2048
_RELATIVE_NOISE = 3e-3


class MemoryBank(nn.Module):
    """Stored vectors `points` (m, D) float32; distances are Euclidean (not squared)."""

    points: Tensor
    norms: Tensor

    def __init__(self, points: Tensor) -> None:
        super().__init__()
        self.register_buffer("points", points.contiguous())
        self.register_buffer("norms", (points * points).sum(1), persistent=False)

    def forward(self, queries: Tensor, neighbours: int = 1) -> Tensor:
        """Mean distance of each query (n, D) to its nearest `neighbours` points, (n,).

        The bank is gone through in chunks, so that never more than n times 2048 distances exist at once.
        """
        wanted = min(neighbours, len(self.points))
        chunks = list(zip(torch.split(self.points, _CHUNK), torch.split(self.norms, _CHUNK), strict=True))
        if wanted == 1:
            best = self._partial(queries, *chunks[0]).amin(1)
            for points, norms in chunks[1:]:
                best = torch.minimum(best, self._partial(queries, points, norms).amin(1))
            return completed(queries, best)
        found = [
            torch.topk(self._partial(queries, points, norms), min(wanted, len(points)), largest=False).values
            for points, norms in chunks
        ]
        best = torch.topk(torch.cat(found, 1), wanted, largest=False).values
        return completed(queries[:, None], best).mean(1)

    @staticmethod
    def _partial(queries: Tensor, points: Tensor, norms: Tensor) -> Tensor:
        """Squared distances without the part that is the same for all points: |b|² - 2ab."""
        return torch.addmm(norms, queries, points.T, alpha=-2)

    def distances(self, queries: Tensor) -> Tensor:
        """All distances of a few queries (n, D), (n, m)."""
        return completed(queries[:, None], self._partial(queries, self.points, self.norms))


def completed(queries: Tensor, partial: Tensor) -> Tensor:
    """From |b|² - 2ab (...) and a, `queries` (..., D), to distances; rounding may leave less than nothing."""
    distances = ((queries * queries).sum(-1) + partial).clamp(min=0).sqrt()
    return torch.maximum(distances, _noise(queries))


def _noise(queries: Tensor) -> Tensor:
    """0.3 % of the length of vectors (..., D): distances count as no less. What |a|² + |b|² - 2ab leaves of nearly
    equal vectors is rounding, which is another in every library, and the root enlarges it."""
    lengths: Tensor = torch.linalg.vector_norm(queries, dim=-1)
    return _RELATIVE_NOISE * lengths
