"""Registration: what turns a map turns it back, and the networks learn to turn pictures of one product alike."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.detectors.alterations import ALL_COPIES, SMALL_COPIES, copies, moved
from inspector.detectors.base import Extras
from inspector.detectors.components.registration import Localiser, Registration, inverse, resampled, turning
from inspector.detectors.regad_cost import copies_made
from inspector.errors import TrainingError
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import good_part, good_parts, make, other_part


def turned(angle: float, across: float = 0.0, down: float = 0.0) -> torch.Tensor:
    return turning(torch.tensor([angle]), torch.tensor([[across, down]]))


def smooth(height: int, width: int) -> torch.Tensor:
    """A blob off the middle, (1, 1, height, width)."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    squared = (rows - height * 0.4) ** 2 + (columns - width * 0.55) ** 2
    return torch.exp(-squared / (2 * (min(height, width) / 6) ** 2))[None, None]


@settings(max_examples=30, deadline=None)
@given(st.floats(-math.pi / 4, math.pi / 4), st.floats(-0.1, 0.1), st.floats(-0.1, 0.1))
def test_a_turn_can_be_taken_back(angle: float, across: float, down: float) -> None:
    turn = turned(angle, across, down)
    torch.testing.assert_close(torch.bmm(turn, inverse(turn)), torch.eye(2)[None], atol=1e-5, rtol=0)
    maps = smooth(40, 64)
    back = resampled(resampled(maps, turn), inverse(turn))
    torch.testing.assert_close(back[..., 10:-10, 16:-16], maps[..., 10:-10, 16:-16], atol=0.03, rtol=0)


def test_no_turn_leaves_maps_as_they_are() -> None:
    maps = torch.randn(2, 3, 7, 12, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(resampled(maps, torch.eye(2).expand(2, 2, 2)), maps, atol=1e-5, rtol=0)
    registration = Registration((3, 3), [(7, 12), (7, 12)])
    torch.testing.assert_close(registration([maps, maps]), torch.eye(2).expand(2, 2, 2), atol=1e-6, rtol=0)


def test_a_quarter_turn_is_that_of_the_pixels() -> None:
    maps = torch.randn(1, 2, 6, 6, generator=torch.Generator().manual_seed(0))
    found = resampled(maps, turned(math.pi / 2))
    assert any(torch.allclose(found, torch.rot90(maps, times, (2, 3)), atol=1e-5) for times in (1, 3))


def test_a_localiser_turns_no_further_than_it_may() -> None:
    network = Localiser(4, 9, 9)
    torch.nn.init.constant_(network.tell.bias, 50.0)
    turn = network(torch.randn(1, 4, 9, 9, generator=torch.Generator().manual_seed(0)))
    torch.testing.assert_close(turn, turned(math.pi / 4, 0.1, 0.1))


def test_copies_are_as_many_as_declared_and_none_is_the_picture() -> None:
    part = good_part(1, 40, 60)
    for small, count in ((True, SMALL_COPIES), (False, ALL_COPIES)):
        found = list(copies(part, small=small))
        assert len(found) == count
        assert all(item.shape == part.shape and item.dtype == np.uint8 and (item != part).any() for item in found)


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 30))
def test_no_more_copies_than_wanted(pictures: int, wanted: int, each: int) -> None:
    made = copies_made(pictures, wanted, each)
    assert 0 <= made <= pictures * each
    assert pictures + made <= max(pictures, wanted)
    assert made == pictures * each or pictures + made >= wanted


@pytest.mark.slow
def test_other_products_teach_to_turn_against_a_turn() -> None:
    detector = make("regad", size=64, steps=100, batch=4, pictures=2)
    detector.fit(good_parts(2), no_progress, CancelToken())
    assert detector.facts["other_products"] == 1
    assert detector.facts["other_pictures"] == 6
    network = detector.network()
    assert detector.preprocessing is not None
    angles = []
    for angle in (-0.35, 0.0, 0.35):
        batch = detector.preprocessing.batch([moved(other_part(50), angle=angle)])
        with torch.no_grad():
            turn = network.registration(network.backbone(torch.from_numpy(batch)))[0]
        angles.append(float(torch.atan2(turn[1, 0], turn[0, 0])))
    assert angles[0] > angles[1] > angles[2]
    assert angles[0] - angles[2] > 0.03
    assert abs(angles[1]) < 0.02


@pytest.mark.parametrize("others", [{}, {"nothing": []}])
def test_without_other_products_it_says_so(others: dict[str, list[np.ndarray]]) -> None:
    detector = make("regad", size=64)
    detector.extras = Extras(others=others)
    with pytest.raises(TrainingError) as error:
        detector.fit(good_parts(2), no_progress, CancelToken())
    assert error.value.code == "training_needs_others"


def test_products_of_a_single_picture_suffice() -> None:
    detector = make("regad", size=64, steps=2)
    detector.extras = Extras(others={"one": [other_part(1)], "two": [other_part(2)]})
    detector.fit(good_parts(1), no_progress, CancelToken())
    assert np.isfinite(detector.predict([good_part(5)])[0].score)
