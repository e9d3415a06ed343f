"""How wide the parts of reverse distillation's decoder are for given features, and what they cost. Imports no torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from inspector.detectors.work import NetworkCost

_NARROWEST_STAGE, _NARROWEST_MIDDLE = 64, 32
"""Features of a few channels need more than those to be made again."""


@dataclass(frozen=True, slots=True)
class MirrorPlan:
    """Of maps of `channels` and `strides`, fine to coarse: residual blocks of `blocks` per stage, each narrowed to its
    channels divided by `narrowing` in the middle."""

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    blocks: int
    narrowing: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of the stages."""
        return tuple(max(count, _NARROWEST_STAGE) for count in self.channels)

    @property
    def embedding(self) -> int:
        """Channels of the embedding, twice the coarsest stage's."""
        return 2 * self.widths[-1]

    @property
    def fused(self) -> int:
        """Channels of all maps on the coarsest grid."""
        return len(self.channels) * self.widths[-1]

    def middle(self, width: int) -> int:
        """Channels in the middle of a block of so many."""
        return max(width // self.narrowing, _NARROWEST_MIDDLE)

    def halvings(self, place: int) -> int:
        """How often a map has to be halved to reach the grid of the coarsest."""
        return _level(self.strides[-1]) - _level(self.strides[place])

    def doublings(self, place: int) -> int:
        """How often the decoder doubles to come from the stage before, or from the embedding, to this map's grid."""
        return _level(self.strides[place + 1]) - _level(self.strides[place]) if place + 1 < len(self.strides) else 1

    def cost(self, pixels: int) -> NetworkCost:
        """Of all parts together for one picture of so many pixels."""
        parts = [*self._embedding_parts(), *self._decoder_parts()]
        return NetworkCost(
            multiply_adds=sum(weights / stride**2 for weights, stride in parts) * pixels,
            weights=sum(weights for weights, _ in parts),
        )

    def _embedding_parts(self) -> list[tuple[int, int]]:
        """(weights, stride at which they are applied) of what leads to the embedding."""
        coarsest, deepest = self.widths[-1], self.strides[-1]
        parts = []
        for place, own in enumerate(self.channels):
            halvings = self.halvings(place)
            parts.append((own * coarsest * (9 if halvings else 1), deepest))
            parts += [(9 * own**2, deepest >> step) for step in range(1, halvings)]
        middle = self.middle(self.embedding)
        parts.append((self.fused * middle, deepest))
        parts.append((9 * middle**2 + (middle + self.fused) * self.embedding, 2 * deepest))
        return parts + [(self._block(self.embedding), 2 * deepest)] * (self.blocks - 1)

    def _decoder_parts(self) -> list[tuple[int, int]]:
        parts, arriving = [], self.embedding
        for place in reversed(range(len(self.channels))):
            width, stride, doublings = self.widths[place], self.strides[place], self.doublings(place)
            parts.append((arriving * width, stride << doublings))
            # Each weight of a doubling takes part in a quarter of what comes out.
            parts += [(4 * width**2, stride << (step + 1)) for step in range(doublings)]
            parts += [(self._block(width), stride)] * self.blocks
            parts.append((width * self.channels[place], stride))
            arriving = width
        return parts

    def _block(self, width: int) -> int:
        middle = self.middle(width)
        return 2 * width * middle + 9 * middle**2


def _level(stride: int) -> int:
    return round(math.log2(stride))
