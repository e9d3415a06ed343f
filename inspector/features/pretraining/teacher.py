"""What the student learns to say: SqueezeNet 1.1's maps after its fire modules 4, 7 and 10 (indices of torchvision)."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.loading import LoadedBackbone, load_backbone
from inspector.features.registry import BackboneChoice
from inspector.imaging.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from inspector.tasks import CancelToken, no_progress

TEACHER = "squeezenet1_1"
TEACHER_LAYERS = ("features.4", "features.7", "features.10")

_BEFORE, _AFTER = 5, 11
"""Padding that brings the teacher's cells to the student's (see `embedded_network`) and gives as many of them."""

_SKIPPED = (1, 0, 0)
"""Cells of each layer that lie before the image."""

_SMALLEST_SHARE = 0.1
"""Of the layer's median deviation: a channel that all but never answers must not outweigh the others when it does."""


class Teacher(nn.Module):
    """Takes (N, 3, H, W) float32 normalised RGB, H and W multiples of 16 (at least 32); returns maps at strides 4, 8
    and 16 with H / stride x W / stride cells, whose centres are those of the student's cells."""

    def __init__(self, backbone: LoadedBackbone) -> None:
        super().__init__()
        self.backbone = backbone

    @property
    def channels(self) -> tuple[int, ...]:
        """Channels of each map."""
        return self.backbone.channels

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps from fine to coarse."""
        height, width = images.shape[-2:]
        padded = functional.pad(images, (_BEFORE, _AFTER, _BEFORE, _AFTER), mode="reflect")
        return [
            item[:, :, skip : skip + height // stride, skip : skip + width // stride]
            for item, skip, stride in zip(self.backbone(padded), _SKIPPED, EmbeddedNetwork.strides, strict=True)
        ]


def load_teacher(file: Path) -> Teacher:
    """The teacher with its weights. Raises `WeightsError`."""
    choice = BackboneChoice(TEACHER, weights=file, layers=TEACHER_LAYERS)
    return Teacher(load_backbone(choice, no_progress, CancelToken()))


class Normaliser(nn.Module):
    """(N, 3, H, W) uint8 RGB to float32 as ImageNet's networks take it, on the device where this module is."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1))

    def forward(self, crops: Tensor) -> Tensor:
        """The normalised images, with the channels last in memory (which CPUs and GPUs convolve faster)."""
        images = crops.to(self.mean.device, non_blocking=True).float().div_(255).sub_(self.mean).div_(self.std)
        return images.contiguous(memory_format=torch.channels_last)


Statistics = list[tuple[Tensor, Tensor]]
"""Mean and deviation (C,) of each channel, for each layer."""


class ChannelStatistics:
    """Means and deviations over many batches, each counted alike."""

    def __init__(self) -> None:
        self._moments: Statistics = []
        self._batches = 0

    def add(self, maps: list[Tensor]) -> None:
        """Take in one batch: a map (N, C, h, w) for each layer."""
        new = [(item.mean((0, 2, 3)), (item**2).mean((0, 2, 3))) for item in maps]
        old = self._moments or [(torch.zeros_like(mean), torch.zeros_like(square)) for mean, square in new]
        self._moments = [(a + c, b + d) for (a, b), (c, d) in zip(old, new, strict=True)]
        self._batches += 1

    def result(self) -> Statistics:
        """What was found; a deviation is at least a tenth of the layer's median one."""
        found = [(mean / self._batches, square / self._batches) for mean, square in self._moments]
        return [(mean, _deviation(mean, square)) for mean, square in found]


def _deviation(mean: Tensor, square: Tensor) -> Tensor:
    deviation = (square - mean**2).clamp_min(0).sqrt()
    return deviation.clamp_min(_SMALLEST_SHARE * float(deviation.median()))
