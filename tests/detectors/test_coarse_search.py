"""The fast search against the exact one: never less anywhere, and the same where it decides."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inspector.detectors.components import coarse_search
from inspector.detectors.components.coarse_search import CoarseToFine, ExactSearch, search_for
from inspector.detectors.components.nearest import MemoryBank


def bank_of(points: int, dimensions: int, seed: int) -> MemoryBank:
    return MemoryBank(torch.from_numpy(np.random.default_rng(seed).normal(0, 2, (points, dimensions))).float())


def grids_of(images: int, height: int, width: int, dimensions: int, seed: int) -> Tensor:
    """Patches that differ more from place to place than from neighbour to neighbour, as those of pictures do."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(images, dimensions, -(-height // 4), -(-width // 4), generator=generator)
    smooth = torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear").permute(0, 2, 3, 1)
    return 2 * smooth + 0.2 * torch.randn(images, height, width, dimensions, generator=generator)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 3), st.integers(8, 21), st.integers(8, 21), st.integers(2, 90), st.integers(1, 3), st.integers(0, 99)
)
def test_distances_are_never_too_small(
    images: int, height: int, width: int, dimensions: int, neighbours: int, seed: int
) -> None:
    bank, grids = bank_of(300, dimensions, seed), grids_of(images, height, width, dimensions, seed)
    exact, fast = ExactSearch(bank, neighbours)(grids), CoarseToFine(bank, neighbours)(grids)
    assert fast.shape == exact.shape == (images, height * width)
    assert bool((fast >= exact * (1 - 1e-4) - 1e-3).all())
    assert bool((fast.amax(1) >= exact.amax(1) * (1 - 1e-4)).all())


def test_the_worst_patches_are_exact_and_the_others_nearly() -> None:
    bank, grids = bank_of(2000, 96, 1), grids_of(4, 32, 31, 96, 2)
    exact, fast = ExactSearch(bank, 1)(grids), CoarseToFine(bank, 1)(grids)
    torch.testing.assert_close(fast.amax(1), exact.amax(1), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(fast.argmax(1), exact.argmax(1))
    assert float((fast / exact).mean()) < 1.1


def test_a_planted_patch_gets_its_true_distance() -> None:
    bank, grids = bank_of(1000, 40, 3), grids_of(1, 16, 16, 40, 4)
    grids[0, 5, 7] += 30
    fast = CoarseToFine(bank, 1)(grids)
    truth = torch.cdist(grids[0, 5, 7][None], bank.points).min()
    assert int(fast.argmax()) == 5 * 16 + 7
    assert float(fast.max()) == pytest.approx(float(truth), rel=1e-4)


def test_few_comparisons_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    bank, grids = bank_of(4000, 64, 5), grids_of(2, 32, 32, 64, 6)
    asked: list[int] = []
    whole = MemoryBank.forward
    monkeypatch.setattr(MemoryBank, "forward", lambda self, some, k=1: asked.append(len(some)) or whole(self, some, k))
    CoarseToFine(bank, 1)(grids)
    assert sum(asked) <= 2 * coarse_search._REFINED


def test_small_banks_and_small_grids_are_searched_exactly() -> None:
    assert not isinstance(search_for(bank_of(100, 8, 7), 1, "fast"), CoarseToFine)
    assert not isinstance(search_for(bank_of(5000, 8, 7), 1, "exact"), CoarseToFine)
    bank, grids = bank_of(600, 8, 7), grids_of(2, 7, 9, 8, 8)
    search = search_for(bank, 1, "fast")
    assert isinstance(search, CoarseToFine)
    torch.testing.assert_close(search(grids), ExactSearch(bank, 1)(grids))
