"""CPR's parts one by one: clusters, retrieval, the search near a place, foreground, the loss and the defects drawn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.detectors.components.cascade_network import References
from inspector.detectors.components.cascade_teaching import contrast
from inspector.detectors.components.clusters import k_means
from inspector.detectors.components.foreground import Foreground
from inspector.detectors.components.local_search import LocalSearch
from inspector.detectors.components.retrieval import GlobalRetrieval
from inspector.errors import DatasetError
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import bad_part, fitted, good_part, good_parts, make


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_centres_lie_in_the_middle_of_their_points() -> None:
    middles = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]])
    points = (middles[:, None] + 0.1 * torch.randn(3, 50, 2, generator=generator())).flatten(0, 1)
    centres, spread = k_means(points, 3, generator(1), CancelToken())
    found = centres[torch.cdist(middles, centres).argmin(1)]
    torch.testing.assert_close(found, points.reshape(3, 50, 2).mean(1), atol=1e-4, rtol=0)
    assert spread == pytest.approx(0.02, rel=0.3)


def test_equal_points_have_centres_too() -> None:
    centres, spread = k_means(torch.full((5, 3), 0.7), 4, generator(), CancelToken())
    torch.testing.assert_close(centres, torch.full((4, 3), 0.7))
    assert spread == 0


def test_it_retrieves_what_shows_the_same_at_the_same_place_despite_a_defect() -> None:
    """Pictures of two kinds of cells, a bright quarter in each of the four corners."""
    corners = torch.zeros(4, 1, 20, 20)
    for place in range(4):
        corners[place, :, 10 * (place // 2) :, 10 * (place % 2) :][:, :10, :10] = 1
    retrieval = GlobalRetrieval(1, 2, (20, 20))
    retrieval.learn(torch.tensor([[0.0], [1.0]]), 0.01)
    histograms = retrieval(corners)
    torch.testing.assert_close(histograms.sum(2), torch.ones(4, 25))
    defective = corners.clone()
    defective[:, :, 4:12, 4:12] = 1 - defective[:, :, 4:12, 4:12]
    divergence = retrieval.divergence(retrieval(defective), histograms)
    assert divergence.argmin(1).tolist() == [0, 1, 2, 3]
    torch.testing.assert_close(retrieval.divergence(histograms, histograms).diagonal(), torch.zeros(4))


@given(seed=st.integers(0, 2**20), height=st.integers(1, 6), width=st.integers(1, 6), reach=st.integers(0, 3))
@settings(max_examples=30, deadline=None)
def test_the_search_finds_the_most_alike_within_reach(seed: int, height: int, width: int, reach: int) -> None:
    drawn = torch.nn.functional.normalize(torch.randn(2, 2, height, width, 5, generator=generator(seed)), dim=-1)
    vectors, others = drawn
    found = LocalSearch(width, reach)(vectors, others)
    for picture, row, column in np.ndindex(2, height, width):
        near = others[picture, max(row - reach, 0) : row + reach + 1, max(column - reach, 0) : column + reach + 1]
        expected = float((near @ vectors[picture, row, column]).max())
        assert float(found[picture, row, column]) == pytest.approx(expected, abs=1e-5)


def test_the_middle_is_told_from_the_border() -> None:
    features = 0.1 * torch.randn(4, 3, 20, 20, generator=generator())
    features[:, 1, 4:16, 4:16] += 1
    foreground = Foreground(3)
    assert (foreground(features) == 1).all()
    foreground.learn(features)
    weights = foreground(features)
    assert weights[:, 6:14, 6:14].mean() > 0.7
    assert weights[:, :3].mean() < 0.3


def test_without_any_difference_all_is_foreground() -> None:
    foreground = Foreground(2)
    foreground.learn(torch.full((2, 2, 8, 8), 0.3))
    assert (foreground(torch.full((1, 2, 8, 8), 0.3)) == 1).all()


def test_the_loss_wants_normal_cells_alike_and_defective_ones_unlike() -> None:
    same, opposite = torch.tensor([1.0, 0.0]), torch.tensor([-1.0, 0.0])
    partner = same.expand(1, 1, 2, 2)
    normal, defective = torch.tensor([[[1.0, 0.0]]]), torch.tensor([[[False, True]]])
    wanted = torch.stack([same, opposite])[None, None]
    assert float(contrast(wanted, partner, normal, defective)) == 0
    wrong = torch.stack([opposite, same])[None, None]
    assert float(contrast(wrong, partner, normal, defective)) == pytest.approx(1.8**3 + 1.2**3)


def test_references_of_different_numbers_are_refused() -> None:
    references = References(2, [(3, 3)], 4)
    references.keep(torch.rand(2, 25, 2), torch.ones(2, 3, 3), [torch.rand(2, 3, 3, 4)])
    state = references.state_dict()
    empty = References(2, [(3, 3)], 4)
    empty.load_state_dict(state)
    assert len(empty) == 2
    torch.testing.assert_close(empty.vectors(0, torch.tensor([1])), references.vectors(0, torch.tensor([1])))
    with pytest.raises(ValueError, match=r"\[1, 2\]"):
        References(2, [(3, 3)], 4).load_state_dict({**state, "weights": state["weights"][:1]})


def test_no_more_references_are_kept_than_wanted() -> None:
    detector = fitted("cpr", good_parts(6), size=64, references=2, steps=2)
    assert detector.facts["references"] == 2
    assert detector.state()["references.histograms"].shape[0] == 2


def product(seed: int) -> Image:
    """A part in the middle of a dark plain table."""
    part = np.full((96, 96, 3), 20, np.uint8)
    part[20:76, 20:76] = good_part(seed)[20:76, 20:76]
    return part


def test_for_objects_the_background_does_not_count() -> None:
    detector = fitted("cpr", [product(seed) for seed in range(6)], product="object", window=1)
    altered = product(50)
    altered[2:12, 2:12] = (40, 25, 20)
    plain, beside, defective = product(50), altered, product(50)
    defective[40:50, 50:60] = bad_part(50)[40:50, 54:64]
    found = [item.score for item in detector.predict([plain, beside, defective])]
    assert found[2] - found[0] > 3 * (found[1] - found[0])


def test_a_folder_of_surfaces_that_is_missing_is_said() -> None:
    with pytest.raises(DatasetError):
        make("cpr", surfaces="/nowhere").fit(good_parts(1), no_progress, CancelToken())
