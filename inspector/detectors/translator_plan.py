"""The shape of a network that redraws pictures, and what it costs, by arithmetic alone. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.detectors.work import NetworkCost

_EDGE, _CORE, _COLOURS = 49, 9, 3
"""Weights of a 7x7 and a 3x3 filter for one channel."""
_KEPT = 4
"""Numbers kept for the way back per number of a layer's maps."""
_FLOAT = 4


@dataclass(frozen=True, slots=True)
class TranslatorPlan:
    """`width` channels at the input's size, four times as many at a quarter of its sides, where `blocks` residual
    blocks work."""

    width: int
    blocks: int

    MULTIPLE = 4
    """What the sides of the input are padded to multiples of."""

    def cost(self, pixels: int) -> NetworkCost:
        """Multiply-adds for a picture of so many pixels, and how many numbers are saved."""
        edge = _EDGE * _COLOURS * self.width
        halving = _CORE * 2 * self.width**2  # from full to half size and back
        quartering = 4 * halving
        core = _CORE * (4 * self.width) ** 2 * 2 * self.blocks
        products = pixels * (2 * edge + halving / 4 + halving + quartering / 16 + quartering / 4 + core / 16)
        biases = 10 * self.width + _COLOURS + 8 * self.width * self.blocks
        return NetworkCost(products, 2 * edge + 2 * halving + 2 * quartering + core + biases)

    def working_bytes(self, pixels: int) -> int:
        """What one picture of so many pixels keeps in memory in one pass of learning."""
        return int(_KEPT * _FLOAT * pixels * self.width * (4 + self.blocks / 2))
