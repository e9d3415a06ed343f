"""Coders of any size, counted; the variational one's loss; what adversaries are taught."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from inspector.detectors.coder_plan import CoderPlan
from inspector.detectors.components.convolutional_coder import Decoder, Encoder
from inspector.detectors.components.ganomaly_network import (
    Discriminator,
    GANomalyNetwork,
    discriminating_loss,
    drawing_loss,
)
from inspector.detectors.components.learning import seeded
from inspector.detectors.components.residual_network import ResidualNetwork
from inspector.detectors.components.smoothing import MapUpsampling
from inspector.detectors.components.vae_network import VariationalCoder


@given(height=st.integers(20, 100), width=st.integers(20, 100), code=st.integers(2, 40))
@settings(max_examples=12, deadline=None)
def test_what_is_drawn_has_the_size_of_what_was_seen(height: int, width: int, code: int) -> None:
    plan = CoderPlan(height, width, 4, code)
    codes = Encoder(plan)(torch.rand(2, 3, height, width))
    assert codes.shape == (2, code)
    drawn = Decoder(plan)(codes)
    assert drawn.shape == (2, 3, height, width)
    assert 0 <= float(drawn.detach().min()) <= float(drawn.detach().max()) <= 1


@pytest.mark.parametrize(("height", "width", "base"), [(96, 96, 8), (64, 128, 16), (50, 50, 4)])
def test_the_cost_is_what_torch_counts(height: int, width: int, base: int) -> None:
    plan = CoderPlan(height, width, base, 24)
    encoder = Encoder(plan)
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        encoder(torch.zeros(1, 3, height, width))
    cost = plan.coding()
    assert 2 * cost.multiply_adds == counter.get_total_flops()
    assert cost.weights == sum(value.numel() for value in encoder.parameters())


def test_a_variational_coder_pays_for_codes_far_from_the_middle() -> None:
    with seeded(0):
        coder = VariationalCoder(CoderPlan(32, 32, 4, 6))
        images = torch.rand(4, 3, 32, 32)
        _, divergence = coder.loss(images, 1.0)
        with torch.no_grad():
            coder.encoder.code.bias += 3
        _, farther = coder.loss(images, 1.0)
        assert float(farther.detach()) > float(divergence.detach()) + 6 * 3 / images[0].numel()
        assert float(coder.loss(images, 0.0)[1].detach()) == 0
    torch.testing.assert_close(coder(images), coder(images))


def test_a_residual_is_less_what_good_pictures_show() -> None:
    network = ResidualNetwork(torch.nn.Identity(), MapUpsampling(16, 16, 0), structural=0.0)
    network.usual += 0.25
    scores, maps = network(torch.rand(2, 3, 16, 16))
    torch.testing.assert_close(maps, torch.full((2, 16, 16), -0.25))
    torch.testing.assert_close(scores, torch.tensor([-0.25, -0.25]))


def test_adversaries_are_taught_apart() -> None:
    with seeded(0):
        plan = CoderPlan(32, 32, 4, 6)
        network, adversary = GANomalyNetwork(plan, MapUpsampling(32, 32, 0)), Discriminator(plan)
        images = torch.rand(3, 3, 32, 32)
        loss, drawn = drawing_loss(network, adversary, images)
        discriminating_loss(adversary, images, drawn).backward()
        assert all(value.grad is None for value in network.parameters())
        adversary.zero_grad()
        loss.backward()
        assert all(value.grad is not None for value in network.decoder.parameters())
        assert adversary.decision.weight.grad is None
