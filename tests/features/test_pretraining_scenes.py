"""Procedural textures, scenes and crops: in range, varied, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.features.pretraining.crops import TRAINING_SCENES, SceneCrops, training_batches
from inspector.features.pretraining.recipe import Recipe
from inspector.features.pretraining.scenes import render_scene
from inspector.features.pretraining.textures import TEXTURES, bricks, random_texture

SEEDS = st.integers(0, 2**32 - 1)
RECIPE = Recipe(seed=5, side=48, scenes=2, crops=3, teacher_sha256="")


@pytest.mark.parametrize("texture", sorted(set(TEXTURES), key=lambda item: item.__name__))
@given(seed=SEEDS, side=st.sampled_from([48, 96, 131]))
@settings(max_examples=12, deadline=None)
def test_textures_are_in_range_and_repeatable(texture, seed: int, side: int) -> None:
    first, second = (texture(np.random.default_rng(seed), side) for _ in range(2))
    assert first.dtype == np.float32
    assert first.shape == (side, side)
    assert first.min() >= 0
    assert first.max() <= (1.2001 if texture is bricks else 1)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, second)


@given(seed=SEEDS)
@settings(max_examples=20, deadline=None)
def test_mixed_textures_stay_in_range(seed: int) -> None:
    texture = random_texture(np.random.default_rng(seed), 64)
    assert texture.dtype == np.float32
    assert 0 <= texture.min() <= texture.max() <= 1


def test_scenes_differ_by_seed_alone() -> None:
    one, again, other = (render_scene(np.random.default_rng(seed), 128) for seed in (1, 1, 2))
    assert one.shape == (128, 128, 3)
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, again)
    assert (one != other).mean() > 0.5


def test_most_scenes_show_something() -> None:
    spreads = [render_scene(np.random.default_rng(seed), 96).std() for seed in range(30)]
    assert np.median(spreads) > 15
    assert np.mean(np.array(spreads) > 3) > 0.9


@given(index=st.integers(0, TRAINING_SCENES + 100), seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_crops_are_told_by_seed_and_index(index: int, seed: int) -> None:
    recipe = RECIPE.model_copy(update={"seed": seed})
    one, again = SceneCrops(recipe)[index], SceneCrops(recipe)[index]
    assert one.shape == (3, 3, 48, 48)
    assert one.dtype == torch.uint8
    assert torch.equal(one, again)
    assert not torch.equal(one, SceneCrops(recipe)[index + 1])
    assert not torch.equal(one[0], one[1])


def test_the_order_of_scenes_goes_on_where_a_run_stopped() -> None:
    whole = iter(training_batches(RECIPE, 0, 0, pinned=False))
    batches = [next(whole) for _ in range(4)]
    later = iter(training_batches(RECIPE, 2, 0, pinned=False))
    for expected in batches[2:]:
        assert torch.equal(next(later), expected)
    assert not torch.equal(batches[0], batches[1])
    crops = SceneCrops(RECIPE)
    assert torch.equal(batches[1], torch.stack([crops[2], crops[3]]))


def test_worker_processes_deliver_the_same() -> None:
    here = next(iter(training_batches(RECIPE, 3, 0, pinned=False)))
    elsewhere = iter(training_batches(RECIPE, 3, 1, pinned=False))
    assert torch.equal(next(elsewhere), here)
