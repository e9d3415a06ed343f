"""Greedy k-centre selection: the few points that leave no other point far from all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.tasks import CancelToken, Progress

_BLOCK = 1024
_ROWS = 4096
_NOTHING_LEFT = 1e-6


@dataclass(frozen=True, slots=True)
class Coreset:
    """Selected rows in the order of selection, (k,) int64, and how far the farthest point is from all of them."""

    indices: Tensor
    radius: float


def random_projection(points: Tensor, dimensions: int, generator: torch.Generator) -> Tensor:
    """(n, D) to (n, `dimensions`) by a Gaussian matrix that keeps distances on average (Johnson-Lindenstrauss); points
    of no more dimensions stay as they are."""
    if points.shape[1] <= dimensions:
        return points
    matrix = torch.randn(points.shape[1], dimensions, generator=generator) / dimensions**0.5
    projected: Tensor = points @ matrix.to(points.device)
    return projected


def greedy_k_centre(points: Tensor, count: int, first: int, progress: Progress, cancel: CancelToken) -> Coreset:
    """Farthest-first traversal (Gonzalez 1985) of points (n, D) float32, starting at the row `first`.

    Always the point farthest from all selected ones is selected next; it ends early when every point equals a selected
    one. The result is that of the plain algorithm, but whole blocks of points are updated by one matrix product:
    distances only ever shrink, so among the farthest points of a block the next selections are known to be right for
    as long as they are farther than every point outside of the block was when it was made. Reports the covering
    radius as `value`.
    """
    norms = torch.cat([(part * part).sum(1) for part in torch.split(points, _ROWS)])
    nearest = torch.full_like(norms, torch.inf)
    _approach(points, norms, torch.tensor([first]), nearest)
    selected = [torch.tensor([first])]
    done, smallest = 1, float(norms.mean()) * _NOTHING_LEFT
    while done < min(count, len(points)):
        cancel.raise_if_cancelled()
        farthest, rows = torch.topk(nearest, min(_BLOCK, len(points)))
        progress(done, count, "coreset", float(farthest[0].clamp(min=0).sqrt()))
        picked = _selections(points[rows], farthest, count - done, smallest)
        if not len(picked):
            break
        chosen = rows[picked.to(rows.device)]
        _approach(points, norms, chosen, nearest)
        selected.append(chosen.cpu())
        done += len(picked)
    radius = float(nearest.max().clamp(min=0).sqrt())
    progress(done, done, "coreset", radius)
    return Coreset(torch.cat(selected), radius)


def _approach(points: Tensor, norms: Tensor, chosen: Tensor, nearest: Tensor) -> None:
    """Lower each point's squared distance to the selected ones, in place."""
    centres = points[chosen]
    for start in range(0, len(points), _ROWS):
        rows = slice(start, start + _ROWS)
        squared = torch.addmm(norms[chosen], points[rows], centres.T, alpha=-2).amin(1) + norms[rows]
        torch.minimum(nearest[rows], squared, out=nearest[rows])
    nearest[chosen] = 0


def _selections(block: Tensor, farthest: Tensor, wanted: int, smallest: float) -> Tensor:
    """Positions in a block (b, D), in order, that the plain algorithm would select next.

    `farthest` (b,) are the block's squared distances to the selected points, decreasing: no point outside of the block
    is farther than its last.
    """
    between: NDArray[np.float32] = torch.cdist(block, block).square_().cpu().numpy()
    distances: NDArray[np.float32] = farthest.cpu().numpy().copy()
    limit = max(float(distances[-1]), smallest)
    picked: list[int] = []
    while len(picked) < wanted:
        position = int(distances.argmax())
        # Ties with the points outside are as good as any: the first of a block is always right.
        if distances[position] <= smallest or (picked and distances[position] < limit):
            break
        picked.append(position)
        np.minimum(distances, between[position], out=distances)
        distances[position] = 0
    return torch.tensor(picked, dtype=torch.int64)
