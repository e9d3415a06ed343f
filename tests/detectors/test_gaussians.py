"""PaDiM's Gaussians against the formula written down directly."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from inspector.detectors.components.gaussians import PositionGaussians, Sums, fit_gaussians
from inspector.tasks import CancelToken, no_progress

N, P, D, RIDGE = 12, 7, 5, 0.01


def samples(offset: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.normal(0, 1, (N, P, D)) * rng.uniform(0.1, 3, (P, D)) + offset).astype(np.float32)


def direct(train: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Mahalanobis distances (n, P) by explicit inverses in float64."""
    train, query = train.astype(np.float64), query.astype(np.float64)
    found = np.empty(query.shape[:2])
    for position in range(train.shape[1]):
        covariance = np.cov(train[:, position], rowvar=False) + RIDGE * np.eye(train.shape[2])
        centred = query[:, position] - train[:, position].mean(0)
        found[:, position] = np.sqrt(np.einsum("ni,ij,nj->n", centred, np.linalg.inv(covariance), centred))
    return found


def summed(vectors: np.ndarray) -> Sums:
    sums = Sums.empty(P, D, torch.device("cpu"))
    for start in range(0, len(vectors), 5):
        sums.add(torch.from_numpy(vectors[start : start + 5]))
    return sums


@pytest.mark.parametrize("offset", [0.0, 100.0])
def test_distances_follow_the_formula(offset: float) -> None:
    train, query = samples(offset), samples(offset)[::-1].copy() + 0.5
    means, factors = fit_gaussians(summed(train), RIDGE, no_progress, CancelToken())
    found = PositionGaussians(means, factors)(torch.from_numpy(query))
    np.testing.assert_allclose(found.numpy(), direct(train, query), rtol=1e-3)


def test_images_can_be_taken_out_and_put_back() -> None:
    train = samples()
    held = torch.from_numpy(train[3:6])
    sums, others = summed(train), summed(np.delete(train, [3, 4, 5], 0))
    sums.remove(held)
    means, factors = fit_gaussians(sums, RIDGE, no_progress, CancelToken())
    found = PositionGaussians(means, factors)(held)
    np.testing.assert_allclose(found.numpy(), direct(np.delete(train, [3, 4, 5], 0), train[3:6]), rtol=1e-3)
    assert sums.typical_variance() == pytest.approx(others.typical_variance(), rel=1e-9)
    sums.add(held)
    np.testing.assert_allclose(sums.second, summed(train).second, rtol=1e-12)


def test_one_image_leaves_the_regularisation_alone() -> None:
    train = samples()[:1]
    means, factors = fit_gaussians(summed(train), RIDGE, no_progress, CancelToken())
    found = PositionGaussians(means, factors)(torch.from_numpy(train + 1))
    np.testing.assert_allclose(found.numpy(), np.full((1, P), np.sqrt(D / RIDGE)), rtol=1e-4)


def test_the_typical_variance_follows_the_scale_of_the_features() -> None:
    train = samples(5.0)
    expected = train.astype(np.float64).var(0).mean()
    assert summed(train).typical_variance() == pytest.approx(expected, rel=1e-9)
    assert summed(train * 100).typical_variance() == pytest.approx(expected * 10_000, rel=1e-5)


def test_identical_images_have_a_variance_to_divide_by() -> None:
    one = samples(3.0)[:1]
    for images in (one, np.repeat(one, 9, 0)):
        assert summed(images).typical_variance() == pytest.approx(1e-2 * float((one.astype(np.float64) ** 2).mean()))
    assert summed(np.zeros_like(one)).typical_variance() == 1.0
