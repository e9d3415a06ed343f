"""Telling damage from its surroundings, as a detector will: by the distance to the nearest patch of good parts.

Every scene is a small inspection task of its own. The loss is not about classes of defects but about the very ranking
that patch methods (PatchCore, arXiv 2106.08265) live on, over thousands of invented products.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

_FINEST_STRIDE = 8
_DAMAGED_SHARE = 0.1
_CLEAR_CELLS = 5
"""A cell counts as good where the cells around it in a square of this side show no damage at all."""

_FARTHEST_SHARE = 0.05
_MARGIN, _SOFTNESS = 0.5, 0.5
_SMALLEST_SHARE = 0.1
_SMALLEST_SQUARE = 1e-3


def discrimination_losses(maps: Sequence[Tensor], damage: Tensor) -> Tensor:
    """The mean loss over k scenes for each layer (layers,): maps (k n, C, h, w), and `damage` (k, n, S, S) bool."""
    return torch.stack(
        [
            torch.stack([discrimination_loss(*scene) for scene in zip(item.chunk(len(damage)), damage, strict=True)])
            for item in maps
        ]
    ).mean(1)


def discrimination_loss(features: Tensor, damage: Tensor) -> Tensor:
    """How little the damage stands out, () at least 0; 0 where no cell is damaged.

    `features` (n, C, h, w) are one layer's maps of one scene's crops, the first half of them good parts; `damage`
    (n, S, S) bool marks pixels. Channels are standardised on the good parts; a cell's score is the logarithm of its
    distance to the nearest cell of a good part. Damaged cells should score higher by a margin than the twentieth of the
    good cells of the second half that score highest. Cells finer than stride 8 are averaged, as detectors do.
    """
    half = len(features) // 2
    features = functional.adaptive_avg_pool2d(features, min(features.shape[-1], damage.shape[-1] // _FINEST_STRIDE))
    bank, cells = _vectors(features[:half]), _vectors(features[half:])
    damaged, clear = (item.flatten() for item in _cell_labels(damage[half:], features.shape[-1]))
    if not bool(damaged.any()) or not bool(clear.any()):
        return features.sum() * 0
    scores = _scores(bank, cells)
    good = scores[clear]
    highest = good.topk(max(1, round(len(good) * _FARTHEST_SHARE))).values.mean()
    lacking = (highest + _MARGIN - scores[damaged]) / _SOFTNESS
    return functional.softplus(lacking).mean() * _SOFTNESS


def _vectors(maps: Tensor) -> Tensor:
    return maps.permute(0, 2, 3, 1).flatten(0, 2)


def _cell_labels(damage: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """Which cells are damaged, and which are clear of damage, both (n, cells, cells) bool."""
    share = functional.adaptive_avg_pool2d(damage[:, None].float(), cells)
    near = functional.max_pool2d(share, _CLEAR_CELLS, stride=1, padding=_CLEAR_CELLS // 2)
    return share[:, 0] > _DAMAGED_SHARE, near[:, 0] == 0


def _scores(bank: Tensor, cells: Tensor) -> Tensor:
    """Logarithm of the distance to the nearest of the bank (m, C), for cells (n, C): (n,)."""
    deviation, mean = torch.std_mean(bank.detach(), 0)
    scale = deviation.clamp_min(_SMALLEST_SHARE * float(deviation.mean()) or 1.0) * bank.shape[1] ** 0.5
    bank, cells = (bank - mean) / scale, (cells - mean) / scale
    with torch.no_grad():
        nearest = torch.addmm((bank * bank).sum(1), cells, bank.T, alpha=-2).argmin(1)
    squares = ((cells - bank[nearest]) ** 2).sum(1)
    return 0.5 * torch.log(squares + _SMALLEST_SQUARE)
