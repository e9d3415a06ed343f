"""PaDiM's inference as one module: images in, scores and anomaly maps out."""

from __future__ import annotations

from torch import Tensor, nn

from inspector.detectors.components.embedding import PatchEmbedding
from inspector.detectors.components.gaussians import PositionGaussians
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.features.loading import LoadedBackbone


class ReducedEmbedding(nn.Module):
    """Images (N, 3, H, W) to the chosen channels of the stacked feature maps, (N, h, w, d) float32."""

    channels: Tensor

    def __init__(self, backbone: LoadedBackbone, channels: Tensor) -> None:
        super().__init__()
        self.backbone = backbone
        self.stack = PatchEmbedding(1, nearest=True)
        self.register_buffer("channels", channels)

    def forward(self, images: Tensor) -> Tensor:
        """Embed."""
        stacked: Tensor = self.stack(self.backbone(images))
        return stacked[..., self.channels]


class PaDiMNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, in Mahalanobis distances.

    The score is the largest value of the smoothed map.
    """

    def __init__(self, embedding: ReducedEmbedding, gaussians: PositionGaussians, upsampling: MapUpsampling) -> None:
        super().__init__()
        self.embedding = embedding
        self.gaussians = gaussians
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        return self.judged(self.embedding(images))

    def judged(self, vectors: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps of embedded images (N, h, w, d)."""
        height, width = vectors.shape[1:3]
        distances = self.gaussians(vectors.flatten(1, 2))
        maps = self.upsampling(distances.reshape(-1, height, width))
        return maps.flatten(1).amax(1), maps
