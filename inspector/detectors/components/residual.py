"""ResNet-18 without its classifier, of any width: what methods train from scratch."""

from __future__ import annotations

from torch import Tensor, nn

from inspector.features.torchvision_shim import torchvision_models

_BLOCKS = 2


class ResidualNetwork(nn.Module):
    """(N, 3, H, W) float32 to the maps of the stages at strides 4, 8, 16 and 32, finest first, of `width` times 1, 2, 4
    and 8 channels. With 64 it is ResNet-18; weights are drawn as torchvision draws them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        widths = [width << place for place in range(4)]
        self.stages = nn.ModuleList(
            _stage(before, after) for before, after in zip([width, *widths[:-1]], widths, strict=True)
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map per stage."""
        value, maps = self.stem(images), []
        for stage in self.stages:
            value = stage(value)
            maps.append(value)
        return maps


def _stage(before: int, after: int) -> nn.Sequential:
    """Two blocks; where the width grows, the first halves the grid."""
    block = torchvision_models().resnet.BasicBlock
    stride = 1 if before == after else 2
    shortcut = None
    if stride > 1:
        shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride=stride, bias=False), nn.BatchNorm2d(after))
    later = [block(after, after) for _ in range(_BLOCKS - 1)]
    return nn.Sequential(block(before, after, stride, shortcut), *later)
