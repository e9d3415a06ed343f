"""Importing weights, and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from inspector import paths
from inspector.errors import WeightsError
from inspector.features.architectures import feature_tensors, full_network
from inspector.features.loading import LoadedBackbone, load_backbone
from inspector.features.registry import BackboneChoice, backbone_info
from inspector.features.torchvision_shim import torchvision_models
from inspector.features.weights import import_weights, imported_path, read_weights, stored_weights
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress

NAME = "squeezenet1_1"


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return dict(torchvision_models().get_model(NAME, weights=None).state_dict())


def load(choice: BackboneChoice) -> LoadedBackbone:
    return load_backbone(choice, no_progress, CancelToken())


@pytest.mark.parametrize("kind", ["pth", "nested", "half", "safetensors", "without_classifier", "parallel"])
def test_state_dicts_are_imported(kind: str, tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    file = tmp_path / ("w.safetensors" if kind == "safetensors" else "w.pth")
    content: Any = dict(tensors)
    if kind == "nested":
        content = {"epoch": 3, "state_dict": content}
    elif kind == "half":
        content = {key: value.half() for key, value in content.items()}
    elif kind == "without_classifier":
        content = {key: value for key, value in content.items() if not key.startswith("classifier")}
    elif kind == "parallel":
        content = {f"module.{key}": value for key, value in content.items()}
    (save_file if kind == "safetensors" else torch.save)(content, file)
    import_weights(NAME, file)
    stored = stored_weights(NAME)
    assert stored is not None
    assert stored.source == "file"
    backbone = load(BackboneChoice(NAME))
    assert backbone.source == "file"
    assert backbone.weights_sha256 == hashlib.sha256(stored.path.read_bytes()).hexdigest()
    first = backbone.body.state_dict()["features.0.weight"]
    assert first.dtype == torch.float32
    torch.testing.assert_close(first, tensors["features.0.weight"], atol=1e-3 if kind == "half" else 0, rtol=1e-3)


def test_another_networks_weights_are_refused_by_name(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    changed = {key: value for key, value in tensors.items() if key != "features.3.squeeze.bias"}
    changed["features.0.weight"] = torch.zeros(64, 3, 7, 7)
    torch.save(changed, tmp_path / "w.pth")
    with pytest.raises(WeightsError) as error:
        import_weights(NAME, tmp_path / "w.pth")
    text = sentence(error.value)
    assert error.value.code == "weights_wrong_network"
    assert "features.0.weight has the shape (64, 3, 7, 7) instead of (64, 3, 3, 3)" in text
    assert "features.3.squeeze.bias is missing" in text
    assert "2 tensors differ" in text
    assert not imported_path(NAME).exists()


class _Runs:
    """Would write a file when unpickled."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.target, "ran")


def test_code_in_a_file_never_runs(tmp_path: Path) -> None:
    torch.save({"state_dict": _Runs(tmp_path / "ran")}, tmp_path / "evil.pth")
    with pytest.raises(WeightsError) as error:
        import_weights(NAME, tmp_path / "evil.pth")
    assert error.value.code == "weights_damaged"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("damage", ["empty", "text", "cut"])
def test_damaged_files_are_refused(suffix: str, damage: str, tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    file = tmp_path / f"w{suffix}"
    (save_file if suffix == ".safetensors" else torch.save)(tensors, file)
    whole = file.read_bytes()
    file.write_bytes({"empty": b"", "text": b"<html>not found</html>", "cut": whole[: len(whole) // 2]}[damage])
    with pytest.raises(WeightsError) as error:
        read_weights(NAME, file)
    assert error.value.code == "weights_damaged"
    assert sentence(error.value)


def test_what_is_not_a_state_dict_is_refused(tmp_path: Path) -> None:
    torch.save([1, 2, 3], tmp_path / "list.pth")
    with pytest.raises(WeightsError) as error:
        read_weights(NAME, tmp_path / "list.pth")
    assert "state dict" in sentence(error.value)


def test_values_that_are_no_numbers_are_refused(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    spoiled = {**tensors, "features.0.bias": torch.full((64,), float("nan"))}
    torch.save(spoiled, tmp_path / "nan.pth")
    with pytest.raises(WeightsError) as error:
        read_weights(NAME, tmp_path / "nan.pth")
    assert error.value.code == "weights_damaged"


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as error:
        load(BackboneChoice(NAME, tmp_path / "gone.pth"))
    assert error.value.code == "weights_file_missing"


def test_imported_weights_come_before_downloaded_ones(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    assert stored_weights(NAME) is None
    official = paths.weights_folder() / str(backbone_info(NAME).file_name)
    official.parent.mkdir(parents=True)
    torch.save(tensors, official)
    stored = stored_weights(NAME)
    assert stored is not None
    assert (stored.path, stored.source) == (official, "download")
    assert load(BackboneChoice(NAME)).source == "download"
    torch.save(tensors, tmp_path / "w.pth")
    import_weights(NAME, tmp_path / "w.pth")
    assert load(BackboneChoice(NAME)).source == "file"


def test_embedded_features_take_no_weights(tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as error:
        import_weights("filterbank", tmp_path / "w.pth")
    assert error.value.code == "weights_not_needed"


def test_old_files_without_batch_counters_are_accepted(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = torchvision_models().get_model("resnet18", weights=None)
    old = {key: value for key, value in model.state_dict().items() if "num_batches_tracked" not in key}
    torch.save(old, tmp_path / "old.pth")
    backbone = load(BackboneChoice("resnet18", tmp_path / "old.pth", ("layer1",)))
    assert torch.isfinite(backbone(torch.randn(1, 3, 64, 64))[0]).all()


def test_the_classifier_is_not_asked_for() -> None:
    assert not [name for name in feature_tensors(full_network(NAME)) if name.startswith("classifier")]
