"""Structural similarity against scikit-like arithmetic written out for one window, and its bounds."""

from __future__ import annotations

import numpy as np
import torch

from inspector.detectors.components.similarity import StructuralSimilarity


def test_a_picture_is_like_itself() -> None:
    picture = torch.rand(2, 3, 20, 30, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(StructuralSimilarity()(picture, picture), torch.ones(2, 20, 30))


def test_one_position_by_hand() -> None:
    generator = torch.Generator().manual_seed(1)
    one, other = (torch.rand(1, 1, 31, 31, generator=generator) for _ in range(2))
    found = StructuralSimilarity()(one, other)[0, 15, 15].item()
    offsets = np.arange(11) - 5
    weights = np.exp(-0.5 * (offsets / 1.5) ** 2)
    window = np.outer(weights, weights) / np.outer(weights, weights).sum()
    a, b = (item[0, 0, 10:21, 10:21].double().numpy() for item in (one, other))
    mean_a, mean_b = (window * a).sum(), (window * b).sum()
    var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
    both = (window * (a - mean_a) * (b - mean_b)).sum()
    expected = (
        (2 * mean_a * mean_b + 1e-4) * (2 * both + 9e-4) / ((mean_a**2 + mean_b**2 + 1e-4) * (var_a + var_b + 9e-4))
    )
    assert abs(found - expected) < 1e-5


def test_unlike_pictures_differ_everywhere_and_gradients_are_finite() -> None:
    flat = torch.full((1, 3, 24, 24), 0.5, requires_grad=True)
    stripes = torch.zeros(1, 3, 24, 24)
    stripes[..., ::2] = 1
    similar = StructuralSimilarity()(flat, stripes)
    assert float(similar.detach().max()) < 0.2
    similar.mean().backward()
    assert torch.isfinite(flat.grad).all()
