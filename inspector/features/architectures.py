"""torchvision classification networks cut off after the last layer that is used, giving one map per used layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import torch
from torch import Tensor, nn

from inspector.features.torchvision_shim import torchvision_models
from inspector.imaging.preprocessing import IMAGENET_MEAN, IMAGENET_STD

_RESNET_STEPS = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")


class TruncatedNetwork(nn.Module):
    """The steps of a classification network from its input to the last of `layers`, under torchvision's names.

    Takes (N, 3, H, W) float32, normalised; returns a list with one map (N, C, h, w) float32 per layer, in the order of
    `layers`. What comes after the last layer is not held.
    """

    mean: ClassVar[tuple[float, float, float]] = IMAGENET_MEAN
    std: ClassVar[tuple[float, float, float]] = IMAGENET_STD

    def __init__(self, model: nn.Module, layers: tuple[str, ...]) -> None:
        super().__init__()
        names = list(step_names(model))
        self.layers = layers
        self._steps = names[: max(names.index(layer) for layer in layers) + 1]
        for name in self._steps:
            parent, _, child = name.rpartition(".")
            if parent and not hasattr(self, parent):
                self.add_module(parent, nn.Module())
            (self.get_submodule(parent) if parent else self).add_module(child, model.get_submodule(name))

    def forward(self, images: Tensor) -> list[Tensor]:
        """One map per layer."""
        maps = {}
        value = images
        for name in self._steps:
            value = self.get_submodule(name)(value)
            if name in self.layers:
                maps[name] = value
        return [maps[layer] for layer in self.layers]


def step_names(model: nn.Module) -> Iterator[str]:
    """Dotted names of the steps that make feature maps: the children of `features`, or ResNet's sequence."""
    features = getattr(model, "features", None)
    if isinstance(features, nn.Sequential):
        return (f"features.{name}" for name, _ in features.named_children())
    return iter(_RESNET_STEPS)


def full_network(name: str) -> nn.Module:
    """The whole classification network in eval mode without values (meta device): costs neither time nor memory."""
    with torch.device("meta"):
        model: nn.Module = torchvision_models().get_model(name, weights=None)
    return model.eval()


def feature_tensors(model: nn.Module) -> dict[str, Tensor]:
    """The (valueless) tensors of everything before the classifier, by torchvision's names."""
    prefixes = tuple(f"{name}." for name in step_names(model))
    return {name: tensor for name, tensor in model.state_dict().items() if name.startswith(prefixes)}
