"""The embedded backbone: a small residual network of plain 3x3 convolutions with dense maps at strides 4, 8 and 16.

Plain convolutions rather than depthwise ones because they are the faster of the two on a CPU, to train and to run.

Where the cells lie: a halving convolution padded before has its output i centred on input 2i, one padded after on
2i + 1. Padding before, after, before, after therefore puts the centres of the cells at pixels 4j + 2, 8k + 2 and
16m + 10 for strides 4, 8 and 16, at most a fifth of a cell from where resizing a map to the image puts them (4j + 1.5,
8k + 3.5, 16m + 7.5). The teacher (SqueezeNet 1.1, which pads nothing while halving) has its cells at 4j + 3, 8k + 7 and
16m + 15; with five more pixels before the image they come to lie at 4(j - 1) + 2, 8k + 2 and 16m + 10. So the student
learns what the teacher sees at the very same place and never has to shift anything.

A 1x1 convolution ends each stage: it turns the stage's map into the teacher's channels. Distances between features are
then those that were learned; between the narrower maps before it they are left to chance, which costs much
(docs/backbone.md).
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_weights

_WIDTHS = (48, 96, 160)
"""Channels of the three stages before their maps are turned into the teacher's."""


class ConvNorm(nn.Sequential):
    """3x3 convolution of stride 1 with batch normalisation, which is empty where it is `fused` into the convolution."""

    def __init__(self, inputs: int, outputs: int, *, fused: bool) -> None:
        super().__init__(nn.Conv2d(inputs, outputs, 3, 1, 1, bias=fused), _norm(outputs, fused=fused))


class Residual(nn.Module):
    """Two convolutions and the way round them: (N, C, H, W) to the same shape."""

    def __init__(self, channels: int, *, fused: bool) -> None:
        super().__init__()
        self.first = ConvNorm(channels, channels, fused=fused)
        self.second = ConvNorm(channels, channels, fused=fused)

    def forward(self, x: Tensor) -> Tensor:
        """The refined map, at least 0."""
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class Halving(nn.Sequential):
    """3x3 convolution of stride 2 with batch normalisation, padded on one side only (see above)."""

    def __init__(self, inputs: int, outputs: int, *, pad_before: bool, fused: bool) -> None:
        pad = nn.ZeroPad2d((1, 0, 1, 0) if pad_before else (0, 1, 0, 1))
        convolution = nn.Conv2d(inputs, outputs, 3, 2, 0, bias=fused)
        super().__init__(pad, convolution, _norm(outputs, fused=fused), nn.ReLU())


class Stage(nn.Sequential):
    """Halves the resolution, then refines."""

    def __init__(self, inputs: int, outputs: int, blocks: int, *, pad_before: bool, fused: bool) -> None:
        halving = Halving(inputs, outputs, pad_before=pad_before, fused=fused)
        super().__init__(halving, *(Residual(outputs, fused=fused) for _ in range(blocks)))


class EmbeddedNetwork(nn.Module):
    """Takes (N, 3, H, W) float32 normalised RGB, H and W multiples of 16 (other sizes lose the rest at the bottom and
    the right); returns maps of 128, 256 and 384 channels at strides 4, 8 and 16, each channel with a mean of about 0
    and a deviation of about 1 over all kinds of pictures.

    For training it has batch normalisation. With `fused` it has none: such a network takes the tensors that `fused()`
    of a trained one holds.
    """

    channels: ClassVar[tuple[int, int, int]] = (128, 256, 384)
    strides: ClassVar[tuple[int, int, int]] = (4, 8, 16)

    def __init__(self, *, fused: bool = False) -> None:
        super().__init__()
        fine, middle, coarse = _WIDTHS
        self.stem = Halving(3, 32, pad_before=True, fused=fused)
        self.stage4 = Stage(32, fine, 1, pad_before=False, fused=fused)
        self.stage8 = Stage(fine, middle, 1, pad_before=True, fused=fused)
        self.stage16 = Stage(middle, coarse, 1, pad_before=False, fused=fused)
        self.project4, self.project8, self.project16 = (
            nn.Conv2d(width, channels, 1) for width, channels in zip(_WIDTHS, self.channels, strict=True)
        )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Maps from fine to coarse."""
        fine = self.stage4(self.stem(x))
        middle = self.stage8(fine)
        coarse = self.stage16(middle)
        return self.project4(fine), self.project8(middle), self.project16(coarse)

    def fused(self) -> EmbeddedNetwork:
        """A network for inference that computes the same as this one in evaluation, without batch normalisation."""
        tensors = {name: value for name, value in self.state_dict().items() if name.startswith("project")}
        for name, norm in self.named_modules():
            if isinstance(norm, nn.BatchNorm2d):
                parent, _, position = name.rpartition(".")
                convolution = f"{parent}.{int(position) - 1}"
                weight, bias = _folded(self.get_submodule(convolution), norm)
                tensors |= {f"{convolution}.weight": weight, f"{convolution}.bias": bias}
        network = EmbeddedNetwork(fused=True)
        network.load_state_dict(tensors)
        return network.eval().requires_grad_(False)


_MOMENTUM = 0.02
"""A batch holds few scenes, each unlike the others: what inference uses is averaged over some fifty of them."""


def _norm(channels: int, *, fused: bool) -> nn.Module:
    return nn.Identity() if fused else nn.BatchNorm2d(channels, momentum=_MOMENTUM)


def _folded(convolution: nn.Module, norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Weight and bias of the one convolution that both amount to in evaluation."""
    assert isinstance(convolution, nn.Conv2d)
    assert norm.running_mean is not None
    assert norm.running_var is not None
    weight, bias = fuse_conv_bn_weights(
        convolution.weight, convolution.bias, norm.running_mean, norm.running_var, norm.eps, norm.weight, norm.bias
    )
    return weight.detach(), bias.detach()
