"""The shape of an encoder and decoder, and what it costs, by arithmetic alone. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from inspector.detectors.work import NetworkCost

Norm = Literal["batch", "group"]
_WIDEST = 8
_SAVED_BY_NORM = {"batch": 4, "group": 2}
_KEPT = 6
"""Numbers kept for the way back per number of a level's maps: results of three convolutions and their normalisation."""
_FLOAT = 4


@dataclass(frozen=True, slots=True)
class UNetPlan:
    """`inputs` and `outputs` channels, `width` channels at the input's size, doubled at each of `depth` halvings up to
    eight times as many; with `skips` the decoder sees the encoder's maps of its own size too."""

    inputs: int
    outputs: int
    width: int
    depth: int
    skips: bool = True
    norm: Norm = "batch"

    @property
    def widths(self) -> list[int]:
        """Channels of each level, the finest first."""
        return [self.width * min(2**level, _WIDEST) for level in range(self.depth + 1)]

    @property
    def multiple(self) -> int:
        """What the sides of the input are padded to multiples of."""
        return int(2**self.depth)

    def cost(self, pixels: int) -> NetworkCost:
        """Multiply-adds for a picture of so many pixels, and how many numbers are saved."""
        products, numbers = float(pixels * self.width * self.outputs), self.width * self.outputs + self.outputs
        for inputs, outputs, level in self._convolutions():
            products += 9 * inputs * outputs * pixels / 4**level
            numbers += (9 * inputs + _SAVED_BY_NORM[self.norm]) * outputs
        return NetworkCost(products, numbers)

    def working_bytes(self, pixels: int) -> int:
        """What one picture of so many pixels keeps in memory while the network learns from it."""
        return int(_KEPT * _FLOAT * sum(2 * width * pixels / 4**level for level, width in enumerate(self.widths)))

    def _convolutions(self) -> list[tuple[int, int, int]]:
        """Channels in and out, and the level at which each 3x3 convolution works."""
        found = []
        for level, (before, width) in enumerate(pairwise([self.inputs, *self.widths])):
            found += [(before, width, level), (width, width, level)]
        for level, (width, coarser) in enumerate(pairwise(self.widths)):
            seen = 2 * width if self.skips else width
            found += [(coarser, width, level + 1), (seen, width, level), (width, width, level)]
        return found
