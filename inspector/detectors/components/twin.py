"""Untrained networks that learn to see what frozen features see: the students of teacher and student methods."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from inspector.features.architectures import TruncatedNetwork
from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.loading import LoadedBackbone
from inspector.features.padding import pad_to_multiple
from inspector.features.torchvision_shim import torchvision_models

_MOMENTUM = 0.1
"""Of batch statistics, as usual: the embedded network's own follows far too slowly for so few steps."""


def untrained_twin(backbone: LoadedBackbone) -> nn.Module:
    """A trainable network on the CPU that gives maps of the backbone's channels and grids, (N, C_i, h_i, w_i).

    torchvision's networks get a twin of the same architecture; features that come with the program, which are no
    network at all or one without batch normalisation, the embedded network as it is trained.
    """
    if isinstance(backbone.body, TruncatedNetwork):
        model = torchvision_models().get_model(backbone.name, weights=None)
        return TruncatedNetwork(model, backbone.layers)
    return EmbeddedTwin(backbone.channels, backbone.strides)


class EmbeddedTwin(nn.Module):
    """The stages of the embedded network with batch normalisation, and a 1x1 convolution to each map; of strides 4, 8
    and 16."""

    def __init__(self, channels: tuple[int, ...], strides: tuple[int, ...]) -> None:
        super().__init__()
        network = EmbeddedNetwork()
        widths = dict(zip((4, 8, 16), (item.in_channels for item in _projections(network)), strict=True))
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = _MOMENTUM
        self._strides = strides
        self.stem = network.stem
        self.stages = nn.ModuleDict(
            {str(stride): network.get_submodule(f"stage{stride}") for stride in widths if stride <= max(strides)}
        )
        self.projections = nn.ModuleList(
            nn.Conv2d(widths[stride], count, 1) for count, stride in zip(channels, strides, strict=True)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map per stride."""
        value = self.stem(pad_to_multiple(images, max(self._strides)))
        found = {}
        for stride, stage in self.stages.items():
            value = stage(value)
            found[int(stride)] = value
        return [project(found[stride]) for project, stride in zip(self.projections, self._strides, strict=True)]


def on_grid_of(maps: list[Tensor], others: list[Tensor]) -> list[Tensor]:
    """Maps brought to the grids of others, which differ where the input's sides are no multiples of the strides."""
    return [
        item
        if item.shape[-2:] == other.shape[-2:]
        else functional.interpolate(item, size=other.shape[-2:], mode="bilinear", align_corners=False)
        for item, other in zip(maps, others, strict=True)
    ]


def _projections(network: EmbeddedNetwork) -> tuple[nn.Conv2d, nn.Conv2d, nn.Conv2d]:
    return network.project4, network.project8, network.project16
