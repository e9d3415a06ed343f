"""DRAEM's inference as one module."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.detectors.components.unet import UNet
from inspector.detectors.components.window_mean import WindowMean
from inspector.detectors.unet_plan import UNetPlan

_SPREAD = 0.02


class DRAEMNetwork(nn.Module):
    """(N, 3, H, W) float32 in [0, 1] to scores (N,) and maps (N, H, W), float32: for each place the logit of being
    defective, which has no ends to saturate at. The score is the largest mean over a window of 21 pixels at 256.
    """

    def __init__(self, repairing: UNetPlan, judging: UNetPlan, size: tuple[int, int]) -> None:
        super().__init__()
        self.repairing = UNet(repairing)
        self.judging = UNet(judging)
        self.window_mean = WindowMean(*size)
        self.apply(_scatter)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        _, maps = self.answers(images)
        return self.window_mean(maps).flatten(1).amax(1), maps

    def answers(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Repaired pictures (N, 3, H, W) and logits (N, H, W)."""
        repaired = self.repairing(images)
        logits = self.judging(torch.cat([repaired, images], 1))
        return repaired.float(), logits.float()[:, 0]


def _scatter(layer: nn.Module) -> None:
    """The paper's initial weights."""
    if isinstance(layer, nn.Conv2d):
        nn.init.normal_(layer.weight, 0.0, _SPREAD)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, _SPREAD)
