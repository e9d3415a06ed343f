"""From feature maps of several layers to one vector per position."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional


def drawn_channels(total: int, wanted: int, seed: int) -> Tensor:
    """Some of so many channels, drawn once and shared by all positions: ascending int64, at most `wanted`."""
    drawn = torch.randperm(total, generator=torch.Generator().manual_seed(seed))[:wanted]
    return drawn.sort().values


class PatchEmbedding(nn.Module):
    """Average each layer over a neighbourhood, bring all to the finest layer's grid and stack the channels.

    Takes maps [(N, C_i, h_i, w_i), ...], finest first; returns (N, h_0, w_0, sum C_i) float32. `nearest` repeats the
    coarser layers' values (PaDiM), otherwise they are interpolated bilinearly (PatchCore). `fading`: cells beyond the
    border count as zero. Networks pad with zeros, too, and what they make of a border is unusual in itself; counted
    fully, it drowns defects.
    """

    def __init__(self, neighbourhood: int = 3, *, nearest: bool = False, fading: bool = True) -> None:
        super().__init__()
        self.neighbourhood = neighbourhood
        self.nearest = nearest
        self.fading = fading

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Stack the layers."""
        grid = maps[0].shape[-2:]
        return torch.cat([self._on_grid(item, grid) for item in maps], dim=1).permute(0, 2, 3, 1)

    def _on_grid(self, item: Tensor, grid: torch.Size) -> Tensor:
        if self.neighbourhood > 1:
            side = self.neighbourhood
            item = functional.avg_pool2d(item, side, stride=1, padding=side // 2, count_include_pad=self.fading)
        if item.shape[-2:] == grid:
            return item
        if self.nearest:
            return functional.interpolate(item, size=grid, mode="nearest")
        return functional.interpolate(item, size=grid, mode="bilinear", align_corners=False)
