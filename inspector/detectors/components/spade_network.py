"""SPADE's inference as one module: images in, scores and anomaly maps out."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.nearest import completed
from inspector.detectors.components.pooled import PictureGallery, pooled
from inspector.detectors.components.pooling import bounded
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.features.loading import LoadedBackbone

_AT_ONCE = 5
"""So many retrieved pictures are compared at once: what that takes grows with it, the network's length shrinks."""


class MapGallery(nn.Module):
    """One layer's maps of M good pictures, (M, P, C) float32: vectors of P positions."""

    vectors: Tensor
    norms: Tensor

    def __init__(self, vectors: Tensor) -> None:
        super().__init__()
        self.register_buffer("vectors", vectors)
        self.register_buffer("norms", vectors.square().sum(2), persistent=False)

    def forward(self, queries: Tensor, retrieved: Tensor) -> Tensor:
        """Of pictures' vectors (N, Q, C) and the K pictures retrieved for each, (N, K) int64: how far each vector is
        from the nearest of theirs, at whatever position, (N, Q)."""
        found = [self._partial(queries, some) for some in torch.split(retrieved, _AT_ONCE, dim=1)]
        best = found[0]
        for other in found[1:]:
            best = torch.minimum(best, other)
        return completed(queries, best)

    def _partial(self, queries: Tensor, retrieved: Tensor) -> Tensor:
        points = self.vectors[retrieved].flatten(1, 2)
        norms = self.norms[retrieved].flatten(1)[:, None]
        partial: Tensor = torch.baddbmm(norms, queries, points.transpose(1, 2), alpha=-2).amin(2)
        return partial


class SPADENetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32.

    The score is the distance of pooled features to the nearest good pictures; the map, in distances of features at one
    position, is the mean over layers and has a scale of its own.
    """

    def __init__(
        self,
        backbone: LoadedBackbone,
        gallery: PictureGallery,
        layers: list[MapGallery],
        limit: int,
        upsampling: MapUpsampling,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.gallery = gallery
        self.layers = nn.ModuleList(layers)
        self.limit = limit
        self.upsampling = upsampling

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        maps = self.backbone(images)
        scores, retrieved = self.gallery(pooled(maps))
        grids = [bounded(item, self.limit) for item in maps]
        size = grids[0].shape[-2:]
        distances = [
            layer(grid.flatten(2).transpose(1, 2), retrieved).reshape(-1, 1, *grid.shape[-2:])
            for layer, grid in zip(self.layers, grids, strict=True)
        ]
        enlarged = [functional.interpolate(item, size=size, mode="bilinear", align_corners=False) for item in distances]
        return scores, self.upsampling(torch.cat(enlarged, dim=1).mean(1))
