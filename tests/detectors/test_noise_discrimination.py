"""What SimpleNet and SuperSimpleNet are made of: standardised features, noise in blotches, their losses."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.detectors.components.focal import focal_loss
from inspector.detectors.components.learning import seeded
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.simplenet_network import truncated
from inspector.detectors.components.standardised_embedding import StandardisedEmbedding
from inspector.detectors.components.supersimplenet_network import PictureHead
from inspector.detectors.components.supersimplenet_training import BlotchyNoise
from inspector.features.loading import load_backbone
from inspector.features.registry import BackboneChoice
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import good_parts


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    return Pictures(good_parts(12), Preprocessing(96, 96), torch.device("cpu"), CancelToken())


@pytest.fixture(scope="module")
def learned(pictures: Pictures) -> tuple[StandardisedEmbedding, torch.Tensor]:
    backbone = load_backbone(BackboneChoice("embedded_v1"), no_progress, CancelToken())
    features = StandardisedEmbedding(backbone)
    return features, features.learn(pictures, 0, no_progress, CancelToken())


def test_channels_vary_alike_over_good_parts(
    pictures: Pictures, learned: tuple[StandardisedEmbedding, torch.Tensor]
) -> None:
    found = learned[0](pictures.batch(range(12))).transpose(0, 1).flatten(1)
    assert found.mean(1).abs().max() < 0.1
    assert (found.std(1) - 1).abs().median() < 0.05


def test_the_whitening_brings_weak_directions_forward(
    pictures: Pictures, learned: tuple[StandardisedEmbedding, torch.Tensor]
) -> None:
    features, whitening = learned
    rows = features(pictures.batch(range(12))).permute(0, 2, 3, 1).flatten(0, 2)

    def spread(values: torch.Tensor) -> float:
        variances = torch.linalg.eigvalsh(torch.cov(values.T.double())).clamp(min=1e-9)
        return float(variances[-1] / variances[-50])

    assert spread(rows @ whitening.T) < spread(rows) ** 0.7


def test_an_enlarged_grid_is_finer_and_of_the_same_values() -> None:
    backbone = load_backbone(BackboneChoice("embedded_v1"), no_progress, CancelToken())
    image = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    plain, fine = (StandardisedEmbedding(backbone, enlarged=times)(image) for times in (1, 2))
    assert fine.shape[2:] == (2 * plain.shape[2], 2 * plain.shape[3])
    assert fine.mean() == pytest.approx(float(plain.mean()), abs=0.05)


@given(seed=st.integers(0, 10_000), strength=st.floats(0.1, 2.0))
@settings(max_examples=25, deadline=None)
def test_noise_is_where_it_is_said_to_be(seed: int, strength: float) -> None:
    features = torch.zeros(3, 5, 12, 9)
    with seeded(seed):
        spoilt, truth = BlotchyNoise(strength, 0.2, seed)(features)
    assert spoilt.shape == (6, 5, 12, 9)
    assert truth.shape == (6, 1, 12, 9)
    np.testing.assert_array_equal((spoilt != 0).any(1, keepdim=True), truth > 0)


def test_half_of_the_pictures_stay_as_they_are() -> None:
    with seeded(0):
        _, truth = BlotchyNoise(1.0, 0.0, 0)(torch.zeros(200, 1, 8, 8))
    assert 0.4 < float((truth.flatten(1).amax(1) == 0).float().mean()) < 0.6


def test_the_truncated_loss_ends_where_the_margin_is_kept() -> None:
    values = torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0])
    assert float(truncated(values, good=True)) == pytest.approx((1.5 + 1.0 + 0.5) / 5)
    assert float(truncated(values, good=False)) == pytest.approx((0.5 + 1.0 + 1.5) / 5)


def test_the_focal_loss_is_entropy_that_forgets_what_is_judged_well() -> None:
    logits, truth = torch.tensor([0.0, 3.0, -3.0]), torch.tensor([1.0, 1.0, 1.0])
    right = 1 / (1 + np.exp(-logits.numpy()))
    assert float(focal_loss(logits, truth, 0.0)) == pytest.approx(float(np.mean(-np.log(right))), rel=1e-5)
    assert float(focal_loss(logits, truth, 2.0)) == pytest.approx(
        float(np.mean((1 - right) ** 2 * -np.log(right))), rel=1e-4
    )


def test_judging_pictures_teaches_positions_nothing() -> None:
    from inspector.detectors.components.smoothing import MapUpsampling
    from inspector.detectors.components.supersimplenet_network import SuperSimpleNetNetwork

    backbone = load_backbone(BackboneChoice("embedded_v1"), no_progress, CancelToken())
    network = SuperSimpleNetNetwork(StandardisedEmbedding(backbone), 16, MapUpsampling(32, 32, 0))
    _, scores = network.judged(torch.rand(2, network.features.conditioning.mean.numel(), 4, 4))
    scores.sum().backward()
    assert all(value.grad is None for value in network.segmentation.parameters())
    assert all(value.grad is not None for value in network.picture.parameters())


def test_the_picture_head_takes_any_grid() -> None:
    head = PictureHead(6, 8)
    for height, width in ((3, 5), (12, 7)):
        assert head(torch.rand(4, 6, height, width), torch.rand(4, 1, height, width)).shape == (4,)
