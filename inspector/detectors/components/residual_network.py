"""What all methods share that draw a part again as they know it: where the drawing differs, something is unusual."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.similarity import StructuralSimilarity
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.tasks import CancelToken, Progress


class ResidualNetwork(nn.Module):
    """(N, 3, H, W) float32 in [0, 1] to scores (N,) and maps (N, H, W), float32, about zero where a part is good.

    `drawing` gives a picture of the same size. The map is the mean squared error over colours and what structural
    similarity lacks, `structural` being the share of the latter, smoothed and less what good pictures show at the same
    place: edges are never drawn perfectly. The score is its maximum.
    """

    usual: Tensor

    def __init__(self, drawing: nn.Module, upsampling: MapUpsampling, structural: float) -> None:
        super().__init__()
        self.drawing = drawing
        self.similarity = StructuralSimilarity()
        self.upsampling = upsampling
        self.structural = structural
        self.register_buffer("usual", torch.zeros(upsampling.size))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        maps = self.residual(images) - self.usual
        return maps.flatten(1).amax(1), maps

    def residual(self, images: Tensor) -> Tensor:
        """(N, H, W): how far each place is from what the network makes of it."""
        drawn = self.drawing(images).float()
        different = (1 - self.structural) * (drawn - images).square().mean(1)
        if self.structural:
            different = different + self.structural * (1 - self.similarity(drawn, images))
        smoothed: Tensor = self.upsampling(different)
        return smoothed

    @torch.no_grad()
    def learn_usual(self, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        """Keep the mean residual of the good pictures at each place. Raises `Cancelled`."""
        self.eval()
        total = torch.zeros_like(self.usual)
        for index in range(len(pictures)):
            cancel.raise_if_cancelled()
            progress(index, len(pictures), "gaussians")
            total += self.residual(pictures.unit([index]))[0]
        progress(len(pictures), len(pictures), "gaussians")
        self.usual.copy_(total / len(pictures))
