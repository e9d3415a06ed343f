"""The networks of f-AnoGAN and how its critic learns."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from inspector.detectors.components.anogan_network import AnoGANNetwork
from inspector.detectors.components.anogan_training import critic_loss
from inspector.detectors.components.latent_networks import Generator, Trunk
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.latent_plan import LatentPlan


def numbers(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize("side", [16, 32, 64, 128])
def test_shapes_and_plan(side: int) -> None:
    plan = LatentPlan(side, 4, 5)
    generator, encoder = Generator(plan), Trunk(plan, 5)
    drawn = generator(torch.randn(2, 5))
    assert drawn.shape == (2, 3, side, side)
    assert encoder(drawn).shape == (2, 5)
    assert encoder.features(drawn).shape == (2, plan.coarse)
    assert plan.generator().weights == numbers(generator)
    assert plan.trunk(5).weights == numbers(encoder)


def test_pictures_of_a_batch_do_not_influence_the_critic_s_answers() -> None:
    critic = Trunk(LatentPlan(16, 4, 5), 1)
    pictures = torch.rand(3, 3, 16, 16)
    torch.testing.assert_close(critic(pictures)[1:2], critic(pictures[1:2]))


class Slope(nn.Module):
    """A critic whose answer rises by `slope` along one pixel."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, pictures: Tensor) -> Tensor:
        return self.slope * pictures[:, 0, 0, :1]


@pytest.mark.parametrize(("slope", "penalty"), [(1.0, 0.0), (3.0, 40.0), (0.5, 2.5)])
def test_the_critic_pays_for_slopes_other_than_one(slope: float, penalty: float) -> None:
    real, drawn = torch.ones(4, 3, 8, 8), torch.zeros(4, 3, 8, 8)
    assert critic_loss(Slope(slope), real, drawn).item() == pytest.approx(penalty - slope)


def test_the_score_is_the_difference_of_pictures_and_of_the_critic_s_features() -> None:
    plan, upsampling = LatentPlan(16, 4, 5), MapUpsampling(16, 16, 0.0)
    network = AnoGANNetwork(plan, upsampling, kappa=2.0)
    first, second = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    features = network.critic.features(first) - network.critic.features(second)
    expected = (first - second).square().mean((1, 2, 3)) + 2 * features.square().mean(1)
    torch.testing.assert_close(network.distances(first, second), expected)
    assert network.distances(first, first).abs().max() == 0
