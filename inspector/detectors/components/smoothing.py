"""From a coarse grid of distances to the anomaly map at the network's input size."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

_REFERENCE_SIZE = 256
_TRUNCATE = 4.0


class MapUpsampling(nn.Module):
    """Bilinear interpolation to (height, width), then a Gaussian of `sigma` pixels, as both papers publish their maps.

    `sigma` is meant at 256 pixels and grows with the map, so that the map of a larger input looks alike. The Gaussian
    is cut off at 4 sigma; at the border the map is mirrored. Takes (N, h, w), returns (N, height, width), float32.
    """

    kernel: Tensor

    def __init__(self, height: int, width: int, sigma: float) -> None:
        super().__init__()
        self.size = (height, width)
        scaled = sigma * math.sqrt(height * width) / _REFERENCE_SIZE
        reach = min(round(_TRUNCATE * scaled), height - 1, width - 1)
        offsets = torch.arange(-reach, reach + 1, dtype=torch.float64)
        kernel = torch.exp(-0.5 * (offsets / scaled) ** 2) if reach else torch.ones(1, dtype=torch.float64)
        self.register_buffer("kernel", (kernel / kernel.sum()).float(), persistent=False)

    def forward(self, grid: Tensor) -> Tensor:
        """Enlarge and smooth."""
        value = functional.interpolate(grid[:, None], size=self.size, mode="bilinear", align_corners=False)
        reach = self.kernel.numel() // 2
        if reach:
            value = functional.pad(value, (reach, reach, reach, reach), mode="reflect")
            value = functional.conv2d(
                functional.conv2d(value, self.kernel[None, None, :, None]), self.kernel[None, None, None, :]
            )
        return value[:, 0]


def on_finest_grid(layers: list[Tensor]) -> Tensor:
    """Maps (N, h_i, w_i), finest first, enlarged to the first one's grid and stacked: (layers, N, h_0, w_0)."""
    grid = layers[0].shape[-2:]
    return torch.stack(
        [
            functional.interpolate(item[:, None], size=grid, mode="bilinear", align_corners=False)[:, 0]
            for item in layers
        ]
    )
