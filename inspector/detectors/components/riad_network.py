"""RIAD's inference as one module, and the loss it is trained with."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from inspector.detectors.components.gradient_similarity import GradientSimilarity
from inspector.detectors.components.inpainting import draw_sets, inpainted
from inspector.detectors.components.repair import repair_loss
from inspector.detectors.components.similarity import StructuralSimilarity
from inspector.detectors.components.unet import UNet
from inspector.detectors.components.window_mean import WindowMean
from inspector.detectors.unet_plan import UNetPlan


class RIADNetwork(nn.Module):
    """(N, 3, H, W) float32 in [0, 1] to scores (N,) and maps (N, H, W), float32, in [0, 1].

    The map is what the similarity of edges lacks between a picture and what is guessed of it, the mean over sizes of
    cells and over a window; the score is its maximum. Which cells are taken away together is drawn once and kept.
    """

    sets: Tensor

    def __init__(self, plan: UNetPlan, size: tuple[int, int], cells: Sequence[int], seed: int) -> None:
        super().__init__()
        self.unet = UNet(plan)
        self.cells = tuple(cells)
        self.edges = GradientSimilarity()
        self.similarity = StructuralSimilarity()
        self.window_mean = WindowMean(*size)
        generator = torch.Generator().manual_seed(seed)
        self.register_buffer("sets", torch.stack([draw_sets(size, cell, generator) for cell in cells]))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        # One size of cells after the other: all at once would hold four times as much in the network.
        guesses = torch.stack([inpainted(self.unet, images, sets) for sets in self.sets.unbind()])
        similar = self.edges(images.expand_as(guesses).flatten(0, 1), guesses.flatten(0, 1))
        maps = self.window_mean(1 - similar.reshape(len(self.cells), -1, *images.shape[2:]).mean(0))
        return maps.flatten(1).amax(1), maps

    def loss(self, guessed: Tensor, images: Tensor) -> Tensor:
        """The paper's: mean squared error, lack of similar edges, lack of structural similarity, all alike."""
        found = repair_loss(guessed, images, self.similarity)
        lacking: Tensor = 1 - self.edges(guessed, images)
        return found + lacking.mean()
