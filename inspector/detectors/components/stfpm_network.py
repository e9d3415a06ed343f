"""STFPM's inference as one module, and the loss it is trained with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.components.smoothing import MapUpsampling, on_finest_grid
from inspector.detectors.components.twin import on_grid_of
from inspector.detectors.components.unit_difference import unit_differences
from inspector.features.loading import LoadedBackbone


class STFPMNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, in [0, 2].

    The map is the geometric mean over layers of half the squared distance between the unit vectors of teacher and
    student, which ranks as the paper's product does; the score is its maximum.
    """

    def __init__(self, teacher: LoadedBackbone, student: nn.Module, upsampling: MapUpsampling) -> None:
        super().__init__()
        self.teacher = teacher
        self.student = student
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        layers = self.differences(images)
        # A product of three small numbers would leave the range in which float32 keeps its digits.
        maps = self.upsampling((on_finest_grid(layers) ** (1 / len(layers))).prod(0))
        return maps.flatten(1).amax(1), maps

    def differences(self, images: Tensor) -> list[Tensor]:
        """Per layer, finest first, (N, h, w): half the squared distance of unit vectors."""
        with torch.no_grad():
            seen = self.teacher(images)
        return unit_differences(seen, on_grid_of(self.student(images), seen))

    def loss(self, images: Tensor) -> Tensor:
        """The paper's: the mean over positions and pictures, summed over layers."""
        return torch.stack([item.mean() for item in self.differences(images)]).sum()
