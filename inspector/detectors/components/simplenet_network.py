"""SimpleNet's inference as one module, and the loss it is trained with."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.components.standardised_embedding import StandardisedEmbedding

_MARGIN = 0.5


class SimpleNetNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, unbounded.

    The score is the largest patch score before the map is enlarged and smoothed.
    """

    def __init__(self, features: StandardisedEmbedding, hidden: int, upsampling: MapUpsampling) -> None:
        super().__init__()
        channels = features.conditioning.mean.numel()
        self.features = features
        self.adaptor = nn.Linear(channels, channels)
        self.discriminator = nn.Sequential(
            nn.Linear(channels, hidden), nn.BatchNorm1d(hidden), nn.LeakyReLU(0.2), nn.Linear(hidden, 1, bias=False)
        )
        self.upsampling = upsampling

    def start_from(self, whitening: Tensor) -> None:
        """First weights of the adaptor, (C, C)."""
        with torch.no_grad():
            self.adaptor.weight.copy_(whitening)
            self.adaptor.bias.zero_()

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        embedded = self.features(images).permute(0, 2, 3, 1)
        height, width, channels = embedded.shape[1:]
        judged = -self.discriminator(self.adaptor(embedded.reshape(-1, channels)))
        grid = judged.reshape(-1, height, width)
        return grid.flatten(1).amax(1), self.upsampling(grid)

    def loss(self, patches: Tensor, noise: float) -> Tensor:
        """Of patches (n, C): truncated L1 of them and of the same with noise."""
        spoilt = patches + noise * torch.randn_like(patches)
        # Both in one batch: batch normalisation has to see what it will see.
        real, fake = self.discriminator(self.adaptor(torch.cat([patches, spoilt]))).chunk(2)
        return truncated(real, good=True) + truncated(fake, good=False)


def truncated(judged: Tensor, *, good: bool) -> Tensor:
    """The truncated L1 loss of values that should be above a half for good ones and below minus a half for others."""
    return (_MARGIN - (judged if good else -judged)).clamp(min=0).mean()
