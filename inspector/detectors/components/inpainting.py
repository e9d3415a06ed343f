"""Takes a part of a picture away, cell by cell, so that a network has to guess it from what surrounds it."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

SETS = 3


def draw_sets(size: tuple[int, int], cell: int, generator: torch.Generator) -> Tensor:
    """(height, width) uint8: to which of three sets each cell of `cell` pixels belongs, at random; sets differ by at
    most one cell in size. Where sides are no multiples, the last cells are cut."""
    rows, columns = (-(-side // cell) for side in size)
    order = torch.randperm(rows * columns, generator=generator)
    sets = (order % SETS).to(torch.uint8).reshape(rows, columns)
    enlarged = sets.repeat_interleave(cell, 0).repeat_interleave(cell, 1)
    return enlarged[: size[0], : size[1]].contiguous()


def inpainted(network: Callable[[Tensor], Tensor], images: Tensor, sets: Tensor) -> Tensor:
    """Pictures (N, C, H, W) of which the network has guessed everything: each of the sets (H, W) is taken away (0) and
    guessed by itself. float32."""
    numbers = torch.arange(SETS, dtype=sets.dtype, device=sets.device)
    removed = (sets == numbers[:, None, None]).float()[:, None]
    masked = (images[:, None] * (1 - removed)).flatten(0, 1)
    guessed = network(masked).float()
    return (guessed.reshape(-1, SETS, *guessed.shape[1:]) * removed).sum(1)
