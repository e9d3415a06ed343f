"""Frozen features whose channels vary alike over good parts, for methods that add noise of a given strength to them."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.conditioning import Conditioning, fit_conditioning
from inspector.detectors.components.embedding import PatchEmbedding
from inspector.detectors.components.learning import Course
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.work import SAMPLE_PATCHES
from inspector.features.loading import LoadedBackbone
from inspector.tasks import CancelToken, Progress

_SAMPLE_PICTURES = 256


class StandardisedEmbedding(nn.Module):
    """(N, 3, H, W) float32, normalised, to (N, C, h, w) float32, the stacked layers' channels each with mean 0 and
    deviation 1 over good parts, on a grid `enlarged` times as fine as the finest layer's."""

    def __init__(self, backbone: LoadedBackbone, neighbourhood: int = 3, enlarged: int = 1) -> None:
        super().__init__()
        channels = sum(backbone.channels)
        self.backbone = backbone
        self.stack = PatchEmbedding(neighbourhood)
        self.enlarged = enlarged
        self.conditioning = Conditioning(torch.zeros(channels), torch.ones(channels))

    def forward(self, images: Tensor) -> Tensor:
        """Embed."""
        embedded: Tensor = self.conditioning(self.stack(self.backbone(images))).permute(0, 3, 1, 2)
        if self.enlarged == 1:
            return embedded
        return functional.interpolate(embedded, scale_factor=self.enlarged, mode="bilinear", align_corners=False)

    def learn(self, pictures: Pictures, seed: int, progress: Progress, cancel: CancelToken) -> Tensor:
        """Take mean and deviation from patches of up to 256 pictures.

        Returns the half whitening of what `forward` then gives, (C, C): as the first weights of an adaptor it brings
        strong and weak directions closer together. Noise shows in the weak ones, which a network would otherwise find
        far too late. Raises `Cancelled`.
        """
        count = min(len(pictures), _SAMPLE_PICTURES)
        generator = torch.Generator().manual_seed(seed)
        drawn = []
        for indices in Course(len(pictures), count, 1, progress, cancel, seed=seed, stage="features"):
            with torch.no_grad():
                rows = self.stack(self.backbone(pictures.batch(indices))).flatten(0, 2)
            share = max(SAMPLE_PATCHES // count, 1)
            drawn.append(rows[torch.randperm(len(rows), generator=generator)[:share].to(rows.device)])
        vectors = torch.cat(drawn)
        self.conditioning = fit_conditioning(vectors, "standardise", 0)
        return fit_conditioning(self.conditioning(vectors), "whiten", vectors.shape[1]).factor.T
