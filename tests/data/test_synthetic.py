"""Noise, blotches and surfaces for synthetic defects: in range, varied, the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.data.synthetic.perlin import perlin_blotches, perlin_noise
from inspector.data.synthetic.surfaces import DrawnSurfaces, FolderSurfaces, surfaces_from
from inspector.errors import DatasetError
from inspector.imaging.files import write_image

SIZES = st.tuples(st.integers(16, 90), st.integers(16, 90))


@given(seed=st.integers(0, 2**32 - 1), size=SIZES, down=st.integers(1, 32), across=st.integers(1, 32))
@settings(max_examples=40, deadline=None)
def test_noise_is_smooth_in_range_and_repeatable(seed: int, size: tuple[int, int], down: int, across: int) -> None:
    first, second = (perlin_noise(np.random.default_rng(seed), size, (down, across)) for _ in range(2))
    assert first.dtype == np.float32
    assert first.shape == size
    assert np.abs(first).max() <= 1
    np.testing.assert_array_equal(first, second)


def test_neighbours_differ_little_and_the_grid_is_as_fine_as_asked() -> None:
    coarse, fine = (perlin_noise(np.random.default_rng(1), (128, 128), (n, n)) for n in (2, 32))
    assert np.abs(np.diff(coarse, axis=0)).max() < 0.1
    assert np.abs(np.diff(fine, axis=1)).mean() > 5 * np.abs(np.diff(coarse, axis=1)).mean()


def test_blotches_vary_from_none_to_large() -> None:
    areas = [perlin_blotches(np.random.default_rng(seed), (64, 96)).mean() for seed in range(200)]
    assert min(areas) == 0
    assert 0.02 < np.mean(areas) < 0.3
    assert max(areas) < 0.9


@given(seed=st.integers(0, 2**32 - 1), size=SIZES)
@settings(max_examples=25, deadline=None)
def test_drawn_surfaces_have_the_size_asked_for(seed: int, size: tuple[int, int]) -> None:
    first, second = (DrawnSurfaces().draw(np.random.default_rng(seed), size) for _ in range(2))
    assert first.shape == (*size, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, second)


def test_surfaces_of_a_folder_are_cut_to_size(tmp_path: Path) -> None:
    for name, grey, shape in (("a.png", 40, (20, 90, 3)), ("sub/b.png", 200, (300, 100, 3))):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_image(tmp_path / name, np.full(shape, grey, np.uint8))
    source = surfaces_from(str(tmp_path))
    assert isinstance(source, FolderSurfaces)
    drawn = [source.draw(np.random.default_rng(seed), (50, 70)) for seed in range(8)]
    assert {item.shape for item in drawn} == {(50, 70, 3)}
    assert {int(item.mean()) for item in drawn} == {40, 200}
    assert isinstance(surfaces_from(""), DrawnSurfaces)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    for folder, code in ((tmp_path, "dataset_no_images"), (tmp_path / "none", "dataset_missing")):
        with pytest.raises(DatasetError) as error:
            FolderSurfaces(folder)
        assert error.value.code == code
