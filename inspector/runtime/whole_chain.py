"""The network with everything before it inside: pixels of any size in, scores and maps out. Imports torch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.imaging.preprocessing import Preprocessing


class InputStage(nn.Module):
    """What `imaging.preprocessing.Preprocessing` does: (N, H, W, 3) uint8 BGR to (N, 3, height, width) float32.

    Pixels of the network's size give the very same values to the last bit. Others are resized by an antialiased
    bilinear filter, which is not OpenCV's averaging over areas: what that does to scores is measured at export.
    """

    scale: Tensor
    offset: Tensor

    def __init__(self, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.size = (preprocessing.height, preprocessing.width)
        self.register_buffer("scale", torch.from_numpy(preprocessing.scale)[:, None, None])
        self.register_buffer("offset", torch.from_numpy(preprocessing.offset)[:, None, None])

    def forward(self, pixels: Tensor) -> Tensor:
        """Resize, BGR to RGB, normalise."""
        planes = pixels.permute(0, 3, 1, 2).float()
        planes = functional.interpolate(planes, self.size, mode="bilinear", align_corners=False, antialias=True)
        return planes.flip(1) / self.scale - self.offset


class WholeChain(nn.Module):
    """(N, H, W, 3) uint8 BGR of any size to what `network` returns: scores (N,), and maps (N, height, width) where it
    makes them."""

    def __init__(self, preprocessing: Preprocessing, network: nn.Module) -> None:
        super().__init__()
        self.preprocessing = preprocessing
        self.input_stage = InputStage(preprocessing)
        self.network = network

    def forward(self, pixels: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Scores, and maps where the network makes them."""
        result: Tensor | tuple[Tensor, Tensor] = self.network(self.input_stage(pixels))
        return result
