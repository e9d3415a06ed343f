"""EfficientAD's patch description network: four or six convolutions that describe every patch of 33 pixels."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.pdn_layout import RECEPTIVE_FIELD, STRIDE, Convolution, grid


class PatchDescription(nn.Module):
    """(N, 3, H, W) float32, normalised, at least 33 pixels a side, to (N, C, h, w) float32 with `pdn_layout.grid` cells
    along each side.

    Nothing is padded: a cell's description is that of its patch wherever the patch lies. The convolutions are called
    conv1, conv2, ..., as in the weights files that are about.
    """

    def __init__(self, layers: list[Convolution]) -> None:
        super().__init__()
        self._layers = layers
        for place, layer in enumerate(layers, 1):
            self.add_module(f"conv{place}", nn.Conv2d(layer.inputs, layer.outputs, layer.kernel))
        start_lively(self)

    def forward(self, images: Tensor) -> Tensor:
        """Describe the patches."""
        value = images
        for place, layer in enumerate(self._layers, 1):
            value = self.get_submodule(f"conv{place}")(value)
            if layer.active:
                value = functional.relu(value)
            if layer.pooled:
                value = functional.avg_pool2d(value, 2)
        return value


def start_lively(network: nn.Module) -> None:
    """Draw a network's weights so that values keep their size from convolution to convolution (He et al., arXiv
    1502.01852). Torch's own start lets them fade, which costs hundreds of steps that short trainings do not have."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            assert module.bias is not None
            nn.init.zeros_(module.bias)


class PatchPlacement(nn.Module):
    """A value for each patch to a map of the input: bilinear between the patches' centres, and beyond the outermost
    ones as they are. Takes (N, h, w), returns (N, height, width), float32.

    The paper pads the map with zeros instead, which is no quiet value in its normalised maps.
    """

    rows: Tensor
    columns: Tensor

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.register_buffer("rows", _between_centres(height), persistent=False)
        self.register_buffer("columns", _between_centres(width).T.contiguous(), persistent=False)

    def forward(self, cells: Tensor) -> Tensor:
        """Enlarge."""
        return self.rows @ cells @ self.columns


def _between_centres(side: int) -> Tensor:
    """(side, cells): the share of each cell in each pixel."""
    cells = grid(side)
    place = ((torch.arange(side, dtype=torch.float64) - RECEPTIVE_FIELD // 2) / STRIDE).clamp(0, cells - 1)
    distance = (place[:, None] - torch.arange(cells, dtype=torch.float64)).abs()
    return (1 - distance).clamp(min=0).float()
