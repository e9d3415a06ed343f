"""Reverse distillation's trained half: all features squeezed into one embedding, and made again from it."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.mirror_plan import MirrorPlan


class Mirror(nn.Module):
    """Maps [(N, C_i, h_i, w_i), ...], fine to coarse, to maps of the same channels on about the same grids."""

    def __init__(self, plan: MirrorPlan) -> None:
        super().__init__()
        self.embedding = OneClassEmbedding(plan)
        self.decoder = Decoder(plan)

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """What the embedding has kept of them."""
        remembered: list[Tensor] = self.decoder(self.embedding(maps))
        return remembered


class OneClassEmbedding(nn.Module):
    """All maps brought to the coarsest grid, fused, and squeezed to half that grid, (N, `plan.embedding`, h, w)."""

    def __init__(self, plan: MirrorPlan) -> None:
        super().__init__()
        self.paths = nn.ModuleList(nn.Sequential(*_path(plan, place)) for place in range(len(plan.channels)))
        self.squeeze = nn.Sequential(
            Narrowed(plan.fused, plan.embedding, plan.middle(plan.embedding), stride=2),
            *_blocks(plan.embedding, plan, plan.blocks - 1),
        )

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Squeeze."""
        grid = maps[-1].shape[-2:]
        paths = [path(item) for path, item in zip(self.paths, maps, strict=True)]
        on_grid = [
            item
            if item.shape[-2:] == grid
            else functional.interpolate(item, size=grid, mode="bilinear", align_corners=False)
            for item in paths
        ]
        squeezed: Tensor = self.squeeze(torch.cat(on_grid, 1))
        return squeezed


class Decoder(nn.Module):
    """From the embedding back to the maps, coarse to fine."""

    def __init__(self, plan: MirrorPlan) -> None:
        super().__init__()
        stages, heads, arriving = [], [], plan.embedding
        for place in reversed(range(len(plan.channels))):
            width = plan.widths[place]
            stages.append(
                nn.Sequential(
                    *_norm_relu(nn.Conv2d(arriving, width, 1, bias=False)),
                    *_doublings(width, plan.doublings(place)),
                    *_blocks(width, plan, plan.blocks),
                )
            )
            heads.append(nn.Conv2d(width, plan.channels[place], 1))
            arriving = width
        self.stages, self.heads = nn.ModuleList(stages), nn.ModuleList(heads)

    def forward(self, embedding: Tensor) -> list[Tensor]:
        """Maps from fine to coarse."""
        value, maps = embedding, []
        for stage, head in zip(self.stages, self.heads, strict=True):
            value = stage(value)
            maps.append(head(value))
        return maps[::-1]


class Narrowed(nn.Module):
    """ResNet-50's residual block: fewer channels in the middle; (N, `arriving`, h, w) to (N, `width`, h, w) or, of
    stride 2, half of that grid; at least 0."""

    def __init__(self, arriving: int, width: int, middle: int, stride: int = 1) -> None:
        super().__init__()
        self.body = nn.Sequential(
            *_norm_relu(nn.Conv2d(arriving, middle, 1, bias=False)),
            *_norm_relu(nn.Conv2d(middle, middle, 3, stride, 1, bias=False)),
            nn.Conv2d(middle, width, 1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.shortcut: nn.Module = nn.Identity()
        if (arriving, stride) != (width, 1):
            self.shortcut = nn.Sequential(nn.Conv2d(arriving, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, value: Tensor) -> Tensor:
        """Refine."""
        return torch.relu(self.shortcut(value) + self.body(value))


def _norm_relu(convolution: nn.Conv2d | nn.ConvTranspose2d) -> Iterator[nn.Module]:
    yield from (convolution, nn.BatchNorm2d(convolution.out_channels), nn.ReLU(inplace=True))


def _path(plan: MirrorPlan, place: int) -> Iterator[nn.Module]:
    """From a map to the coarsest grid and stage's width."""
    own, coarsest, halvings = plan.channels[place], plan.widths[-1], plan.halvings(place)
    if not halvings:
        yield from _norm_relu(nn.Conv2d(own, coarsest, 1, bias=False))
    for step in range(halvings):
        yield from _norm_relu(nn.Conv2d(own, coarsest if step + 1 == halvings else own, 3, 2, 1, bias=False))


def _doublings(width: int, count: int) -> Iterator[nn.Module]:
    for _ in range(count):
        yield from _norm_relu(nn.ConvTranspose2d(width, width, 2, 2, bias=False))


def _blocks(width: int, plan: MirrorPlan, count: int) -> Iterator[nn.Module]:
    for _ in range(count):
        yield Narrowed(width, width, plan.middle(width))
