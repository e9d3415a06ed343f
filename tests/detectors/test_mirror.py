"""Reverse distillation's decoder fits any features, its cost is counted right, its loss is the one of whole maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.mirror import Mirror
from inspector.detectors.components.reverse_network import ReverseNetwork
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.components.twin import on_grid_of
from inspector.detectors.mirror_plan import MirrorPlan
from inspector.features.costs import backbone_cost
from inspector.features.loading import architecture_only, load_backbone
from inspector.features.registry import BackboneChoice, backbone_infos
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import fitted, good_parts

NAMES = [info.id for info in backbone_infos()]


def plan_of(name: str) -> MirrorPlan:
    info = next(info for info in backbone_infos() if info.id == name)
    layers = [backbone_cost(name).layers[layer] for layer in info.pyramid_layers]
    return MirrorPlan(tuple(item.channels for item in layers), tuple(item.stride for item in layers), 2, 4)


def multiply_adds(mirror: nn.Module, maps: list[Tensor]) -> float:
    """Counted at each convolution while it works."""
    found = []

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        grid = inputs[0] if isinstance(module, nn.ConvTranspose2d) else output
        found.append(module.weight.numel() * grid.shape[2] * grid.shape[3])

    for module in mirror.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        mirror(maps)
    return sum(found)


@pytest.mark.parametrize("name", NAMES)
def test_it_makes_maps_of_any_features_again_at_its_declared_cost(name: str) -> None:
    plan = plan_of(name)
    maps = [
        torch.zeros(1, count, 256 // stride, 256 // stride, device="meta")
        for count, stride in zip(plan.channels, plan.strides, strict=True)
    ]
    with torch.device("meta"):
        mirror = Mirror(plan).eval()
    made = on_grid_of(mirror(maps), maps)
    assert [item.shape for item in made] == [item.shape for item in maps]
    convolved = sum(item.numel() for item in mirror.parameters() if item.ndim == 4)
    assert plan.cost(256**2).weights == convolved
    assert plan.cost(256**2).multiply_adds == pytest.approx(multiply_adds(mirror, maps), rel=0.1)


def test_the_loss_compares_whole_maps() -> None:
    torch.manual_seed(0)
    backbone = architecture_only("filterbank", ("fine", "coarse"))
    network = ReverseNetwork(
        backbone, Mirror(MirrorPlan(backbone.channels, backbone.strides, 1, 4)), MapUpsampling(64, 64, 4.0)
    ).eval()
    images = torch.rand(3, 3, 64, 64)
    with torch.no_grad():
        seen, made = network.both(images)
        expected = sum(
            (1 - functional.cosine_similarity(one.flatten(1), other.flatten(1))).mean()
            for one, other in zip(seen, made, strict=True)
        )
        torch.testing.assert_close(network.loss(images), expected)


def test_the_teacher_stays_as_it_is() -> None:
    detector = fitted("reverse_distillation", good_parts(3), size=64, steps=3)
    choice = BackboneChoice("embedded_v1", None, ("stride8", "stride16"))
    original = load_backbone(choice, no_progress, CancelToken()).body.state_dict()
    state = detector.state()
    for key, value in original.items():
        np.testing.assert_array_equal(state[f"teacher.body.{key}"], value.numpy())
