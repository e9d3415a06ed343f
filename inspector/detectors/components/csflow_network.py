"""CS-Flow's network: one flow through the features of a picture at several sizes, which see each other in each step."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.coupling import CouplingBlock, Flow, halves
from inspector.detectors.components.flow_network import FlowNetwork
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.components.twin import on_grid_of
from inspector.detectors.flow_work import csflow_kernels, scale_sizes
from inspector.features.loading import LoadedBackbone

_LIMIT, _SLOPE = 3.0, 0.1


class CrossScaleSubnet(nn.Module):
    """Two convolutions for each scale; between them each scale also sees its neighbours.

    Takes maps [(N, inputs, h_i, w_i), ...], finest first, and gives as many of `outputs` channels, times a gain for
    each scale that starts at zero, so that an untrained flow changes nothing.
    """

    def __init__(self, inputs: int, outputs: int, width: int, side: int, scales: int) -> None:
        super().__init__()

        def convolutions(count: int, seen: int, made: int, stride: int = 1) -> nn.ModuleList:
            return nn.ModuleList(nn.Conv2d(seen, made, side, stride, side // 2) for _ in range(count))

        self.first = convolutions(scales, inputs, width)
        self.last = convolutions(scales, width, outputs)
        self.from_coarser = convolutions(scales - 1, width, outputs)
        self.from_finer = convolutions(scales - 1, width, outputs, stride=2)
        self.gains = nn.Parameter(torch.zeros(scales))

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Raw log-scales and shifts."""
        inside = [functional.leaky_relu(first(item), _SLOPE) for first, item in zip(self.first, maps, strict=True)]
        found = [last(item) for last, item in zip(self.last, inside, strict=True)]
        for place, (up, down) in enumerate(zip(self.from_coarser, self.from_finer, strict=True)):
            found[place] = found[place] + up(on_grid_of([inside[place + 1]], [inside[place]])[0])
            found[place + 1] = found[place + 1] + on_grid_of([down(inside[place])], [inside[place + 1]])[0]
        return [gain * item for gain, item in zip(self.gains, found, strict=True)]


def csflow_network(
    backbone: LoadedBackbone, height: int, width: int, steps: int, hidden: int, sigma: float
) -> FlowNetwork:
    """Untrained, for pictures of this size and a backbone of one layer."""
    sizes = scale_sizes(height, width)
    (channels,) = backbone.channels
    first, second = halves(channels)
    blocks = [
        CouplingBlock(
            [channels] * len(sizes),
            [
                CrossScaleSubnet(first, 2 * second, hidden, side, len(sizes)),
                CrossScaleSubnet(second, 2 * first, hidden, side, len(sizes)),
            ],
            _LIMIT,
        )
        for side in csflow_kernels(steps)
    ]
    upsampling = MapUpsampling(height, width, sigma)
    return FlowNetwork(backbone, sizes, [Flow(blocks)], [len(sizes)], upsampling, by_mean=True, levelled=False)
