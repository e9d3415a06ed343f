"""Patch vectors of many images in bounded memory: an equal share of each image's patches, drawn with a seed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Candidates:
    """`vectors` (n, C) float32, the index of the image each came from, `origins` (n,) int64, and how many patches
    (`cells`) an image has."""

    vectors: Tensor
    origins: Tensor
    cells: int

    def of(self, images: Tensor) -> Candidates:
        """The vectors of these images alone."""
        kept = torch.isin(self.origins, images)
        return Candidates(self.vectors[kept], self.origins[kept], self.cells)

    def without(self, images: Tensor) -> Candidates:
        """The vectors of all images but these."""
        kept = ~torch.isin(self.origins, images)
        return Candidates(self.vectors[kept], self.origins[kept], self.cells)


def draw_candidates(embedded: Iterable[Tensor], images: int, limit: int, generator: torch.Generator) -> Candidates:
    """Keep at most `limit` patches of `images` images.

    `embedded` gives (n, h, w, C) for consecutive images. Each image keeps the same number (give or take one; all of
    its patches if they fit), in random order, so that no part of the training set is left out whatever its size.
    """
    kept: list[Tensor] = []
    origins: list[Tensor] = []
    index = cells = 0
    for batch in embedded:
        cells = batch.shape[1] * batch.shape[2]
        for patches in batch.flatten(1, 2):
            share = limit * (index + 1) // images - limit * index // images
            chosen = torch.randperm(len(patches), generator=generator)[:share]
            kept.append(patches[chosen.to(patches.device)])
            origins.append(torch.full((len(kept[-1]),), index))
            index += 1
    return Candidates(torch.cat(kept), torch.cat(origins), cells)
