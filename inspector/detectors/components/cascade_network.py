"""Cascade patch retrieval's inference as one module: alike good pictures first, then alike vectors near each place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.cascade_cost import BLOCKS
from inspector.detectors.components.foreground import Foreground
from inspector.detectors.components.local_features import LocalHead
from inspector.detectors.components.local_search import LocalSearch
from inspector.detectors.components.retrieval import GlobalRetrieval
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.features.loading import LoadedBackbone

_TOP_SHARE = 0.005
"""The authors add up the 512 largest pixels of 320 x 320."""


class References(nn.Module):
    """What is kept of R good pictures: `histograms` (R, 25, K) float32, `vectors` of each layer (R, h, w, D) float16,
    `weights` of the foreground (R, h, w) float16, all 1 for textures. A loaded state decides how many there are."""

    histograms: Tensor
    weights: Tensor

    def __init__(self, clusters: int, grids: Sequence[tuple[int, int]], dimensions: int) -> None:
        super().__init__()
        self.layers = len(grids)
        self.register_buffer("histograms", torch.zeros(0, BLOCKS, clusters))
        self.register_buffer("weights", torch.zeros(0, *grids[0], dtype=torch.float16))
        for place, grid in enumerate(grids):
            self.register_buffer(f"vectors{place}", torch.zeros(0, *grid, dimensions, dtype=torch.float16))

    def __len__(self) -> int:
        return len(self.histograms)

    def vectors(self, layer: int, which: Tensor) -> Tensor:
        """Of one layer and some references, float32."""
        found: Tensor = getattr(self, f"vectors{layer}")[which]
        return found.float()

    def keep(self, histograms: Tensor, weights: Tensor, vectors: Sequence[Tensor]) -> None:
        """Take all references at once."""
        self.histograms, self.weights = histograms, weights.half()
        for place, item in enumerate(vectors):
            setattr(self, f"vectors{place}", item.half())

    def _load_from_state_dict(self, state_dict: dict[str, Tensor], prefix: str, *others: Any) -> None:
        counts = set()
        for name, own in list(self.named_buffers(recurse=False)):
            stored = state_dict.get(prefix + name)
            if stored is not None and stored.shape[1:] == own.shape[1:]:
                setattr(self, name, torch.empty_like(stored))
                counts.add(len(stored))
        if len(counts) > 1:
            raise ValueError(f"{prefix}: of {sorted(counts)} pictures")
        super()._load_from_state_dict(state_dict, prefix, *others)


class CascadeNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, in [0, 2] for each layer.

    The map is the sum over layers of one minus the cosine to the most alike local vector near the same place of the
    `neighbours` pictures retrieved; the score is the mean of its largest two hundredth part.
    """

    def __init__(
        self,
        backbone: LoadedBackbone,
        retrieval: GlobalRetrieval,
        heads: nn.ModuleList,
        searches: nn.ModuleList,
        foreground: Foreground,
        references: References,
        upsampling: MapUpsampling,
        neighbours: int,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.retrieval = retrieval
        self.heads = heads
        self.searches = searches
        self.foreground = foreground
        self.references = references
        self.upsampling = upsampling
        self.neighbours = neighbours

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        features = self.features(images)
        retrieved = self.retrieved(self.retrieval(features[0]))
        maps = self.upsampling(self._differences(self.local(features), retrieved) * self._weights(features, retrieved))
        pixels = maps.flatten(1)
        count = max(1, round(_TOP_SHARE * pixels.shape[1]))
        return torch.topk(pixels, count, dim=1).values.mean(1), maps

    def features(self, images: Tensor) -> list[Tensor]:
        """The frozen features, float32."""
        with torch.no_grad():
            maps = self.backbone(images)
        return [item.float() for item in maps]

    def local(self, features: list[Tensor]) -> list[Tensor]:
        """The unit vectors of each layer, (N, h, w, D)."""
        return [head(item) for head, item in zip(self.heads, features, strict=True)]

    def retrieved(self, histograms: Tensor) -> Tensor:
        """Which references are most alike, (N, k)."""
        divergence = self.retrieval.divergence(histograms, self.references.histograms)
        count = min(self.neighbours, len(self.references))
        return torch.topk(divergence, count, dim=1, largest=False).indices

    def _differences(self, local: list[Tensor], retrieved: Tensor) -> Tensor:
        """Summed over layers, on the finest one's grid, (N, h, w)."""
        grid, total = local[0].shape[1:3], []
        for layer, (vectors, search) in enumerate(zip(local, self.searches, strict=True)):
            alike = [
                search(vectors, self.references.vectors(layer, retrieved[:, place]))
                for place in range(retrieved.shape[1])
            ]
            different = (1 - torch.stack(alike).amax(0))[:, None]
            if different.shape[2:] != grid:
                different = functional.interpolate(different, size=grid, mode="bilinear", align_corners=False)
            total.append(different[:, 0])
        return torch.stack(total).sum(0)

    def _weights(self, features: list[Tensor], retrieved: Tensor) -> Tensor:
        """How far each cell belongs to the part, in this picture or in any of those retrieved."""
        own = self.foreground(features[0])
        others = [self.references.weights[retrieved[:, place]].float() for place in range(retrieved.shape[1])]
        return torch.maximum(own, torch.stack(others).amax(0))


def untaught_cascade(
    backbone: LoadedBackbone,
    upsampling: MapUpsampling,
    *,
    clusters: int,
    dimensions: int,
    neighbours: int,
    window: int,
) -> CascadeNetwork:
    """The network without references, for pictures of the size of `upsampling`; only shapes are right."""
    with torch.inference_mode():
        maps = backbone(torch.zeros(1, 3, *upsampling.size, device=backbone.device))
    grids = [(item.shape[2], item.shape[3]) for item in maps]
    reaches = [window // 2 * backbone.strides[0] // stride for stride in backbone.strides]
    return CascadeNetwork(
        backbone,
        GlobalRetrieval(backbone.channels[0], clusters, grids[0]),
        nn.ModuleList(LocalHead(count, dimensions) for count in backbone.channels),
        nn.ModuleList(LocalSearch(grid[1], reach) for grid, reach in zip(grids, reaches, strict=True)),
        Foreground(backbone.channels[0]),
        References(clusters, grids, dimensions),
        upsampling,
        neighbours,
    )
