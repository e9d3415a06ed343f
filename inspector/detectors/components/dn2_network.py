"""DN2's inference as one module: images in, scores out."""

from __future__ import annotations

from torch import Tensor, nn

from inspector.detectors.components.pooled import PictureGallery, pooled
from inspector.features.loading import LoadedBackbone


class DN2Network(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) float32, in distances of pooled features. There is no map."""

    def __init__(self, backbone: LoadedBackbone, gallery: PictureGallery) -> None:
        super().__init__()
        self.backbone = backbone
        self.gallery = gallery

    def forward(self, images: Tensor) -> Tensor:
        """Scores."""
        scores: Tensor = self.gallery(pooled(self.backbone(images)))[0]
        return scores
