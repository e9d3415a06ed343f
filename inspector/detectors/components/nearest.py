"""Exact nearest-neighbour search against a memory bank by matrix products, in a form that ONNX can express."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_CHUNK = 2048
_REDUCED = 32
_AT_ONCE = 16
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
            return _completed(queries, best)
        found = [
            torch.topk(self._partial(queries, points, norms), min(wanted, len(points)), largest=False).values
            for points, norms in chunks
        ]
        best = torch.topk(torch.cat(found, 1), wanted, largest=False).values
        return _completed(queries[:, None], best).mean(1)

    def nearest(self, queries: Tensor, neighbours: int) -> Tensor:
        """Rows of each query's nearest `neighbours` points (fewer in a smaller bank), (n, k) int64, in any order."""
        wanted = min(neighbours, len(self.points))
        values, rows, start = queries.new_empty(len(queries), 0), torch.empty(0), 0
        for points, norms in zip(torch.split(self.points, _CHUNK), torch.split(self.norms, _CHUNK), strict=True):
            partial = self._partial(queries, points, norms)
            found = (
                partial.min(1, keepdim=True)
                if wanted == 1
                else torch.topk(partial, min(wanted, len(points)), largest=False)
            )
            both = torch.cat([values, found[0]], 1)
            every = torch.cat([rows, found[1] + start], 1) if start else found[1]
            values, order = torch.topk(both, min(wanted, both.shape[1]), largest=False)
            rows, start = every.gather(1, order), start + len(points)
        return rows

    @staticmethod
    def _partial(queries: Tensor, points: Tensor, norms: Tensor) -> Tensor:
        """Squared distances without the part that is the same for all points: |b|² - 2ab."""
        return torch.addmm(norms, queries, points.T, alpha=-2)

    def distances(self, queries: Tensor) -> Tensor:
        """All distances of a few queries (n, D), (n, m)."""
        return _completed(queries[:, None], self._partial(queries, self.points, self.norms))


def _completed(queries: Tensor, partial: Tensor) -> Tensor:
    """Add |a|² and take the root; rounding may leave less than nothing."""
    distances = ((queries * queries).sum(-1) + partial).clamp(min=0).sqrt()
    return torch.maximum(distances, _noise(queries))


def _noise(queries: Tensor) -> Tensor:
    """0.3 % of the length of vectors (..., D): distances count as no less. What |a|² + |b|² - 2ab leaves of nearly
    equal vectors is rounding, which is another in every library, and the root enlarges it."""
    lengths: Tensor = torch.linalg.vector_norm(queries, dim=-1)
    return _RELATIVE_NOISE * lengths


class LargestDistance:
    """Finds the largest of a bank's nearest-neighbour distances over many queries without computing all of them.

    The distance to whichever point is nearest in a few principal directions is never too small, and seldom much too
    large. Queries are gone through from the largest such bound down, until no bound is left above the largest distance
    found: the result is exact.
    """

    def __init__(self, bank: MemoryBank) -> None:
        self._bank = bank
        self._axes: Tensor | None = None
        if bank.points.shape[1] > 2 * _REDUCED:
            points = bank.points.double()
            self._axes = torch.linalg.eigh(points.T @ points).eigenvectors[:, -_REDUCED:].float()
            self._reduced = MemoryBank(bank.points @ self._axes)

    def __call__(self, queries: Tensor, neighbours: int = 1) -> tuple[Tensor, Tensor]:
        """The largest of what the bank gives for queries (n, D), and its row, both ()."""
        if self._axes is None:
            largest, position = self._bank(queries, neighbours).max(0)
            return largest, position
        near = self._bank.points[self._reduced.nearest(queries @ self._axes, neighbours)]
        distances = torch.maximum(torch.linalg.vector_norm(near - queries[:, None], dim=2), _noise(queries)[:, None])
        bounds, rows = distances.mean(1).sort(descending=True)
        best, row = bounds.new_tensor(-torch.inf), rows[0]
        for start in range(0, len(rows), _AT_ONCE):
            if best >= bounds[start]:
                break
            some = rows[start : start + _AT_ONCE]
            value, position = self._bank(queries[some], neighbours).max(0)
            if value > best:
                best, row = value, some[position]
        return best, row
