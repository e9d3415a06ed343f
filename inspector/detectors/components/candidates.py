"""Patch vectors of many images in bounded memory: an equal share of each image's patches, drawn with a seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Candidates:
    """`vectors` (n, C) float32 on the CPU and the index of the image each came from, `origins` (n,) int64."""

    vectors: Tensor
    origins: Tensor

    def without(self, images: Tensor) -> Tensor:
        """The vectors of all images but these."""
        return self.vectors[~torch.isin(self.origins, images)]


def draw_candidates(embedded: Iterable[Tensor], images: int, limit: int, generator: torch.Generator) -> Candidates:
    """Keep at most `limit` patches of `images` images.

    `embedded` gives (n, h, w, C) for consecutive images. Each image keeps the same number (give or take one; all of
    its patches if they fit), in random order, so that no part of the training set is left out whatever its size.
    """
    kept: list[Tensor] = []
    origins: list[Tensor] = []
    index = 0
    for batch in embedded:
        for patches in batch.flatten(1, 2):
            share = limit * (index + 1) // images - limit * index // images
            chosen = torch.randperm(len(patches), generator=generator)[:share]
            kept.append(patches[chosen.to(patches.device)].cpu())
            origins.append(torch.full((len(kept[-1]),), index))
            index += 1
    return Candidates(torch.cat(kept), torch.cat(origins))
