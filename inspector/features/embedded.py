"""The embedded network as features: cut off after the last layer that is used, for images of any size."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.padding import pad_to_multiple
from inspector.imaging.preprocessing import IMAGENET_MEAN, IMAGENET_STD

_STAGES = {"stride4": "stage4", "stride8": "stage8", "stride16": "stage16"}
"""Layer to the part of the network that leads to it, fine to coarse."""

_PROJECTIONS = {"stride4": "project4", "stride8": "project8", "stride16": "project16"}
"""Layer to what makes its map of that part's."""


class EmbeddedFeatures(nn.Module):
    """Takes (N, 3, H, W) float32, RGB normalised as for ImageNet; returns a list with one map (N, C, H / s, W / s)
    float32 per layer, rounded up, where s is the layer's stride.

    Made without values (meta device), under the network's own tensor names. What comes after the last layer is not
    held.
    """

    mean: ClassVar[tuple[float, float, float]] = IMAGENET_MEAN
    std: ClassVar[tuple[float, float, float]] = IMAGENET_STD

    def __init__(self, layers: tuple[str, ...]) -> None:
        super().__init__()
        network = empty_network()
        names = list(_STAGES)
        self.layers = layers
        self.stem = network.stem
        self._used = names[: 1 + max(names.index(layer) for layer in layers)]
        for layer in self._used:
            self.add_module(_STAGES[layer], network.get_submodule(_STAGES[layer]))
        for layer in layers:
            self.add_module(_PROJECTIONS[layer], network.get_submodule(_PROJECTIONS[layer]))

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map per layer."""
        maps = []
        value = self.stem(pad_to_multiple(images, EmbeddedNetwork.strides[-1]))
        for layer in self._used:
            value = self.get_submodule(_STAGES[layer])(value)
            if layer in self.layers:
                maps.append(self.get_submodule(_PROJECTIONS[layer])(value))
        return maps


def empty_network() -> EmbeddedNetwork:
    """The whole network for inference without values (meta device): costs neither time nor memory."""
    with torch.device("meta"):
        return EmbeddedNetwork(fused=True).eval()
