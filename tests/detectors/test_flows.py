"""FastFlow and CS-Flow: their features, loss and cost."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from inspector.detectors.components.flow_network import FlowNetwork
from inspector.detectors.components.frozen_maps import FrozenMaps
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.flow_work import (
    CSFLOW_SCALES,
    csflow_cost,
    csflow_kept,
    csflow_kernels,
    fastflow_cost,
    fastflow_kept,
    fastflow_kernels,
    grids_of,
    scale_sizes,
)
from inspector.detectors.work import Material
from inspector.errors import Cancelled, TrainingError
from inspector.features.loading import load_backbone
from inspector.features.registry import BackboneChoice
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import bad_part, fitted, good_part, good_parts, make

FLOWS = pytest.mark.parametrize("detector_id", ["fastflow", "csflow"])


def untrained(detector_id: str, height: int = 64, width: int = 96, **values: object) -> FlowNetwork:
    detector = make(detector_id, **values)
    backbone = load_backbone(detector._choice(), no_progress, CancelToken())
    network = detector._build(backbone, Preprocessing(height, width, backbone.mean, backbone.std))
    assert isinstance(network, FlowNetwork)
    return network


def counted(network: FlowNetwork, height: int, width: int) -> int:
    """Multiply-adds of the flows' convolutions for one picture."""
    total = 0

    def count(module: nn.Conv2d, inputs: tuple[Tensor], output: Tensor) -> None:
        nonlocal total
        total += output.numel() * module.weight[0].numel()

    for module in network.flows.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    network(torch.zeros(1, 3, height, width))
    return total


@pytest.mark.parametrize("backbone", ["embedded_v1", "filterbank"])
def test_costs_are_those_of_the_networks(backbone: str) -> None:
    height, width = 128, 192
    network = untrained("fastflow", height, width, backbone=backbone, flow_steps=3, hidden_ratio=0.3)
    choice = BackboneChoice(network.backbone.name, None, network.backbone.layers)
    cost = fastflow_cost(grids_of(choice, [(height, width)]), 3, 0.3)
    assert cost.weights == sum(item.numel() for item in network.flows.parameters())
    assert cost.multiply_adds == counted(network, height, width)

    network = untrained("csflow", height, width, backbone=backbone, flow_steps=2, hidden=6)
    choice = BackboneChoice(network.backbone.name, None, network.backbone.layers)
    cost = csflow_cost(grids_of(choice, scale_sizes(height, width)), 2, 6)
    assert cost.weights == sum(item.numel() for item in network.flows.parameters())
    assert cost.multiply_adds == counted(network, height, width)


def kept(network: FlowNetwork, height: int, width: int, steps: int) -> float:
    """Numbers of one picture that the way back through each step needs, beside weights."""
    weights = {item.untyped_storage().data_ptr() for item in network.parameters()}
    seen: dict[int, int] = {}

    def keep(item: Tensor) -> Tensor:
        storage = item.untyped_storage()
        if storage.data_ptr() not in weights:
            seen[storage.data_ptr()] = storage.nbytes()
        return item

    maps = [item.detach() for item in network.features(torch.zeros(2, 3, height, width))]
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda item: item):
        loss = network.loss(maps)
    assert loss.requires_grad
    return sum(seen.values()) / 4 / 2 / steps


def test_memory_is_that_of_the_networks() -> None:
    height, width = 128, 192
    choice = BackboneChoice("embedded_v1", None, ("stride8", "stride16"))
    for ratio in (0.25, 2.0):
        network = untrained("fastflow", height, width, flow_steps=3, hidden_ratio=ratio)
        expected = fastflow_kept(grids_of(choice, [(height, width)]), ratio)
        assert kept(network, height, width, 3) == pytest.approx(expected, rel=0.1)
    choice = BackboneChoice("embedded_v1", None, ("stride16",))
    for hidden in (16, 128):
        network = untrained("csflow", height, width, flow_steps=2, hidden=hidden)
        expected = csflow_kept(grids_of(choice, scale_sizes(height, width)), hidden)
        assert kept(network, height, width, 2) == pytest.approx(expected, rel=0.1)


def test_a_wide_flow_is_known_to_take_long() -> None:
    material = Material(160, 256, 256, 5)
    assert make("csflow", hidden=1024).work(material).learning > 10 * make("csflow", hidden=64).work(material).learning
    assert make("fastflow", steps=400).work(material).learning > 5 * make("fastflow", steps=40).work(material).learning


