"""Images whose sides are no multiples of a network's coarsest stride."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def pad_to_multiple(images: Tensor, multiple: int) -> Tensor:
    """Sides of (N, C, H, W) brought to multiples of `multiple` by repeating the last row and column, so that nothing is
    cut away."""
    bottom, right = (-side % multiple for side in images.shape[2:])
    return functional.pad(images, (0, right, 0, bottom), mode="replicate") if bottom or right else images
