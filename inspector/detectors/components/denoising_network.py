"""A denoising autoencoder's inference as one module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.components.similarity import StructuralSimilarity
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.components.unet import UNet
from inspector.detectors.unet_plan import UNetPlan


class DenoisingNetwork(nn.Module):
    """(N, 3, H, W) float32 in [0, 1] to scores (N,) and maps (N, H, W), float32, about zero where a part is good.

    The map is half the squared error of the repaired picture and half of what its structural similarity lacks, smoothed
    and less what good pictures show at the same place: edges are never repaired perfectly. The score is its maximum.
    """

    usual: Tensor

    def __init__(self, plan: UNetPlan, upsampling: MapUpsampling) -> None:
        super().__init__()
        self.unet = UNet(plan)
        self.similarity = StructuralSimilarity()
        self.upsampling = upsampling
        self.register_buffer("usual", torch.zeros(upsampling.size))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        maps = self.residual(images) - self.usual
        return maps.flatten(1).amax(1), maps

    def residual(self, images: Tensor) -> Tensor:
        """(N, H, W): how far each place is from what the network makes of it."""
        repaired = self.unet(images).float()
        squared = (repaired - images).square().mean(1)
        smoothed: Tensor = self.upsampling(0.5 * squared + 0.5 * (1 - self.similarity(repaired, images)))
        return smoothed
