"""FastFlow's network: a flow of its own for each layer of the features."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.coupling import CouplingBlock, Flow, halves
from inspector.detectors.components.flow_network import FlowNetwork
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.flow_work import fastflow_kernels, fastflow_width
from inspector.features.loading import LoadedBackbone

_LIMIT = 2.0


class ConvolutionSubnet(nn.Module):
    """Two convolutions; the last one starts at zero, so that an untrained flow changes nothing.

    Takes and gives a list of one map, (N, inputs, h, w) to (N, outputs, h, w).
    """

    def __init__(self, inputs: int, outputs: int, width: int, side: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(inputs, width, side, padding=side // 2)
        self.last = nn.Conv2d(width, outputs, side, padding=side // 2)
        nn.init.zeros_(self.last.weight)
        nn.init.zeros_(self.last.bias)  # type: ignore[arg-type]

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Raw log-scales and shifts."""
        (value,) = maps
        return [self.last(functional.relu(self.first(value)))]


def fastflow_network(
    backbone: LoadedBackbone, height: int, width: int, steps: int, ratio: float, sigma: float
) -> FlowNetwork:
    """Untrained, for pictures of this size."""
    flows = [_flow(count, steps, ratio) for count in backbone.channels]
    upsampling = MapUpsampling(height, width, sigma)
    return FlowNetwork(backbone, [(height, width)], flows, [1] * len(flows), upsampling, by_mean=False, levelled=True)


def _flow(channels: int, steps: int, ratio: float) -> Flow:
    first, second = halves(channels)
    width = fastflow_width(first, ratio)
    return Flow(
        [
            CouplingBlock([channels], [ConvolutionSubnet(first, 2 * second, width, side)], _LIMIT)
            for side in fastflow_kernels(steps)
        ]
    )
