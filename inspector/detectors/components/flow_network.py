"""Inference of methods that turn frozen features into a normal distribution, as one module, and their loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.conditioning import Conditioning, fit_conditioning
from inspector.detectors.components.coupling import Flow
from inspector.detectors.components.smoothing import MapUpsampling, on_finest_grid
from inspector.features.loading import LoadedBackbone


class FlowNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, at least 0.

    The features of the picture at each of `sizes` (height, width), each about half of the one before, are standardised
    channel by channel and, where they are `levelled`, each map of each picture as a whole once more, so that a brighter
    or softer picture is none the worse. They go through `flows`, of which each takes so many of the maps, in order, as
    `shares` says. The map is z² averaged over channels, then over maps, each brought to the finest one's grid. The
    score is its maximum or, with `by_mean`, the mean of z²/2 over all there is.
    """

    def __init__(
        self,
        backbone: LoadedBackbone,
        sizes: Sequence[tuple[int, int]],
        flows: Sequence[Flow],
        shares: Sequence[int],
        upsampling: MapUpsampling,
        *,
        by_mean: bool,
        levelled: bool,
    ) -> None:
        super().__init__()
        self.backbone = backbone
        self.scalings = nn.ModuleList(
            Conditioning(torch.zeros(count), torch.ones(count)) for count in backbone.channels * len(sizes)
        )
        self.flows = nn.ModuleList(flows)
        self.upsampling = upsampling
        self._sizes = tuple(sizes)
        self._shares = tuple(shares)
        self._by_mean = by_mean
        self._levelled = levelled

    def features(self, images: Tensor) -> list[Tensor]:
        """The frozen maps of one size after the other, as `adapt` and `loss` take them."""
        maps = []
        for size in self._sizes:
            if size != images.shape[-2:]:
                images = functional.interpolate(images, size=size, mode="bilinear", align_corners=False)
            maps += self.backbone(images)
        return maps

    def adapt(self, maps: list[Tensor]) -> None:
        """Learn mean and deviation of each channel from maps of good pictures."""
        for place, item in enumerate(maps):
            vectors = item.permute(0, 2, 3, 1).flatten(0, 2)
            self.scalings[place] = fit_conditioning(vectors, "standardise", vectors.shape[1])

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        squares = [z.square() for latents, _ in self._encoded(self.features(images)) for z in latents]
        maps = self.upsampling(on_finest_grid([item.mean(1) for item in squares]).mean(0))
        if not self._by_mean:
            return maps.flatten(1).amax(1), maps
        totals = torch.stack([item.flatten(1).sum(1) for item in squares]).sum(0)
        return totals / (2 * sum(item[0].numel() for item in squares)), maps

    def loss(self, maps: list[Tensor]) -> Tensor:
        """Negative log-likelihood for each value, but for a constant: mean over pictures, summed over flows."""
        losses = []
        for latents, change in self._encoded(maps):
            energy = torch.stack([z.square().flatten(1).sum(1) for z in latents]).sum(0) / 2
            losses.append((energy - change).mean() / sum(z[0].numel() for z in latents))
        return torch.stack(losses).sum()

    def _encoded(self, maps: list[Tensor]) -> list[tuple[list[Tensor], Tensor]]:
        """Of each flow, its latent maps and the log-determinant."""
        waiting = [
            scaling(item.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
            for scaling, item in zip(self.scalings, maps, strict=True)
        ]
        if self._levelled:
            waiting = [functional.layer_norm(item, item.shape[1:]) for item in waiting]
        found = []
        for flow, share in zip(self.flows, self._shares, strict=True):
            found.append(flow(waiting[:share]))
            waiting = waiting[share:]
        return found
