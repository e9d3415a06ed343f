"""Conditioning of features, the patch embedding and the map's smoothing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from scipy.spatial.distance import pdist
from torch.nn import functional

from inspector.detectors.components import conditioning
from inspector.detectors.components.candidates import draw_candidates
from inspector.detectors.components.conditioning import fit_conditioning
from inspector.detectors.components.embedding import PatchEmbedding
from inspector.detectors.components.smoothing import MapUpsampling


def patches(n: int = 4000) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    mixed = torch.randn(n, 6, generator=generator) @ torch.randn(6, 6, generator=generator)
    return mixed * torch.tensor([10.0, 1, 1, 1, 0.5, 1]) + 50


def test_none_changes_no_distance() -> None:
    vectors = patches()
    found = fit_conditioning(vectors, "none", 6)(vectors)
    before, after = (pdist(item[:50].double()) for item in (vectors, found))
    np.testing.assert_allclose(after, before, rtol=1e-4)
    assert found.mean(0).abs().max() < 1e-2


def test_standardised_channels_vary_alike() -> None:
    vectors = patches()
    found = fit_conditioning(vectors, "standardise", 6)(vectors)
    np.testing.assert_allclose(found.std(0, correction=0), np.ones(6), rtol=1e-3)


@pytest.mark.parametrize("dimensions", [3, 6, 99])
def test_half_whitening_takes_the_root_of_each_axis(dimensions: int) -> None:
    vectors = patches()
    found = fit_conditioning(vectors, "whiten", dimensions)(vectors).double()
    assert found.shape == (4000, min(dimensions, 6))
    standardised = ((vectors - vectors.mean(0)) / vectors.std(0, correction=0)).double()
    eigenvalues = np.sort(np.linalg.eigvalsh(np.cov(standardised.T, bias=True)))[::-1][:dimensions]
    covariance = np.cov(found.T, bias=True)
    np.testing.assert_allclose(np.diag(covariance), np.sqrt(eigenvalues), rtol=1e-2)
    assert np.abs(covariance - np.diag(np.diag(covariance))).max() < 1e-2


@pytest.mark.parametrize("kind", ["none", "standardise", "whiten"])
def test_constant_channels_stay_harmless(kind: str) -> None:
    vectors = patches(200)
    vectors[:, 2] = 7.0
    assert torch.isfinite(fit_conditioning(vectors, kind, 6)(vectors)).all()
    same = torch.full((10, 4), 3.0)
    assert fit_conditioning(same, kind, 4)(same).abs().max() == 0


def test_layers_are_averaged_and_brought_to_the_finest_grid() -> None:
    fine, coarse = torch.rand(2, 3, 8, 12), torch.rand(2, 5, 4, 6)
    found = PatchEmbedding(3, fading=False)([fine, coarse])
    assert found.shape == (2, 8, 12, 8)
    torch.testing.assert_close(found[0, 3, 4, :3], fine[0, :, 2:5, 3:6].mean((1, 2)))
    torch.testing.assert_close(found[1, 0, 0, :3], fine[1, :, :2, :2].mean((1, 2)))
    averaged = functional.avg_pool2d(coarse, 3, 1, 1, count_include_pad=False)
    expected = functional.interpolate(averaged, (8, 12), mode="bilinear")
    torch.testing.assert_close(found[..., 3:], expected.permute(0, 2, 3, 1))


def test_the_border_fades_as_cells_beyond_it_count_as_nothing() -> None:
    fine = torch.rand(1, 3, 8, 12)
    fading, full = (PatchEmbedding(3, fading=fading)([fine])[0] for fading in (True, False))
    torch.testing.assert_close(fading[1:-1, 1:-1], full[1:-1, 1:-1])
    torch.testing.assert_close(fading[0, 1:-1], full[0, 1:-1] * 6 / 9)
    torch.testing.assert_close(fading[0, 0], full[0, 0] * 4 / 9)


def test_any_number_of_rows_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = patches(500)
    for kind in ("none", "standardise", "whiten"):
        whole = fit_conditioning(vectors, kind, 3)(vectors)
        with monkeypatch.context() as patch:
            patch.setattr(conditioning, "_ROWS", 7)
            torch.testing.assert_close(fit_conditioning(vectors, kind, 3)(vectors).abs(), whole.abs())


def test_nearest_repeats_the_coarse_layer() -> None:
    fine, coarse = torch.rand(1, 1, 4, 4), torch.rand(1, 2, 2, 2)
    found = PatchEmbedding(1, nearest=True)([fine, coarse])
    torch.testing.assert_close(found[0, ..., 0], fine[0, 0])
    np.testing.assert_array_equal(found[0, ..., 1], np.kron(coarse[0, 0], np.ones((2, 2), np.float32)))


@pytest.mark.parametrize(("size", "sigma"), [((64, 64), 8.0), ((64, 128), 4.0), ((256, 256), 4.0), ((32, 32), 0.0)])
def test_smoothing_is_a_gaussian(size: tuple[int, int], sigma: float) -> None:
    grid = torch.rand(2, 8, 8)
    found = MapUpsampling(*size, sigma)(grid)
    enlarged = functional.interpolate(grid[:, None], size, mode="bilinear")[:, 0].numpy()
    scaled = sigma * np.sqrt(size[0] * size[1]) / 256
    expected = np.stack([gaussian_filter(item, scaled, mode="mirror", truncate=4.0) for item in enlarged])
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize(("images", "limit", "kept"), [(3, 1000, 3 * 20), (7, 50, 50), (30, 12, 12)])
def test_every_image_gives_its_share(images: int, limit: int, kept: int) -> None:
    grids = torch.arange(images).float()[:, None, None, None].expand(images, 4, 5, 2)
    found = draw_candidates(grids.split(4), images, limit, torch.Generator().manual_seed(0))
    assert len(found.vectors) == kept
    torch.testing.assert_close(found.vectors[:, 0], found.origins.float())
    counts = torch.bincount(found.origins, minlength=images)
    assert counts.max() - counts.min() <= 1
    left = found.without(torch.tensor([0, 2]))
    assert set(left.vectors[:, 0].int().tolist()).isdisjoint({0, 2})
    assert len(left.vectors) == kept - int(counts[0] + counts[2])
