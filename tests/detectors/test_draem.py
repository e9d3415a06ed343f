"""How DRAEM turns logits into a score, and what it is told to fill its defects with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from inspector.detectors.components.draem_network import DRAEMNetwork
from inspector.detectors.unet_plan import UNetPlan
from inspector.errors import DatasetError
from inspector.imaging.files import write_image
from tests.detectors.parts import fitted, good_parts


def network(size: tuple[int, int]) -> DRAEMNetwork:
    torch.manual_seed(0)
    return DRAEMNetwork(UNetPlan(3, 3, 4, 2, skips=False), UNetPlan(6, 1, 4, 2), size).eval()


@pytest.mark.parametrize(("size", "window"), [((256, 256), 21), ((512, 512), 41), ((128, 512), 21), ((96, 96), 9)])
def test_the_window_grows_with_the_map(size: tuple[int, int], window: int) -> None:
    assert 2 * network(size).window_mean.reach + 1 == window


def test_the_score_is_the_largest_mean_of_a_window_inside_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = network((96, 96))
    logits = torch.full((1, 96, 96), -9.0)
    monkeypatch.setattr(judge, "answers", lambda images: (images, logits))
    pictures = torch.zeros(1, 3, 96, 96)
    assert judge(pictures)[0].item() == pytest.approx(-9.0)
    logits[0, :3, :4] = 20.0
    expected = (12 * 20.0 - 13 * 9.0) / 25
    score, maps = judge(pictures)
    assert score.item() == pytest.approx(expected)
    assert torch.equal(maps, logits)


def test_surfaces_come_from_a_folder_that_must_be_there(tmp_path: Path) -> None:
    write_image(tmp_path / "checks.png", np.random.default_rng(0).integers(0, 255, (40, 50, 3)).astype(np.uint8))
    one = fitted("draem", good_parts(2), size=64, steps=2, surfaces=str(tmp_path))
    other = fitted("draem", good_parts(2), size=64, steps=2)
    assert any((value != other.state()[name]).any() for name, value in one.state().items())
    with pytest.raises(DatasetError) as error:
        fitted("draem", good_parts(2), size=64, steps=2, surfaces=str(tmp_path / "none"))
    assert error.value.code == "dataset_missing"
