"""Reverse distillation's inference as one module, and the loss it is trained with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.learning import mixed_precision
from inspector.detectors.components.mirror import Mirror
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.components.twin import on_grid_of
from inspector.detectors.components.unit_difference import unit_differences
from inspector.features.loading import LoadedBackbone


class ReverseNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, in [0, 2] for each layer.

    The map is the sum over layers of one minus the cosine between what the teacher sees and what the mirror makes of
    it; the score is its maximum.
    """

    def __init__(self, teacher: LoadedBackbone, mirror: Mirror, upsampling: MapUpsampling) -> None:
        super().__init__()
        self.teacher = teacher
        self.mirror = mirror
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        layers = [
            functional.interpolate(item[:, None], size=self.upsampling.size, mode="bilinear", align_corners=False)[:, 0]
            for item in unit_differences(*self.both(images))
        ]
        maps = self.upsampling(torch.stack(layers).sum(0))
        return maps.flatten(1).amax(1), maps

    def both(self, images: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """What the teacher sees, and the mirror's version of it on the same grids."""
        with torch.no_grad():
            seen = self.teacher(images)
        made = self.mirror(seen)
        seen, made = ([item.float() for item in maps] for maps in (seen, made))
        return seen, on_grid_of(made, seen)

    def loss(self, images: Tensor) -> Tensor:
        """Summed over layers, averaged over pictures: one minus the cosine between whole maps as single vectors."""
        with mixed_precision(images.device):
            both = self.both(images)
        seen, made = ([item.flatten(1)[:, :, None] for item in maps] for maps in both)
        return torch.stack([item.mean() for item in unit_differences(seen, made)]).sum()
