"""PatchCore's inference as one module: images in, scores and anomaly maps out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.components.coarse_search import ExactSearch
from inspector.detectors.components.conditioning import Conditioning
from inspector.detectors.components.embedding import PatchEmbedding
from inspector.detectors.components.nearest import MemoryBank
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.features.loading import LoadedBackbone

_REWEIGHTING_NEIGHBOURS = 9


class PatchCoreNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, in distance units.

    The score is the largest patch distance before the map is enlarged and smoothed; `reweighted` multiplies it by the
    paper's factor.
    """

    def __init__(
        self,
        backbone: LoadedBackbone,
        embedding: PatchEmbedding,
        conditioning: Conditioning,
        search: ExactSearch,
        upsampling: MapUpsampling,
        *,
        reweighted: bool,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.embedding = embedding
        self.conditioning = conditioning
        self.search = search
        self.upsampling = upsampling
        self.reweighted = reweighted

    @property
    def bank(self) -> MemoryBank:
        """The good patches."""
        return self.search.bank

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        embedded = self.embedding(self.backbone(images))
        height, width = embedded.shape[1:3]
        scores, distances = self._judged(embedded)
        return scores, self.upsampling(distances.reshape(-1, height, width))

    def scores(self, embedded: Tensor) -> Tensor:
        """The scores alone of embedded images (N, h, w, C), (N,)."""
        return self._judged(embedded)[0]

    def _judged(self, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (N,) and patch distances (N, h w) of embedded images (N, h, w, C)."""
        height, width, channels = embedded.shape[1:]
        queries = self.conditioning(embedded.reshape(-1, channels))
        distances = self.search(queries.reshape(-1, height, width, queries.shape[1]))
        scores, positions = distances.max(1)
        if self.reweighted and len(self.bank.points) > 1:
            offsets = torch.arange(positions.shape[0], device=positions.device) * (height * width)
            scores = scores * self.reweighting(queries[positions + offsets])
        return scores, distances

    def reweighting(self, worst: Tensor) -> Tensor:
        """The paper's factor for the most unusual patch of each image (N, D): near 1 where its neighbour in the bank is
        isolated, smaller where the bank is dense around it."""
        points = self.bank.points
        nearest = points[self.bank.distances(worst).argmin(1)]
        near = torch.topk(
            self.bank.distances(nearest), min(_REWEIGHTING_NEIGHBOURS, len(points)), dim=1, largest=False
        ).indices
        to_near = torch.linalg.vector_norm(points[near] - worst[:, None], dim=2)
        return 1 - torch.softmax(to_near, 1)[:, 0]
