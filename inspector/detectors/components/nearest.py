"""Exact nearest-neighbour search against a memory bank by matrix products, in a form that ONNX can express."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_CHUNK = 2048
_HEAD = 16
_SMALLEST_HEAD = 256
_AT_ONCE = 64


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

    def largest(self, queries: Tensor, neighbours: int = 1) -> tuple[Tensor, Tensor]:
        """The largest of what `forward` gives for the queries (n, D) of one image, and its row, both ().

        Distances to a part of the bank are never too small. So only queries that are far from the bank's first points
        (a greedy selection spreads these over the whole of it) are compared with the others.
        """
        head = MemoryBank(self.points[: max(len(self.points) // _HEAD, _SMALLEST_HEAD)])
        bounds, rows = head(queries, neighbours).sort(descending=True)
        if len(head.points) == len(self.points):
            return bounds[0], rows[0]
        best, row = bounds.new_tensor(-torch.inf), rows[0]
        for start in range(0, len(rows), _AT_ONCE):
            if best >= bounds[start]:
                break
            some = rows[start : start + _AT_ONCE]
            value, position = self(queries[some], neighbours).max(0)
            if value > best:
                best, row = value, some[position]
        return best, row

    @staticmethod
    def _partial(queries: Tensor, points: Tensor, norms: Tensor) -> Tensor:
        """Squared distances without the part that is the same for all points: |b|² - 2ab."""
        return torch.addmm(norms, queries, points.T, alpha=-2)

    def distances(self, queries: Tensor) -> Tensor:
        """All distances of a few queries (n, D), (n, m)."""
        return _completed(queries[:, None], self._partial(queries, self.points, self.norms))


def _completed(queries: Tensor, partial: Tensor) -> Tensor:
    """Add |a|² and take the root; rounding may leave less than nothing."""
    return ((queries * queries).sum(-1) + partial).clamp(min=0).sqrt()
