"""Affine coupling: invertible steps over feature maps with log-determinants, the parts of normalising flows."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn


def halves(channels: int) -> tuple[int, int]:
    """How many channels are the first and the second half."""
    return channels // 2, channels - channels // 2


def soft_clamped(raw: Tensor, limit: float) -> Tensor:
    """Any number bent into (-limit, limit), so that no step scales by more than e^limit."""
    return limit * 2 / math.pi * torch.atan(raw / limit)


class CouplingBlock(nn.Module):
    """One step over maps [(N, C_i, h_i, w_i), ...], float32, as many as there are `channels`.

    The channels of each map are shuffled in a fixed random order, which is part of the state; then the second halves
    are scaled and shifted by what `subnets[0]` makes of the first ones and, where there are two subnets, the first
    halves by what `subnets[1]` makes of the new second ones. A subnet takes the halves of all maps and returns, for
    each, twice as many channels as the other half has: raw log-scales, then shifts.
    """

    def __init__(self, channels: Sequence[int], subnets: Sequence[nn.Module], limit: float) -> None:
        super().__init__()
        self.subnets = nn.ModuleList(subnets)
        self._limit = limit
        self._channels = tuple(channels)
        for place, count in enumerate(channels):
            self.register_buffer(f"order{place}", torch.randperm(count))

    def forward(self, maps: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        """The maps after this step, and log|det J| of each picture, (N,)."""
        first, second = self._split([item[:, order] for item, order in zip(maps, self._orders(), strict=True)])
        second, change = self._moved(second, self.subnets[0](first))
        if len(self.subnets) > 1:
            first, more = self._moved(first, self.subnets[1](second))
            change = change + more
        return _joined(first, second), change

    def inverse(self, maps: list[Tensor]) -> list[Tensor]:
        """The maps before this step."""
        first, second = self._split(maps)
        if len(self.subnets) > 1:
            first = self._moved_back(first, self.subnets[1](second))
        second = self._moved_back(second, self.subnets[0](first))
        return [item[:, order.argsort()] for item, order in zip(_joined(first, second), self._orders(), strict=True)]

    def _orders(self) -> list[Tensor]:
        return [self.get_buffer(f"order{place}") for place in range(len(self._channels))]

    def _split(self, maps: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        places = [halves(count)[0] for count in self._channels]
        first = [item[:, :place] for item, place in zip(maps, places, strict=True)]
        return first, [item[:, place:] for item, place in zip(maps, places, strict=True)]

    def _moved(self, maps: list[Tensor], raw: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        scales, shifts = self._affine(raw)
        moved = [item * scale.exp() + shift for item, scale, shift in zip(maps, scales, shifts, strict=True)]
        return moved, torch.stack([scale.flatten(1).sum(1) for scale in scales]).sum(0)

    def _moved_back(self, maps: list[Tensor], raw: list[Tensor]) -> list[Tensor]:
        scales, shifts = self._affine(raw)
        return [(item - shift) * (-scale).exp() for item, scale, shift in zip(maps, scales, shifts, strict=True)]

    def _affine(self, raw: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Log-scales and shifts."""
        pairs = [item.chunk(2, dim=1) for item in raw]
        return [soft_clamped(scale, self._limit) for scale, _ in pairs], [shift for _, shift in pairs]


class Flow(nn.Module):
    """Coupling blocks one after the other, from feature maps to maps that are normally distributed for good parts."""

    def __init__(self, blocks: Sequence[CouplingBlock]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, maps: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        """The maps' images under the flow, of the same shapes, and log|det J| of each picture, (N,)."""
        changes = []
        for block in self.blocks:
            maps, change = block(maps)
            changes.append(change)
        return maps, torch.stack(changes).sum(0)

    def inverse(self, maps: list[Tensor]) -> list[Tensor]:
        """The maps that `forward` takes to these."""
        for block in reversed(self.blocks):
            assert isinstance(block, CouplingBlock)
            maps = block.inverse(maps)
        return maps


def _joined(first: list[Tensor], second: list[Tensor]) -> list[Tensor]:
    return [torch.cat(pair, dim=1) for pair in zip(first, second, strict=True)]
