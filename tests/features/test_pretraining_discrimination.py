"""The loss that makes damage stand out, on features where one knows what it must say."""

from __future__ import annotations

import torch

from inspector.features.pretraining.discrimination import discrimination_loss

SIDE, CELLS = 64, 8


def features(damaged_value: float, spread: float = 1.0) -> tuple[torch.Tensor, torch.Tensor]:
    """Four crops of Gaussian features; in the last two, one cell in a corner is damaged and has another value."""
    torch.manual_seed(0)
    maps = torch.randn(4, 6, CELLS, CELLS) * spread
    damage = torch.zeros(4, SIDE, SIDE, dtype=torch.bool)
    damage[2:, :8, :8] = True
    maps[2:, :, 0, 0] = damaged_value
    return maps.requires_grad_(), damage


def test_what_stands_out_costs_less() -> None:
    values = [float(discrimination_loss(*features(value)).detach()) for value in (0.0, 3.0, 10.0, 100.0)]
    assert values == sorted(values, reverse=True)
    assert values[0] > 0.5
    assert values[-1] < 0.05


def test_the_scale_of_channels_does_not_matter() -> None:
    one, other = (discrimination_loss(*features(3.0 * spread, spread)) for spread in (1.0, 50.0))
    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-3)


def test_without_damage_there_is_nothing_to_learn() -> None:
    maps, damage = features(3.0)
    loss = discrimination_loss(maps, torch.zeros_like(damage))
    loss.backward()
    assert float(loss.detach()) == 0
    assert not maps.grad.any()


def test_following_the_loss_moves_damage_away_from_good_parts() -> None:
    maps, damage = features(0.5)
    before = discrimination_loss(maps, damage)
    before.backward()
    with torch.no_grad():
        moved = maps - 5.0 * maps.grad
    assert float(discrimination_loss(moved, damage)) < float(before.detach())


def test_constant_features_are_survived() -> None:
    maps, damage = torch.ones(4, 6, CELLS, CELLS, requires_grad=True), features(0.0)[1]
    loss = discrimination_loss(maps, damage)
    loss.backward()
    assert bool(torch.isfinite(loss.detach()))
    assert bool(torch.isfinite(maps.grad).all())
