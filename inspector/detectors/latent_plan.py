"""The shape of a network that draws small pictures from a few numbers, and what it costs, by arithmetic alone. Imports
no torch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from inspector.detectors.work import NetworkCost

_CORE, _COLOURS = 9, 3
_WIDEST = 8
_KEPT = 6
"""Numbers kept for the way back per number of a level's maps."""
_FLOAT = 4
COARSEST = 4
"""Side of the grid that a picture grows from."""


@dataclass(frozen=True, slots=True)
class LatentPlan:
    """Square pictures of `side` pixels, a power of two, of `width` channels at full size, doubled at each halving up to
    eight times as many; `latent` numbers say which picture."""

    side: int
    width: int
    latent: int

    @property
    def widths(self) -> list[int]:
        """Channels of each level, the finest first, the last on a grid of four by four."""
        levels = (self.side // COARSEST).bit_length()
        return [self.width * min(2**level, _WIDEST) for level in range(levels)]

    @property
    def coarse(self) -> int:
        """Numbers of the coarsest level."""
        return int(self.widths[-1] * COARSEST**2)

    def generator(self) -> NetworkCost:
        """Of one picture drawn."""
        blocks = self._blocks()
        narrow = self.widths[0] * _COLOURS * _CORE
        products = self.latent * self.coarse + sum(cost.multiply_adds for cost in blocks) + narrow * self.side**2
        rest = sum(2 * (wide + fine) + 3 * fine for fine, wide in pairwise(self.widths))  # normalisation and biases
        weights = (self.latent + 1) * self.coarse + sum(cost.weights for cost in blocks) + narrow + _COLOURS
        return NetworkCost(products, weights + rest + 2 * self.widths[0])

    def trunk(self, outputs: int) -> NetworkCost:
        """Of one picture looked at by a critic or an encoder with so many answers."""
        blocks = self._blocks()
        narrow = self.widths[0] * _COLOURS * _CORE
        products = narrow * self.side**2 + sum(cost.multiply_adds for cost in blocks) + self.coarse * outputs
        rest = sum(4 * fine + fine + 2 * wide for fine, wide in pairwise(self.widths))
        weights = narrow + self.widths[0] + sum(cost.weights for cost in blocks) + (self.coarse + 1) * outputs
        return NetworkCost(products, weights + rest)

    def working_bytes(self) -> int:
        """What one picture keeps in memory while a network learns from it."""
        return int(_KEPT * _FLOAT * sum(2 * width * self.side**2 / 4**level for level, width in enumerate(self.widths)))

    def _blocks(self) -> list[NetworkCost]:
        """Of each residual block between two levels, in either direction."""
        found = []
        for level, (fine, wide) in enumerate(pairwise(self.widths)):
            pixels = self.side**2 / 4**level
            weights = _CORE * fine * (fine + wide) + fine * wide
            found.append(NetworkCost(pixels * (weights - fine * wide * 3 / 4), weights))
        return found
