"""K-means: the few points around which many lie."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from inspector.tasks import CancelToken

_ROUNDS = 30


def k_means(points: Tensor, count: int, generator: torch.Generator, cancel: CancelToken) -> tuple[Tensor, float]:
    """Centres (`count`, D) of points (n, D) float32, and the mean squared distance of a point to its centre.

    Lloyd's rounds, at most 30, from a k-means++ start (Arthur and Vassilvitskii 2007), whose random numbers come from
    a generator on the CPU. Where there are fewer different points than centres, some centres coincide.
    """
    centres = _spread_start(points, count, generator)
    members = torch.full((len(points),), -1, device=points.device)
    for _ in range(_ROUNDS):
        cancel.raise_if_cancelled()
        nearest = _squared(points, centres).argmin(1)
        if torch.equal(nearest, members):
            break
        members = nearest
        belongs = functional.one_hot(members, count).to(points.dtype)
        sizes = belongs.sum(0)[:, None]
        centres = torch.where(sizes > 0, belongs.T @ points / sizes.clamp(min=1), centres)
    return centres, float(_squared(points, centres).amin(1).mean())


def _spread_start(points: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Each next centre is a point drawn with a weight of its squared distance to those before."""
    rows = [int(torch.randint(len(points), (1,), generator=generator))]
    nearest = _squared(points, points[rows]).amin(1)
    while len(rows) < count:
        weights = nearest.double().cpu()
        drawn = torch.multinomial(weights, 1, generator=generator) if float(weights.sum()) > 0 else torch.zeros(1)
        rows.append(int(drawn))
        nearest = torch.minimum(nearest, _squared(points, points[rows[-1:]])[:, 0])
    return points[rows]


def _squared(points: Tensor, centres: Tensor) -> Tensor:
    """Squared distances, (n, count). Differences are taken first, so that equal points are at none at all."""
    return torch.stack([(points - centre).square().sum(1) for centre in centres], 1)
