"""An encoder and decoder that gives an answer for each pixel: it repairs pictures, or says where they differ."""

from __future__ import annotations

import math
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.unet_plan import Norm, UNetPlan
from inspector.features.padding import pad_to_multiple

_GROUPS = 8


class UNet(nn.Module):
    """Ronneberger et al., MICCAI 2015, arXiv 1505.04597: (N, inputs, H, W) to (N, outputs, H, W), linear at its end.

    Sides of any length: they are padded by repeating the border, and cut again. Convolutions keep the size, and maps
    are enlarged bilinearly after a convolution, which is a quarter of the work and leaves no checkerboard.
    """

    def __init__(self, plan: UNetPlan) -> None:
        super().__init__()
        widths = plan.widths
        self.plan = plan
        self.down = nn.ModuleList(
            _twice(before, width, plan.norm) for before, width in pairwise([plan.inputs, *widths])
        )
        self.narrow = nn.ModuleList(_once(coarser, width, plan.norm) for width, coarser in pairwise(widths))
        self.up = nn.ModuleList(
            _twice(2 * width if plan.skips else width, width, plan.norm) for width in widths[: plan.depth]
        )
        self.head = nn.Conv2d(plan.width, plan.outputs, 1)

    def forward(self, images: Tensor) -> Tensor:
        """An answer for each pixel."""
        height, width = images.shape[2:]
        value = pad_to_multiple(images, self.plan.multiple)
        seen = []
        for level, stage in enumerate(self.down):
            value = stage(functional.max_pool2d(value, 2) if level else value)
            seen.append(value)
        for level in reversed(range(self.plan.depth)):
            value = functional.interpolate(self.narrow[level](value), scale_factor=2, mode="bilinear")
            value = self.up[level](torch.cat([seen[level], value], 1) if self.plan.skips else value)
        answer: Tensor = self.head(value)
        return answer[:, :, :height, :width]


def _once(inputs: int, outputs: int, norm: Norm) -> nn.Sequential:
    normalise = nn.BatchNorm2d(outputs) if norm == "batch" else nn.GroupNorm(math.gcd(_GROUPS, outputs), outputs)
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), normalise, nn.ReLU(inplace=True))


def _twice(inputs: int, outputs: int, norm: Norm) -> nn.Sequential:
    return nn.Sequential(_once(inputs, outputs, norm), _once(outputs, outputs, norm))
