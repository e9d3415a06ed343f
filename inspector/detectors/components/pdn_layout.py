"""EfficientAD's patch description networks by their figures, so that costs can be told without torch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Size = Literal["small", "medium"]

RECEPTIVE_FIELD, STRIDE = 33, 4
"""Pixels that one cell of the output looks at, and between neighbouring cells: cell j looks at 4j to 4j + 32."""

OUTPUTS = 384
"""Channels of the paper's teachers."""

DISTILLED_SIDE = 128
"""Pixels along a side of the cuts that a teacher is taught on."""

_NARROWEST = 8


@dataclass(frozen=True, slots=True)
class Convolution:
    """One square convolution without padding; `active`: a ReLU follows, `pooled`: then a mean over 2x2 cells."""

    inputs: int
    outputs: int
    kernel: int
    active: bool
    pooled: bool = False


def scaled(channels: int, width: float) -> int:
    """A share of the paper's channels, at least 8."""
    return max(round(channels * width), _NARROWEST)


def convolutions(size: Size, width: float, outputs: int) -> list[Convolution]:
    """Table 6 and 7 of the paper, every inner number of channels times `width`. Both see 33 pixels in steps of 4."""
    first, second, last = (
        scaled(channels, width) for channels in ((128, 256, 0) if size == "small" else (256, 512, 384))
    )
    stem = [Convolution(3, first, 4, True, pooled=True), Convolution(first, second, 4, True, pooled=True)]
    if size == "small":
        return [*stem, Convolution(second, second, 3, True), Convolution(second, outputs, 4, False)]
    return [
        *stem,
        Convolution(second, second, 1, True),
        Convolution(second, second, 3, True),
        Convolution(second, last, 4, True),
        Convolution(last, outputs, 1, False),
    ]


def grid(side: int) -> int:
    """Cells along a side of so many pixels, at least 33."""
    return ((side - 3) // 2 - 3) // 2 - 5


@dataclass(frozen=True, slots=True)
class Passage:
    """One picture through a network, forward: multiply-adds, numbers that come out of all convolutions, and numbers
    that the network is made of."""

    multiply_adds: float
    values: float
    weights: int


def passage(layers: list[Convolution], height: int, width: int) -> Passage:
    """Through a patch description network."""
    steps = []
    for layer in layers:
        height, width = height - layer.kernel + 1, width - layer.kernel + 1
        steps.append((layer.inputs, layer.outputs, layer.kernel**2, height * width))
        if layer.pooled:
            height, width = height // 2, width // 2
    return _summed(steps)


LATENT, HALVINGS = 64, 5
"""Numbers that the autoencoder makes of a picture, and how often it halves the picture before."""


def autoencoder_channels(share: float) -> list[int]:
    """Of the picture and after each halving."""
    narrow, wide = scaled(32, share), scaled(64, share)
    return [3, narrow, narrow, wide, wide, wide]


def growing(side: int) -> list[int]:
    """Sides from which the autoencoder's decoder goes on: 3, 8, 15, 32, 63 and 127 for 256 pixels."""
    return [max(side // 64 - 1, 1), side // 32, side // 16 - 1, side // 8, side // 4 - 1, side // 2 - 1]


def autoencoder_passage(height: int, width: int, outputs: int, share: float) -> Passage:
    """Through an autoencoder."""
    channels = autoencoder_channels(share)
    wide = channels[-1]
    steps = [
        (before, after, 16, (height >> place) * (width >> place))
        for place, (before, after) in enumerate(pairwise(channels), 1)
    ]
    steps.append((wide, LATENT, (height >> HALVINGS) * (width >> HALVINGS), 1))
    for place, (down, across) in enumerate(zip(growing(height), growing(width), strict=True)):
        steps.append((wide if place else LATENT, wide, 16, (down + 1) * (across + 1)))
    cells = grid(height) * grid(width)
    return _summed([*steps, (wide, wide, 9, cells), (wide, outputs, 9, cells)])


def _summed(steps: list[tuple[int, int, int, int]]) -> Passage:
    """Of convolutions by inputs, outputs, cells of the kernel and positions."""
    return Passage(
        multiply_adds=float(sum(before * after * cells * positions for before, after, cells, positions in steps)),
        values=float(sum(after * positions for _, after, _, positions in steps)),
        weights=sum(after * (before * cells + 1) for before, after, cells, _ in steps),
    )
