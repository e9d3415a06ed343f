"""Turning feature maps so that parts lie alike: one small network for each layer, as spatial transformers are."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.pooling import bounded
from inspector.detectors.grids import bounded_grid
from inspector.detectors.regad_cost import LOCALISER_GRID, LOCALISER_HIDDEN, LOCALISER_WIDTH

LARGEST_TURN = math.pi / 4
_LARGEST_STRETCH = 0.1
"""Logarithm of the scale in each direction: a larger one would push the border out of the picture."""


def turning(angle: Tensor, stretch: Tensor) -> Tensor:
    """(N,) radians and (N, 2) logarithms of scales, to (N, 2, 2): where to look, from where it shall be seen."""
    cosine, sine, scale = angle.cos(), angle.sin(), stretch.exp()
    rotation = torch.stack([cosine, -sine, sine, cosine], 1).reshape(-1, 2, 2)
    return rotation * scale[:, None]


def inverse(turn: Tensor) -> Tensor:
    """Of (N, 2, 2); written out, as not every library inverts."""
    a, b, c, d = turn[:, 0, 0], turn[:, 0, 1], turn[:, 1, 0], turn[:, 1, 1]
    return torch.stack([d, -b, -c, a], 1).reshape(-1, 2, 2) / (a * d - b * c)[:, None, None]


def resampled(maps: Tensor, turn: Tensor) -> Tensor:
    """Maps (N, C, h, w) looked at through `turn` (N, 2, 2), about the middle, bilinear; beyond the border it goes on
    as at the border."""
    height, width = maps.shape[-2:]
    rows = (torch.arange(height, device=maps.device) + 0.5) - height / 2
    columns = (torch.arange(width, device=maps.device) + 0.5) - width / 2
    places = torch.stack([columns.expand(height, width), rows[:, None].expand(height, width)], 2).reshape(1, -1, 2)
    looked_at = torch.matmul(places, turn.transpose(1, 2)) / torch.tensor([width / 2, height / 2], device=maps.device)
    grid = looked_at.reshape(-1, height, width, 2)
    return functional.grid_sample(maps, grid, mode="bilinear", padding_mode="border", align_corners=False)


class Localiser(nn.Module):
    """Maps of one layer (N, C, h, w) to the turn (N, 2, 2) that brings them to how parts usually lie; none at first."""

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        rows, columns = bounded_grid(height, width, LOCALISER_GRID)
        self.reduce = nn.Conv2d(channels, LOCALISER_WIDTH, 1)
        self.look = nn.Conv2d(LOCALISER_WIDTH, LOCALISER_WIDTH, 3, padding=1)
        self.hidden = nn.Linear(LOCALISER_WIDTH * rows * columns, LOCALISER_HIDDEN)
        self.tell = nn.Linear(LOCALISER_HIDDEN, 3)
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)

    def forward(self, maps: Tensor) -> Tensor:
        """The turn."""
        scaled = functional.normalize(maps, dim=1) * maps.shape[1] ** 0.5
        seen = functional.gelu(self.look(bounded(functional.gelu(self.reduce(scaled)), LOCALISER_GRID)))
        told = torch.tanh(self.tell(functional.gelu(self.hidden(seen.flatten(1)))))
        return turning(told[:, 0] * LARGEST_TURN, told[:, 1:] * _LARGEST_STRETCH)


class Registration(nn.Module):
    """Feature maps of all layers, finest first, to the turn (N, 2, 2) of the picture: each layer is looked at as those
    before it have turned it, and turns it further."""

    def __init__(self, channels: tuple[int, ...], grids: list[tuple[int, int]]) -> None:
        super().__init__()
        self.stages = nn.ModuleList(Localiser(count, *grid) for count, grid in zip(channels, grids, strict=True))

    def forward(self, maps: list[Tensor]) -> Tensor:
        """The turn of all layers together."""
        turn: Tensor | None = None
        for stage, item in zip(self.stages, maps, strict=True):
            own = stage(item if turn is None else resampled(item, turn))
            turn = own if turn is None else torch.bmm(turn, own)
        assert turn is not None  # there is at least one layer
        return turn
