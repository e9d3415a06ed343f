"""The most alike vector near the same place of another picture, for every position, by matrix products."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_OUTSIDE = -4.0
"""Added to cosines of places that do not count, which is less than any cosine that does."""


class LocalSearch(nn.Module):
    """Compares unit vectors (N, h, w, D) of two pictures within `reach` cells: the largest cosine, (N, h, w).

    Each row is compared with a whole row at once, and places too far to the side are ruled out afterwards: one large
    product is faster than many small ones. Beyond the border of a picture there is nothing.
    """

    far: Tensor

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        self.reach = reach
        places = torch.arange(width)
        apart = (places[:, None] - places[None, :]).abs()
        self.register_buffer("far", torch.where(apart > reach, _OUTSIDE, 0.0), persistent=False)

    def forward(self, vectors: Tensor, others: Tensor) -> Tensor:
        """Search."""
        if not self.reach:
            return (vectors * others).sum(-1)
        best = None
        for step in range(-self.reach, self.reach + 1):
            # Beyond the border the row at the border takes part again, which changes no maximum.
            rows = (torch.arange(vectors.shape[1], device=vectors.device) + step).clamp(0, vectors.shape[1] - 1)
            found = (vectors @ others[:, rows].transpose(2, 3) + self.far).amax(-1)
            best = found if best is None else torch.maximum(best, found)
        assert best is not None
        return best
