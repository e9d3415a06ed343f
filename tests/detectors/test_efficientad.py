"""What is special in EfficientAD: the patches, their places, its losses and the normalisation of its maps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from inspector.data.synthetic.surfaces import Surfaces
from inspector.detectors.components.efficientad_autoencoder import PatchAutoencoder
from inspector.detectors.components.efficientad_network import EfficientADNetwork
from inspector.detectors.components.efficientad_training import jittered, set_aside
from inspector.detectors.components.pdn import PatchDescription, PatchPlacement
from inspector.detectors.components.pdn_layout import (
    Passage,
    Size,
    autoencoder_passage,
    convolutions,
    grid,
    growing,
    passage,
)
from inspector.detectors.components.surroundings import Centred, DrawnScenes, sometimes_gray
from inspector.errors import DatasetError
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import good_part, good_parts, make

SIZES: tuple[Size, Size] = ("small", "medium")


def counted(network: nn.Module, height: int, width: int) -> Passage:
    """What a network really computes, put out by its convolutions, and is made of."""
    found = [0, 0]

    def count(module: nn.Module, _: object, output: Tensor) -> None:
        assert isinstance(module, nn.Conv2d)
        found[0] += output.numel() * module.in_channels * module.weight[0, 0].numel()
        found[1] += output.numel()

    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(count)
    with torch.no_grad():
        network(torch.zeros(1, 3, height, width))
    return Passage(found[0], found[1], sum(item.numel() for item in network.parameters()))


@pytest.mark.parametrize("size", SIZES)
@given(height=st.integers(33, 150), width=st.integers(33, 150))
@settings(max_examples=10, deadline=None)
def test_patches_are_counted_as_they_come(size: Size, height: int, width: int) -> None:
    layers = convolutions(size, 0.02, 5)
    with torch.no_grad():
        found = PatchDescription(layers)(torch.zeros(2, 3, height, width))
    assert found.shape == (2, 5, grid(height), grid(width))
    assert counted(PatchDescription(layers), height, width) == passage(layers, height, width)


@pytest.mark.parametrize("size", SIZES)
def test_the_published_networks_are_built(size: Size) -> None:
    shapes = [tuple(item.weight.shape[:3]) for item in PatchDescription(convolutions(size, 1.0, 384)).children()]
    small = [(128, 3, 4), (256, 128, 4), (256, 256, 3), (384, 256, 4)]
    medium = [(256, 3, 4), (512, 256, 4), (512, 512, 1), (512, 512, 3), (384, 512, 4), (384, 384, 1)]
    assert shapes == (small if size == "small" else medium)
    assert grid(256) == 56


@pytest.mark.parametrize("size", SIZES)
def test_a_cell_sees_33_pixels_from_its_place(size: Size) -> None:
    torch.manual_seed(0)
    network = PatchDescription(convolutions(size, 0.1, 4)).double()
    images = torch.rand(1, 3, 65, 65, dtype=torch.float64, requires_grad=True)
    network(images)[0, :, 3, 5].sum().backward()
    assert images.grad is not None
    rows, columns = (images.grad[0].abs().sum((0, axis)).nonzero().flatten() for axis in (2, 1))
    assert (int(rows.min()), int(rows.max())) == (12, 44)
    assert (int(columns.min()), int(columns.max())) == (20, 52)


@given(height=st.integers(33, 120), width=st.integers(33, 120))
@settings(max_examples=15, deadline=None)
def test_values_lie_in_the_middle_of_their_patches(height: int, width: int) -> None:
    cells = torch.rand(2, grid(height), grid(width))
    placed = PatchPlacement(height, width)(cells)
    assert placed.shape == (2, height, width)
    centres = placed[:, 16 : 16 + 4 * grid(height) : 4, 16 : 16 + 4 * grid(width) : 4]
    torch.testing.assert_close(centres, cells)
    torch.testing.assert_close(placed[:, 0, 0], cells[:, 0, 0])
    torch.testing.assert_close(placed[:, -1, -1], cells[:, -1, -1])
    torch.testing.assert_close(placed.amax((1, 2)), cells.amax((1, 2)))


def test_the_autoencoder_grows_as_published() -> None:
    assert growing(256) == [3, 8, 15, 32, 63, 127]


@pytest.mark.parametrize("size", [(64, 64), (256, 256), (64, 160), (101, 77)])
def test_the_autoencoder_takes_any_size(size: tuple[int, int]) -> None:
    network = PatchAutoencoder(*size, 12, 0.125)
    assert network(torch.zeros(2, 3, *size)).shape == (2, 12, grid(size[0]), grid(size[1]))
    assert counted(network, *size) == autoencoder_passage(*size, 12, 0.125)


class Fixed(nn.Module):
    """Says the same whatever it sees."""

    def __init__(self, said: Tensor) -> None:
        super().__init__()
        self.said = said

    def forward(self, images: Tensor) -> Tensor:
        return self.said


def saying(teacher: Tensor, student: Tensor, autoencoder: Tensor, side: int = 65) -> EfficientADNetwork:
    outputs = teacher.shape[1]
    return EfficientADNetwork(
        Fixed(teacher), Fixed(student), Fixed(autoencoder), outputs, PatchPlacement(side, side)
    ).eval()


def test_only_the_hardest_thousandth_of_each_picture_is_learned_from() -> None:
    differences = torch.zeros(2, 4, 25, 20)
    differences[0].view(-1)[::1000] = 3
    differences[1].view(-1)[:500] = 1
    network = saying(
        torch.zeros(2, 4, 25, 20), torch.cat([differences, torch.full_like(differences, 9)], 1), differences
    )
    assert float(network.imitation_loss(torch.zeros(2, 3, 8, 8))) == pytest.approx((9 + 1) / 2)


def test_each_half_of_the_student_has_its_own_teacher() -> None:
    zeros = torch.zeros(1, 3, 9, 9)
    network = saying(zeros + 1, torch.cat([zeros + 3, zeros + 7], 1), zeros + 4)
    images = torch.zeros(1, 3, 65, 65)
    taught, imagined = network.differences(images)
    assert float(taught.mean()) == 4
    assert float(imagined.mean()) == 9
    assert [float(item) for item in network.autoencoder_losses(images)] == [9, 9]
    assert float(network.penalty(images)) == 9


def test_the_teacher_is_normalised_by_channel() -> None:
    zeros = torch.zeros(1, 2, 9, 9)
    network = saying(zeros + 5, torch.cat([zeros, zeros], 1), zeros)
    network.mean.copy_(torch.tensor([5.0, 1.0])[None, :, None, None])
    network.deviation.copy_(torch.tensor([1.0, 2.0])[None, :, None, None])
    assert network.taught(torch.zeros(1, 3, 65, 65))[0, :, 0, 0].tolist() == [0, 2]


def test_maps_are_normalised_by_what_is_good_and_never_clipped() -> None:
    values = torch.linspace(0, 10, 81).reshape(1, 1, 9, 9)
    zeros = torch.zeros_like(values)
    network = saying(values.sqrt(), torch.cat([zeros, zeros], 1), values.sqrt())
    images = torch.zeros(1, 3, 65, 65)
    network.normalise_maps([network.differences(images)])
    quiet, loud = np.quantile(values.numpy(), (0.9, 0.995))
    scores, maps = network(images)
    assert float(scores) == pytest.approx(0.1 * (10 - quiet) / (loud - quiet), rel=1e-4)
    assert float(maps.min()) == pytest.approx(0.1 * (0 - quiet) / (loud - quiet), rel=1e-4)


@pytest.mark.parametrize("level", [0.0, 2.0])
def test_maps_without_any_spread_still_have_a_scale(level: float) -> None:
    same = torch.full((1, 1, 9, 9), level)
    zeros = torch.zeros_like(same)
    network = saying(same, torch.cat([zeros, zeros], 1), zeros)
    images = torch.zeros(1, 3, 65, 65)
    network.normalise_maps([network.differences(images)])
    network.teacher = Fixed(same + 1)
    scores, maps = network(images)
    assert bool(torch.isfinite(maps).all())
    assert float(scores) > 0


def test_jitter_changes_brightness_contrast_or_saturation() -> None:
    torch.manual_seed(0)
    unit = (0.3 + 0.4 * torch.rand(1, 3, 6, 6)).repeat(60, 1, 1, 1)
    found = jittered(unit)
    ratio = found / unit
    bright = (ratio.flatten(1).amax(1) - ratio.flatten(1).amin(1)) < 1e-4
    same_gray = (found.mean(1) - unit.mean(1)).abs().flatten(1).amax(1) < 1e-5
    same_mean = (found.mean((1, 2, 3)) - unit.mean((1, 2, 3))).abs() < 1e-5
    assert 10 < int(bright.sum()) < 30
    assert 10 < int(same_gray.sum()) < 30
    assert 10 < int((same_mean & ~same_gray).sum()) < 30
    assert int((bright | same_mean).sum()) == 60
    assert float(ratio[bright].min()) >= 0.8 - 1e-5
    assert float(ratio[bright].max()) <= 1.2 + 1e-5
    assert bool(((jittered(torch.ones(20, 3, 4, 4)) >= 0) & (jittered(torch.ones(20, 3, 4, 4)) <= 1)).all())


@given(st.integers(1, 2000), st.integers(0, 5))
def test_a_tenth_is_set_aside_of_ten_or_more(count: int, seed: int) -> None:
    learned, aside = set_aside(count, seed)
    if count < 10:
        assert learned == aside == list(range(count))
    else:
        assert sorted(learned + aside) == list(range(count))
        assert len(aside) == min(count // 10, 64)


def test_scenes_are_drawn_in_any_shape_and_always_the_same() -> None:
    one, two = (DrawnScenes() for _ in range(2))
    first, second = (np.random.default_rng(4) for _ in range(2))
    for _ in range(8):
        drawn = one.draw(first, (48, 80))
        assert drawn.shape == (48, 80, 3)
        assert drawn.dtype == np.uint8
        np.testing.assert_array_equal(drawn, two.draw(second, (48, 80)))


class Numbered(Surfaces):
    """A picture that tells where each of its pixels was."""

    def draw(self, rng: np.random.Generator, size: tuple[int, int]) -> Image:
        rows, columns = np.mgrid[: size[0], : size[1]]
        return np.stack([rows, columns, rows], 2).astype(np.uint8)


def test_the_middle_of_larger_pictures_is_taken() -> None:
    found = Centred(Numbered()).draw(np.random.default_rng(0), (20, 40))
    assert found.shape == (20, 40, 3)
    assert found[0, 0, :2].tolist() == [10, 20]
    assert found[-1, -1, :2].tolist() == [29, 59]


def test_some_pictures_lose_their_colours() -> None:
    rng = np.random.default_rng(0)
    image = good_part(1)
    found = [sometimes_gray(rng, image, 0.3) for _ in range(200)]
    gray = [item for item in found if (item == item[..., :1]).all()]
    assert 40 < len(gray) < 80
    np.testing.assert_allclose(gray[0][..., 0], image.mean(2), atol=0.5)


def test_pictures_of_no_product_may_be_left_out_or_come_from_a_folder(tmp_path: Path) -> None:
    images = good_parts(2)
    make("efficientad", size=64, penalty="none", distillation_steps=1, steps=2).fit(images, no_progress, CancelToken())
    detector = make("efficientad", size=64, penalty_folder=str(tmp_path))
    with pytest.raises(DatasetError) as error:
        detector.fit(images, no_progress, CancelToken())
    assert error.value.code == "dataset_no_images"


def test_inputs_smaller_than_its_patches_are_enlarged() -> None:
    detector = make("efficientad", size=32, distillation_steps=1, steps=2)
    detector.fit(good_parts(2), no_progress, CancelToken())
    assert detector.preprocessing is not None
    assert (detector.preprocessing.height, detector.preprocessing.width) == (64, 64)
    assert np.isfinite(detector.predict([good_part(5)])[0].score)