def test_features_that_cannot_be_kept_are_counted_each_time() -> None:
    few, many = (make("fastflow", steps=100, batch=8).work(Material(count, 256, 256, 5)) for count in (100, 10_000))
    assert many.kept(10_000) < 10_000
    assert many.learning == pytest.approx(
        few.learning + 800 * (1 - many.kept(10_000) / 10_000) * many.features, rel=1e-6
    )


def test_kernels_are_those_of_the_papers() -> None:
    assert fastflow_kernels(8) == [3, 1] * 4
    assert csflow_kernels(4) == [3, 3, 3, 5]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((768, 768), [(768, 768), (384, 384), (192, 192)]),
        ((256, 128), [(256, 128), (128, 64), (64, 32)]),
        ((64, 160), [(64, 160), (32, 80), (32, 40)]),
        ((16, 16), [(16, 16)] * CSFLOW_SCALES),
    ],
)
def test_pictures_are_halved_down_to_a_least_size(size: tuple[int, int], expected: list[tuple[int, int]]) -> None:
    assert scale_sizes(*size) == expected


def test_csflow_uses_one_layer() -> None:
    detector = fitted("csflow", good_parts(2), size=64, steps=1)
    assert detector.backbone is not None
    assert detector.backbone.layers == ("stride16",)


@FLOWS
def test_the_loss_of_an_untrained_flow_is_the_standardised_energy(detector_id: str) -> None:
    network = untrained(detector_id)
    maps = network.features(torch.randn(6, 3, 64, 96))
    network.adapt(maps)
    expected = 0.5 * len(network.flows)  # of standardised channels, z² is 1 on average
    assert float(network.loss(maps).detach()) == pytest.approx(expected, rel=1e-3)


@FLOWS
def test_learning_makes_good_parts_more_likely(detector_id: str) -> None:
    losses: list[float] = []

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        if value is not None:
            losses.append(value)

    detector = make(detector_id, size=64, steps=25, learning_rate=3e-3)
    detector.fit(good_parts(6), progress, CancelToken())
    assert losses[-1] < losses[0]
    assert detector.facts["best_step"] > 1


@FLOWS
def test_the_worse_the_defect_the_higher_its_score(detector_id: str) -> None:
    """Nothing saturates, however far a defect is from what is usual."""
    detector = fitted(detector_id, good_parts(4), size=64)
    found = []
    for strength in (0.0, 0.25, 0.5, 1.0):
        part = good_part(50) * (1 - strength) + bad_part(50) * strength
        found.append(detector.predict([part.astype("uint8")])[0].score)
    assert found == sorted(set(found))
    assert all(math.isfinite(item) for item in found)


class Counting:
    """Features that tell how many pictures they were computed of."""

    def __init__(self, factor: float = 1.0) -> None:
        self.pictures = 0
        self.factor = factor

    def __call__(self, images: Tensor) -> list[Tensor]:
        self.pictures += len(images)
        return [self.factor * images, images[:, :, ::2, ::2]]


def pictures(count: int) -> Pictures:
    preprocessing = Preprocessing(8, 8, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))
    return Pictures(good_parts(count), preprocessing, torch.device("cpu"), CancelToken())


def test_features_are_computed_once_where_there_is_room() -> None:
    one = 4 * 3 * (64 + 16)
    for room, computed in ((6, 6), (2, 6 + 4)):
        features, some = Counting(), pictures(6)
        maps = FrozenMaps(some, features, CancelToken(), capacity=room * one)
        for _ in range(2):
            found = maps.batch([0, 1, 2, 3, 4, 5, 0])
            torch.testing.assert_close(found[0], some.batch([0, 1, 2, 3, 4, 5, 0]), rtol=0, atol=0)
            assert found[1].shape == (7, 3, 4, 4)
        assert features.pictures == computed


def test_features_that_are_no_numbers_are_said() -> None:
    maps = FrozenMaps(pictures(1), Counting(math.nan), CancelToken())
    with pytest.raises(TrainingError) as error:
        maps.batch([0])
    assert error.value.code == "training_not_finite"


def test_cancel_is_heard_between_features() -> None:
    token = CancelToken()
    maps = FrozenMaps(pictures(6), Counting(), token)
    token.cancel()
    with pytest.raises(Cancelled):
        maps.batch(range(6))
