"""What is taken away from pictures, and that every pixel is guessed from what was left."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from inspector.detectors.components.inpainting import SETS, draw_sets, inpainted
from inspector.detectors.components.riad_network import RIADNetwork
from inspector.detectors.unet_plan import UNetPlan


@given(
    height=st.integers(16, 70),
    width=st.integers(16, 70),
    cell=st.sampled_from([2, 4, 8, 16]),
    seed=st.integers(0, 1000),
)
@settings(max_examples=30, deadline=None)
def test_sets_share_the_cells_evenly(height: int, width: int, cell: int, seed: int) -> None:
    sets, again = (draw_sets((height, width), cell, torch.Generator().manual_seed(seed)) for _ in range(2))
    assert torch.equal(sets, again)
    assert sets.shape == (height, width)
    corners = sets[::cell, ::cell]
    counts = torch.bincount(corners.flatten().int(), minlength=SETS)
    assert counts.numel() == SETS
    assert counts.max() - counts.min() <= 1
    whole = corners.repeat_interleave(cell, 0).repeat_interleave(cell, 1)[:height, :width]
    assert torch.equal(whole, sets)


def test_every_pixel_is_guessed_and_none_is_seen_by_its_guess() -> None:
    images = torch.rand(2, 3, 24, 40) + 0.5
    sets = draw_sets((24, 40), 4, torch.Generator().manual_seed(0))
    assert torch.equal(inpainted(lambda masked: masked, images, sets), torch.zeros_like(images))
    assert torch.equal(inpainted(torch.ones_like, images, sets), torch.ones_like(images))

    def average(masked: Tensor) -> Tensor:
        assert len(masked) == 2 * SETS
        return masked.mean((1, 2, 3), keepdim=True).expand_as(masked)

    guessed = inpainted(average, images, sets)
    left = (images[1] * (sets != 2)).mean()
    torch.testing.assert_close(guessed[1][:, sets == 2], left.expand(3, int((sets == 2).sum())))


def test_a_perfect_guess_costs_nothing_and_the_cells_depend_on_the_seed() -> None:
    networks = [RIADNetwork(UNetPlan(3, 3, 4, 2), (32, 48), (4, 8), seed) for seed in (1, 1, 2)]
    images = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(0))
    assert networks[0].loss(images, images).item() == pytest.approx(0, abs=1e-5)
    assert networks[0].loss(1 - images, images).item() > 0.5
    assert networks[0].sets.shape == (2, 32, 48)
    assert torch.equal(networks[0].sets, networks[1].sets)
    assert not torch.equal(networks[0].sets, networks[2].sets)


def test_what_is_guessed_wrongly_shows_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    network = RIADNetwork(UNetPlan(3, 3, 4, 2), (64, 64), (8,), 0).eval()
    monkeypatch.setattr(network.unet, "forward", lambda masked: torch.full_like(masked, 0.5))
    images = torch.full((1, 3, 64, 64), 0.5)
    images[:, :, 40:48, 10:18] = 0.9
    score, maps = network(images)
    row, column = divmod(int(maps[0].argmax()), 64)
    assert 36 <= row <= 51
    assert 6 <= column <= 21
    assert score.item() == maps.max().item()
    assert maps[0, 10, 50].item() == pytest.approx(0, abs=1e-4)
