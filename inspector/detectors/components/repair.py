"""What networks that repair pictures are trained with."""

from __future__ import annotations

from torch import Tensor

from inspector.detectors.components.similarity import StructuralSimilarity


def repair_loss(repaired: Tensor, images: Tensor, similarity: StructuralSimilarity) -> Tensor:
    """The mean squared error of repaired pictures (N, C, H, W), float32, and the mean of what their similarity to good
    ones in [0, 1] lacks."""
    loss: Tensor = (repaired - images).square().mean() + (1 - similarity(repaired, images)).mean()
    return loss
