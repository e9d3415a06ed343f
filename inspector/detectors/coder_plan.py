"""How a picture is squeezed into a short code and drawn again, and what that costs. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from inspector.detectors.work import NetworkCost

HALVINGS = 5
MULTIPLE = 2**HALVINGS
_TAPS_HALVING, _TAPS_KEEPING = 16, 9


@dataclass(frozen=True, slots=True)
class CoderPlan:
    """Pictures of `height` times `width` pixels (padded to multiples of 32), `channels` of them, to a code of `code`
    numbers by five halving convolutions, two that keep the size and a linear map; `base` channels at first."""

    height: int
    width: int
    base: int
    code: int
    channels: int = 3

    @property
    def padded(self) -> tuple[int, int]:
        """(height, width) in multiples of 32."""
        return self.height + -self.height % MULTIPLE, self.width + -self.width % MULTIPLE

    @property
    def grid(self) -> tuple[int, int]:
        """(height, width) of the coarsest map."""
        return self.padded[0] // MULTIPLE, self.padded[1] // MULTIPLE

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels after each halving."""
        return (self.base, self.base, self.base, 2 * self.base, 4 * self.base)

    @property
    def narrowed(self) -> int:
        """Channels of the coarsest map before it becomes a code."""
        return self.base

    def coding(self) -> NetworkCost:
        """Of the encoder with one code; the decoder, its mirror, costs the same but for biases."""
        operations, weights = 0, 0
        positions = self.padded[0] * self.padded[1]
        for before, after in pairwise((self.channels, *self.widths)):
            positions //= 4
            operations += _TAPS_HALVING * before * after * positions
            weights += _TAPS_HALVING * before * after + after
        for before, after in pairwise((self.widths[-1], 2 * self.base, self.narrowed)):
            operations += _TAPS_KEEPING * before * after * positions
            weights += _TAPS_KEEPING * before * after + after
        linear = positions * self.narrowed * self.code
        return NetworkCost(operations + linear, weights + linear + self.code)

    def working_bytes(self) -> int:
        """What training holds of one picture on its way there and back: values and their gradients."""
        values = self.channels * self.padded[0] * self.padded[1]
        positions = self.padded[0] * self.padded[1]
        for width in self.widths:
            positions //= 4
            values += 2 * width * positions
        return 2 * 2 * 4 * values
