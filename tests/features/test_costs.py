"""The declared costs of features, counted again from the networks themselves."""

from __future__ import annotations

import weakref

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

from inspector.errors import WeightsError
from inspector.features.costs import backbone_cost, feature_cost, multiply_adds
from inspector.features.loading import LoadedBackbone, architecture_only
from inspector.features.registry import BackboneChoice, BackboneInfo, backbone_infos

SIDE = 256
EVERY = pytest.mark.parametrize("info", backbone_infos(), ids=lambda info: info.id)


class LiveBytes(TorchDispatchMode):
    """The most bytes of results that were alive at once."""

    def __init__(self) -> None:
        super().__init__()
        self.peak = 0
        self._alive: dict[int, int] = {}

    def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
        result = operator(*args, **(kwargs or {}))
        for item in tree_leaves(result):
            if isinstance(item, torch.Tensor):
                storage = item.untyped_storage()
                if storage._cdata not in self._alive:
                    self._alive[storage._cdata] = storage.nbytes()
                    weakref.finalize(storage, self._alive.pop, storage._cdata, None)
        self.peak = max(self.peak, sum(self._alive.values()))
        return result


def valueless(name: str, layers: tuple[str, ...]) -> LoadedBackbone:
    return architecture_only(name, layers).to("meta")


def picture() -> torch.Tensor:
    return torch.zeros(1, 3, SIDE, SIDE, device="meta")


def counted(name: str, layers: tuple[str, ...]) -> float:
    """Multiply-adds per pixel of the input."""
    backbone, image = valueless(name, layers), picture()
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        backbone(image)
    return counter.get_total_flops() / 2 / SIDE**2


def layer_sets(info: BackboneInfo) -> set[tuple[str, ...]]:
    return {info.default_layers, info.pyramid_layers, info.layers, *((layer,) for layer in info.layers)}


@EVERY
def test_multiply_adds(info: BackboneInfo) -> None:
    for layers in layer_sets(info):
        assert multiply_adds(info.id, layers) == pytest.approx(counted(info.id, layers), rel=0.01), layers


@EVERY
def test_layers(info: BackboneInfo) -> None:
    cost = backbone_cost(info.id)
    assert tuple(cost.layers) == info.layers
    backbone = valueless(info.id, info.layers)
    assert tuple(item.channels for item in cost.layers.values()) == backbone.channels
    assert tuple(item.stride for item in cost.layers.values()) == backbone.strides
    for layer, item in cost.layers.items():
        tensors = valueless(info.id, (layer,)).body.state_dict().values()
        assert item.weights == sum(tensor.numel() * 4 for tensor in tensors)


@EVERY
def test_working_memory(info: BackboneInfo) -> None:
    backbone, image = valueless(info.id, info.default_layers), picture()
    with torch.inference_mode(), LiveBytes() as live:
        backbone(image)
    assert backbone_cost(info.id).working_bytes == pytest.approx(live.peak / SIDE**2, rel=0.01)


@EVERY
def test_a_picture_costs_what_its_pixels_cost(info: BackboneInfo) -> None:
    choice = BackboneChoice(info.id, None, info.default_layers)
    small, large = feature_cost(choice, 128, 256), feature_cost(choice, 256, 512)
    assert large.operations == pytest.approx(4 * small.operations)
    assert large.working_bytes == pytest.approx(4 * small.working_bytes, rel=0.1)
    assert large.channels == small.channels
    assert large.weights_bytes == small.weights_bytes > 0
    assert large.values == large.positions * large.channels > small.values


def test_unknown_features() -> None:
    with pytest.raises(WeightsError):
        feature_cost(BackboneChoice("steam", None, ("whistle",)), 64, 64)
    with pytest.raises(WeightsError):
        feature_cost(BackboneChoice("resnet18", None, ("whistle",)), 64, 64)
