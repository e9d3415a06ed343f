"""CutPaste's Gaussians, its network's size, and what it learns from."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.detectors.components.cutpaste_training import PASTES, kinds, projection
from inspector.detectors.components.density import Density
from inspector.detectors.components.residual import ResidualNetwork
from inspector.detectors.cutpaste import residual_cost
from inspector.features.costs import multiply_adds
from inspector.features.torchvision_shim import torchvision_models
from tests.detectors.parts import good_part


def correlated(count: int, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    turning = torch.randn(6, 6, generator=generator)
    return torch.randn(count, 6, generator=generator) @ turning.T + 3, turning @ turning.T


def test_distances_are_mahalanobis_where_there_is_plenty_to_learn_from() -> None:
    generator = torch.Generator().manual_seed(0)
    points, covariance = correlated(20_000, generator)
    density = Density(6)
    assert density.learn(points, seed=0) < 0.01
    asked = torch.randn(5, 6, generator=generator) + 3
    expected = ((asked - 3) @ torch.linalg.inv(covariance + 0.01 * covariance.diagonal().mean() * torch.eye(6))
                * (asked - 3)).sum(1).sqrt()  # fmt: skip
    torch.testing.assert_close(density(asked), expected, rtol=0.05, atol=0.05)


def test_each_place_has_its_own_mean_and_all_share_the_covariance() -> None:
    generator = torch.Generator().manual_seed(1)
    means = 100 * torch.randn(2, 3, 4, generator=generator)
    density = Density(4, (2, 3))
    density.learn(means + torch.randn(300, 2, 3, 4, generator=generator), seed=0)
    assert density(means[None]).max() < 1
    off = torch.zeros(1, 2, 3, 4)
    off[0, 1, 2, 0] = 10
    found = density(means[None] + off)[0]
    assert found[1, 2] == pytest.approx(10, rel=0.1)
    assert found.flatten()[:-1].max() < 1


@pytest.mark.parametrize("count", [1, 2, 5])
def test_fewer_vectors_than_dimensions_suffice(count: int) -> None:
    points = torch.randn(count, 16, generator=torch.Generator().manual_seed(2))
    density = Density(16)
    assert 0 <= density.learn(points, seed=0) <= 1
    assert torch.isfinite(density.factor).all()
    assert density(points.mean(0, keepdim=True) + 5) > density(points).max()


def test_vectors_that_are_all_alike_are_at_no_distance() -> None:
    for value in (0.0, 0.5):
        density = Density(8)
        density.learn(torch.full((4, 8), value), seed=0)
        assert density(torch.full((1, 8), value)) == 0
        assert torch.isfinite(density(torch.ones(1, 8)))


def test_many_vectors_are_sampled_alike_for_a_seed() -> None:
    points = torch.randn(100, 500, 2, generator=torch.Generator().manual_seed(3))
    factors = []
    for seed in (0, 0, 1):
        density = Density(2, (500,))
        density.learn(points, seed)
        factors.append(density.factor)
    assert torch.equal(factors[0], factors[1])
    assert not torch.equal(factors[0], factors[2])


@pytest.mark.parametrize("width", [8, 64])
def test_the_network_is_as_large_as_declared(width: int) -> None:
    saved = [value for value in ResidualNetwork(width).state_dict().values() if value.ndim]
    assert residual_cost(width).weights == sum(value.numel() for value in saved)


def test_at_full_width_it_is_resnet18() -> None:
    shapes = [tuple(value.shape) for value in ResidualNetwork(64).state_dict().values()]
    model = torchvision_models().resnet18(weights=None)
    assert shapes == [tuple(value.shape) for name, value in model.state_dict().items() if not name.startswith("fc")]
    assert residual_cost(64).multiply_adds == multiply_adds("resnet18", ("layer4",))
    maps = ResidualNetwork(8)(torch.rand(2, 3, 64, 96))
    assert [tuple(item.shape) for item in maps] == [(2, 8 << n, 16 >> n, 24 >> n) for n in range(4)]


@pytest.mark.parametrize("variant", ["normal", "scar", "3way"])
def test_pictures_are_shown_as_they_are_and_with_each_kind_of_piece(variant: str) -> None:
    images, pastes = [good_part(seed) for seed in range(3)], PASTES[variant]
    shown, again = (np.stack(kinds(np.random.default_rng(5), images, pastes)) for _ in range(2))
    np.testing.assert_array_equal(shown, again)
    assert len(shown) == 3 * (len(pastes) + 1)
    for group in range(1, len(pastes) + 1):
        changed = (shown[3 * group : 3 * group + 3] != shown[:3]).any(-1).mean((1, 2))
        assert (changed > 0).all()
        assert (changed < 0.2).all()
    assert projection(16, len(pastes) + 1)(torch.rand(4, 16)).shape == (4, len(pastes) + 1)
