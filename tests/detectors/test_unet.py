"""The encoder and decoder: any size, skips that carry detail, and the cost that its plan tells."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from inspector.detectors.components.unet import UNet
from inspector.detectors.unet_plan import UNetPlan


@given(height=st.integers(9, 50), width=st.integers(9, 50), depth=st.integers(1, 4), skips=st.booleans())
@settings(max_examples=15, deadline=None)
def test_any_size_comes_back(height: int, width: int, depth: int, skips: bool) -> None:
    network = UNet(UNetPlan(3, 2, 4, depth, skips=skips)).eval()
    assert network(torch.rand(2, 3, height, width)).shape == (2, 2, height, width)


def test_without_skips_everything_passes_the_narrowest_place() -> None:
    for skips in (True, False):
        network = UNet(UNetPlan(3, 3, 4, 3, skips=skips)).eval()
        one = torch.rand(1, 3, 32, 32)
        handles = [network.down[-1].register_forward_hook(lambda _, __, output: torch.zeros_like(output))]
        differs = (network(one) - network(one.flip(3))).abs().max().item() > 1e-6
        assert differs == skips
        for handle in handles:
            handle.remove()


@pytest.mark.parametrize("norm", ["batch", "group"])
@pytest.mark.parametrize("skips", [True, False])
def test_the_plan_tells_the_cost(norm: str, skips: bool) -> None:
    plan = UNetPlan(6, 2, 8, 4, skips=skips, norm=norm)  # type: ignore[arg-type]
    network = UNet(plan).eval()
    products = 0

    def count(layer: nn.Module, _: object, output: torch.Tensor) -> None:
        nonlocal products
        assert isinstance(layer, nn.Conv2d)
        products += layer.weight.numel() * output.shape[2] * output.shape[3]

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    network(torch.rand(1, 6, 32, 48))
    cost = plan.cost(32 * 48)
    assert cost.multiply_adds == products
    assert cost.weights == sum(item.numel() for item in network.state_dict().values() if item.ndim)
