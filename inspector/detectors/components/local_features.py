"""CPR's local features: trained vectors for each position that tell defects from what a good part has there."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.cascade_cost import head_widths


class LocalHead(nn.Module):
    """A map (N, C, h, w) to unit vectors (N, h, w, `dimensions`): a 1x1 convolution, an Inception block, another 1x1
    convolution."""

    def __init__(self, channels: int, dimensions: int) -> None:
        super().__init__()
        trunk, branch = head_widths(dimensions)
        self.enter = _norm_relu(channels, trunk, 1)
        self.branches = nn.ModuleList(
            [
                _norm_relu(trunk, branch, 1),
                nn.Sequential(_norm_relu(trunk, branch, 1), _norm_relu(branch, branch, 3)),
                nn.Sequential(_norm_relu(trunk, branch, 1), _norm_relu(branch, branch, 5)),
                nn.Sequential(nn.AvgPool2d(3, 1, 1), _norm_relu(trunk, branch, 1)),
            ]
        )
        self.leave = nn.Conv2d(len(self.branches) * branch, dimensions, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Unit vectors."""
        entered = self.enter(features)
        found = self.leave(torch.cat([branch(entered) for branch in self.branches], 1))
        return functional.normalize(found.float().permute(0, 2, 3, 1), dim=-1)


def _norm_relu(inputs: int, outputs: int, side: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, side, 1, side // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
