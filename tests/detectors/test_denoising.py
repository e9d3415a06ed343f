"""What spoils pictures for the denoising autoencoder, and what it knows of good ones afterwards."""

from __future__ import annotations

import pytest
import torch

from inspector.detectors.components.corruption import coarse_noise, corrupted, stains
from tests.detectors.parts import fitted, good_parts


@pytest.fixture(autouse=True)
def seed() -> None:
    torch.manual_seed(0)


def test_coarse_noise_is_coarse_and_as_strong_as_said() -> None:
    noise = coarse_noise(torch.Size((16, 3, 128, 160)))
    assert noise.shape == (16, 3, 128, 160)
    assert 0.5 < noise.std().item() < 1.0  # enlarging takes the mean of neighbours
    steps = (noise[..., 1:] - noise[..., :-1]).abs().mean((0, 1, 2))
    assert steps.median() < 0.2 * noise.std()


def test_stains_are_of_many_sizes_and_on_every_other_picture() -> None:
    drawn = stains(400, (64, 96))
    assert drawn.shape == (400, 1, 64, 96)
    stained = drawn.flatten(1).amax(1) > 0
    assert 0.3 < stained.float().mean() < 0.6  # some lie mostly beyond the border
    area = (drawn > 0).float().mean((1, 2, 3))[stained]
    assert area.max() < 0.17
    assert area.min() < 0.01
    assert drawn.max() <= 1
    opacity = drawn.flatten(1).amax(1)[stained]
    assert opacity.min() >= 0.3


def test_spoiled_pictures_are_pictures_and_repeatable() -> None:
    images = torch.rand(6, 3, 48, 64)
    torch.manual_seed(5)
    first = corrupted(images, 0.2)
    torch.manual_seed(5)
    assert torch.equal(first, corrupted(images, 0.2))
    assert first.min() >= 0
    assert first.max() <= 1
    assert ((first - images).abs().mean((1, 2, 3)) > 0.05).all()


def test_good_pictures_are_about_zero_everywhere() -> None:
    detector = fitted("denoising_autoencoder", good_parts(4), size=64, steps=5)
    maps = [prediction.anomaly_map for prediction in detector.predict(good_parts(4))]
    mean = torch.stack([torch.from_numpy(item) for item in maps if item is not None]).mean(0)
    assert mean.abs().max() < 1e-3
