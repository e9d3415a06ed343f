"""Coupling blocks: invertible, with the right determinant, and unable to break."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from inspector.detectors.components.coupling import CouplingBlock, Flow, halves, soft_clamped
from inspector.detectors.components.csflow_network import CrossScaleSubnet
from inspector.detectors.components.fastflow_network import ConvolutionSubnet

SIZES = [(4, 2), (2, 1), (1, 1)]


def shaken(module: nn.Module, seed: int, scale: float = 0.3) -> nn.Module:
    """Trained into something that changes what goes through it."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weights in module.parameters():
            weights.copy_(scale * torch.randn(weights.shape, generator=generator))
    return module.double()


def one_sided(channels: int, limit: float = 2.0) -> CouplingBlock:
    first, second = halves(channels)
    return CouplingBlock([channels], [ConvolutionSubnet(first, 2 * second, 6, 3)], limit)


def two_sided(channels: int, limit: float = 3.0) -> CouplingBlock:
    first, second = halves(channels)
    count = len(SIZES)
    subnets = [CrossScaleSubnet(first, 2 * second, 6, 3, count), CrossScaleSubnet(second, 2 * first, 6, 3, count)]
    return CouplingBlock([channels] * count, subnets, limit)


def random_maps(count: int, channels: int, seed: int, pictures: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(pictures, channels, *size, generator=generator, dtype=torch.float64) for size in SIZES[:count]]


@settings(max_examples=20, deadline=None)
@given(channels=st.integers(2, 7), steps=st.integers(1, 4), crossing=st.booleans(), seed=st.integers(0, 1000))
def test_what_goes_in_comes_out_again(channels: int, steps: int, crossing: bool, seed: int) -> None:
    make = two_sided if crossing else one_sided
    flow = shaken(Flow([make(channels) for _ in range(steps)]), seed)
    assert isinstance(flow, Flow)
    maps = random_maps(len(SIZES) if crossing else 1, channels, seed)
    latents, _ = flow(maps)
    assert not torch.allclose(latents[0], maps[0])
    for before, after in zip(maps, flow.inverse(latents), strict=True):
        torch.testing.assert_close(after, before, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("crossing", [False, True])
@pytest.mark.parametrize("channels", [3, 4])
def test_the_log_determinant_is_that_of_the_jacobian(channels: int, crossing: bool) -> None:
    make = two_sided if crossing else one_sided
    flow = shaken(Flow([make(channels) for _ in range(3)]), seed=1)
    maps = random_maps(len(SIZES) if crossing else 1, channels, seed=2)
    _, changes = flow(maps)
    for picture, change in enumerate(changes):
        mine = [item[picture] for item in maps]

        def flat(values: Tensor, mine: list[Tensor] = mine) -> Tensor:
            parts = values.split([item.numel() for item in mine])
            shaped = [part.reshape(1, *item.shape) for part, item in zip(parts, mine, strict=True)]
            return torch.cat([item.flatten() for item in flow(shaped)[0]])

        jacobian = torch.autograd.functional.jacobian(flat, torch.cat([item.flatten() for item in mine]))
        torch.testing.assert_close(torch.linalg.slogdet(jacobian).logabsdet, change)


@pytest.mark.parametrize("make", [one_sided, two_sided])
def test_an_untrained_block_only_shuffles(make) -> None:
    block = make(6)
    maps = [item.float() for item in random_maps(len(SIZES) if make is two_sided else 1, 6, seed=3)]
    shuffled, change = block(maps)
    assert (change == 0).all()
    for before, after in zip(maps, shuffled, strict=True):
        torch.testing.assert_close(after.sort(1).values, before.sort(1).values, rtol=0, atol=0)


def test_the_order_of_channels_is_saved() -> None:
    block, other = one_sided(64), one_sided(64)
    maps = [torch.randn(1, 64, 2, 2)]
    assert not torch.equal(block(maps)[0][0], other(maps)[0][0])
    other.load_state_dict(block.state_dict())
    assert torch.equal(block(maps)[0][0], other(maps)[0][0])


@given(st.floats(-1e30, 1e30), st.floats(0.1, 5))
def test_no_scale_is_beyond_the_limit(raw: float, limit: float) -> None:
    bent = float(soft_clamped(torch.tensor(raw), limit))
    assert abs(bent) <= limit * 1.0001
    assert bent * raw >= 0


def test_far_away_features_stay_finite() -> None:
    flow = shaken(Flow([one_sided(8) for _ in range(8)]), seed=4).float()
    latents, change = flow([1e4 * torch.randn(2, 8, 4, 4)])
    assert torch.isfinite(latents[0]).all()
    assert torch.isfinite(change).all()


def test_scales_see_their_neighbours() -> None:
    subnet = shaken(CrossScaleSubnet(2, 4, 5, 3, 3), seed=5)
    maps = [item.requires_grad_() for item in random_maps(3, 2, seed=6)]
    for place, seen in enumerate([{0, 1}, {0, 1, 2}, {1, 2}]):
        total = subnet(maps)[place].square().sum()
        gradients = torch.autograd.grad(total, maps, allow_unused=True)
        assert {other for other, item in enumerate(gradients) if item is not None and item.any()} == seen
