"""Where EfficientAD's teacher comes from: distilled from frozen features, or read from a file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from inspector.detectors.components.distillation import Lessons, Targets, distil
from inspector.detectors.components.pdn import PatchDescription
from inspector.detectors.components.pdn_layout import Size, convolutions, grid
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.schedule import Plan
from inspector.detectors.components.teacher_file import load_teacher
from inspector.errors import WeightsError
from inspector.features.loading import LoadedBackbone, load_backbone
from inspector.features.registry import DEFAULT_BACKBONE, BackboneChoice
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import good_parts, make

WIDTH, OUTPUTS = 0.0625, 24


def described(seed: int, size: Size = "small", width: float = WIDTH) -> PatchDescription:
    torch.manual_seed(seed)
    return PatchDescription(convolutions(size, width, OUTPUTS))


def frozen(name: str = "filterbank") -> LoadedBackbone:
    return load_backbone(BackboneChoice(name), no_progress, CancelToken())


def pictures(height: int = 96, width: int = 160) -> Pictures:
    return Pictures(good_parts(3), Preprocessing(height, width), torch.device("cpu"), CancelToken())


def numbered(tensors: dict[str, Tensor], places: tuple[int, ...]) -> dict[str, Tensor]:
    """As a sequence of layers names them."""
    return {f"{places[int(key[4]) - 1]}.{key[6:]}": value for key, value in tensors.items()}


@pytest.mark.parametrize("size", ["small", "medium"])
@pytest.mark.parametrize("kind", ["own", "numbered", "model", "half"])
def test_a_teacher_comes_from_a_file(size: Size, kind: str, tmp_path: Path) -> None:
    tensors = dict(described(1, size).state_dict())
    content, file = tensors, tmp_path / "teacher.pth"
    if kind == "numbered":
        content = numbered(tensors, (0, 3, 6, 8) if size == "small" else (0, 3, 6, 8, 10, 12))
    elif kind == "half":
        content = {key: value.half() for key, value in tensors.items()}
    if kind == "model":
        file = tmp_path / "weights.safetensors"
        save_file({**{f"teacher.{key}": value for key, value in tensors.items()}, "mean": torch.zeros(3)}, file)
    else:
        torch.save(content, file)
    teacher = described(2, size)
    load_teacher(teacher, file, "EfficientAD")
    for key, value in teacher.state_dict().items():
        torch.testing.assert_close(value, tensors[key], rtol=1e-3, atol=1e-3 if kind == "half" else 0)


@pytest.mark.parametrize("wrong", ["width", "size", "missing", "more"])
def test_a_teacher_that_does_not_fit_is_refused(wrong: str, tmp_path: Path) -> None:
    tensors = dict(described(1).state_dict())
    if wrong == "width":
        tensors = dict(described(1, width=0.25).state_dict())
    elif wrong == "size":
        tensors = dict(described(1, "medium").state_dict())
    elif wrong == "missing":
        del tensors["conv4.bias"]
    else:
        tensors["conv5.bias"] = torch.zeros(3)
    torch.save(tensors, tmp_path / "teacher.pth")
    with pytest.raises(WeightsError) as error:
        load_teacher(described(2), tmp_path / "teacher.pth", "EfficientAD (small)")
    assert error.value.code == "weights_wrong_network"
    assert error.value.parameters["name"] == "EfficientAD (small)"
    assert error.value.parameters["count"] >= 1


def test_a_teacher_of_no_numbers_or_no_file_is_refused(tmp_path: Path) -> None:
    tensors = dict(described(1).state_dict())
    tensors["conv2.bias"] = torch.full_like(tensors["conv2.bias"], torch.nan)
    torch.save(tensors, tmp_path / "teacher.pth")
    for name, code in (("teacher.pth", "weights_damaged"), ("none.pth", "weights_file_missing")):
        with pytest.raises(WeightsError) as error:
            load_teacher(described(2), tmp_path / name, "EfficientAD")
        assert error.value.code == code


def test_a_model_teaches_the_next_one(tmp_path: Path) -> None:
    """Its teacher is taken as it is, and nothing is distilled."""
    first = make("efficientad", size=64, steps=2)
    first.fit(good_parts(2), no_progress, CancelToken())
    assert first.facts["distillation_error"] > 0
    save_file({key: torch.tensor(value) for key, value in first.state().items()}, tmp_path / "weights.safetensors")
    stages: list[str] = []
    second = make("efficientad", size=64, steps=2, teacher=str(tmp_path / "weights.safetensors"))
    second.fit(good_parts(3), lambda _, __, stage, value=None: stages.append(stage), CancelToken())
    assert "distilling" not in stages
    assert not second.facts
    for key, value in first.state().items():
        if key.startswith("teacher."):
            np.testing.assert_array_equal(second.state()[key], value)


def test_lessons_are_cuts_of_the_product_and_drawn_ones() -> None:
    lessons = Lessons(pictures(), 0).draw(12)
    assert lessons.shape == (12, 3, 96, 96)
    assert 0 <= float(lessons.min()) <= float(lessons.max()) <= 1
    torch.testing.assert_close(lessons, Lessons(pictures(), 0).draw(12))


@pytest.mark.parametrize("name", [DEFAULT_BACKBONE, "filterbank"])
def test_targets_are_features_on_the_grid_of_patches(name: str) -> None:
    lessons, targets = Lessons(pictures(), 0), Targets(frozen(name), OUTPUTS)
    targets.measure(lessons, 16, CancelToken())
    found = targets.of(Lessons(pictures(), 0).draw(64))
    assert found.shape == (64, OUTPUTS, grid(96), grid(96))
    assert found.mean((0, 2, 3)).abs().max() < 0.05
    assert (found.square().mean((0, 2, 3)) - 1).abs().max() < 0.05


@pytest.mark.parametrize("name", [DEFAULT_BACKBONE, "filterbank"])
def test_targets_belong_to_the_patches_that_they_are_said_of(name: str) -> None:
    """A spot changes most what is said of the patch in whose middle it lies."""
    unit = torch.full((1, 3, 128, 128), 0.5)
    spotted = unit.clone()
    row, column = 7, 15
    spotted[..., 4 * row + 14 : 4 * row + 19, 4 * column + 14 : 4 * column + 19] = 1
    targets = Targets(frozen(name), OUTPUTS)
    changed = (targets.of(spotted) - targets.of(unit)).square().sum(1)[0]
    found = divmod(int(changed.argmax()), changed.shape[1])
    assert abs(found[0] - row) <= 1
    assert abs(found[1] - column) <= 1


def test_a_distilled_teacher_says_something_of_what_the_features_say() -> None:
    """Also of pictures that it has not practised on."""
    teacher, backbone = described(3), frozen()
    targets = Targets(backbone, OUTPUTS)
    targets.measure(Lessons(pictures(64, 64), 0), 4, CancelToken())
    unseen = Lessons(pictures(64, 64), 99).draw(40)
    wanted = targets.of(unseen)

    def error() -> float:
        with torch.no_grad():
            said = teacher(pictures(64, 64).from_unit(unseen))
        return float((said - wanted).square().mean())

    before = error()
    told = distil(teacher, backbone, pictures(64, 64), OUTPUTS, Plan(50, 4, 2e-3, 0), no_progress, CancelToken())
    assert error() < 0.85 * float(wanted.square().mean()) < before
    assert 0 < told < 2
