"""Procedural textures, scenes and crops: in range, varied, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.data.synthetic.textures import TEXTURES, bricks, cells, random_texture
from inspector.features.pretraining.camera import Camera
from inspector.features.pretraining.crops import TRAINING_SCENES, Crops, scene_crops, training_batches
from inspector.features.pretraining.defects import spoil
from inspector.features.pretraining.photographs import Photographs, pictures_sha256
from inspector.features.pretraining.recipe import Recipe
from inspector.features.pretraining.scenes import render_scene
from inspector.imaging.files import write_image

SEEDS = st.integers(0, 2**32 - 1)
RECIPE = Recipe(seed=5, side=48, scenes=2, crops=4, teacher_sha256="")


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


def test_walls_between_cells_are_no_brighter_than_white() -> None:
    """Where this one's walls touch, the weights of the blur add up to the next number after 1."""
    assert cells(np.random.default_rng(52), 48).max() == 1


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


@pytest.mark.parametrize("lesson", ["imitate", "discriminate"])
@given(index=st.integers(0, TRAINING_SCENES + 100), seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_crops_are_told_by_seed_and_index(lesson: str, index: int, seed: int) -> None:
    recipe = RECIPE.model_copy(update={"seed": seed, "lesson": lesson})
    one, again = scene_crops(recipe)[index], scene_crops(recipe)[index]
    assert one.images.shape == (4, 3, 48, 48)
    assert one.images.dtype == torch.uint8
    assert one.damage.shape == (4, 48, 48)
    assert one.damage.dtype == torch.bool
    assert same(one, again)
    assert not same(one, scene_crops(recipe)[index + 1])
    assert not torch.equal(one.images[0], one.images[1])
    assert not one.damage[:2].any()


def same(one: Crops, other: Crops) -> bool:
    return torch.equal(one.images, other.images) and torch.equal(one.damage, other.damage)


def test_the_order_of_scenes_goes_on_where_a_run_stopped() -> None:
    crops = scene_crops(RECIPE)
    whole = iter(training_batches(crops, 2, 0, 0, pinned=False))
    batches = [next(whole) for _ in range(4)]
    later = iter(training_batches(crops, 2, 2, 0, pinned=False))
    for expected in batches[2:]:
        assert same(next(later), expected)
    assert not same(batches[0], batches[1])
    assert torch.equal(batches[1].images, torch.stack([crops[2].images, crops[3].images]))


def test_worker_processes_deliver_the_same(tmp_path) -> None:
    write_image(tmp_path / "photograph.png", render_scene(np.random.default_rng(0), 300))
    recipe = RECIPE.model_copy(update={"lesson": "discriminate", "photographs_share": 1.0})
    crops = scene_crops(recipe, Photographs(tmp_path))
    here = next(iter(training_batches(crops, 2, 3, 0, pinned=False)))
    elsewhere = iter(training_batches(crops, 2, 3, 1, pinned=False))
    assert same(next(elsewhere), here)


@given(seed=SEEDS)
@settings(max_examples=30, deadline=None)
def test_damage_is_where_the_camera_sees_a_difference(seed: int) -> None:
    rng = np.random.default_rng(seed)
    view = render_scene(rng, 64)
    spoilt = spoil(rng, view)
    assert spoilt.shape == view.shape
    assert spoilt.dtype == np.uint8
    camera = Camera.draw(rng)
    visible = camera.visible(view, spoilt)
    assert not camera.visible(view, view).any()
    assert not (visible & (spoilt == view).all(2)).any() or camera.blur > 0


def test_most_damage_can_be_seen() -> None:
    recipe = RECIPE.model_copy(update={"lesson": "discriminate", "crops": 8, "side": 96})
    shares = np.array([scene_crops(recipe)[index].damage[4:].numpy().mean((1, 2)) for index in range(30)])
    assert 0.4 < (shares > 0.0005).mean() < 0.75
    assert np.median(shares[shares > 0]) < 0.1


def test_parts_of_a_series_are_alike() -> None:
    """The second half of a series shows the first half's parts again, or other pieces of the same surface."""
    recipe = RECIPE.model_copy(update={"lesson": "discriminate", "crops": 2, "side": 64})
    series = np.array([_difference(scene_crops(recipe)[index]) for index in range(40)])
    views = np.array([_difference(scene_crops(RECIPE)[index]) for index in range(40)])
    assert np.median(series) < 0.6 * np.median(views)


def _difference(crops: Crops) -> float:
    first, second = crops.images[0].float(), crops.images[1].float()
    return float((first.mean((1, 2)) - second.mean((1, 2))).abs().mean())


def test_photographs_become_scenes_of_their_own(tmp_path) -> None:
    picture = render_scene(np.random.default_rng(4), 400)
    write_image(tmp_path / "wide.png", np.ascontiguousarray(picture[:120]))
    (tmp_path / "note.txt").write_text("not a picture", encoding="utf-8")
    photographs = Photographs(tmp_path)
    one, again, other = (photographs.scene(np.random.default_rng(seed), 128) for seed in (1, 1, 2))
    assert one.shape == (128, 128, 3)
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert len(pictures_sha256(tmp_path)) == 64
