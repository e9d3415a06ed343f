"""Importing weights, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import save_file

from inspector import paths
from inspector.errors import WeightsError
from inspector.features import registry
from inspector.features.architectures import feature_tensors, full_network
from inspector.features.loading import LoadedBackbone, load_backbone
from inspector.features.registry import BackboneChoice, backbone_info
from inspector.features.torchvision_shim import torchvision_models
from inspector.features.weights import (
    WeightsRow,
    clear_leftovers,
    import_weights,
    imported_path,
    partial_download,
    remove_weights,
    stored_weights,
    weights_rows,
)
from inspector.features.weights_file import read_weights
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


@pytest.mark.parametrize("name", ["filterbank", "embedded_v1"])
def test_embedded_features_take_no_weights(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as error:
        import_weights(name, tmp_path / "w.pth")
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


def test_a_larger_network_of_the_same_family_is_refused(tmp_path: Path) -> None:
    larger = torchvision_models().get_model("resnet34", weights=None)
    torch.save(larger.state_dict(), tmp_path / "w.pth")
    with pytest.raises(WeightsError) as error:
        import_weights("resnet18", tmp_path / "w.pth")
    assert error.value.code == "weights_wrong_network"
    assert "layer1.2.conv1.weight is not part of it" in sentence(error.value)


def test_a_disk_that_is_full_is_said(
    tmp_path: Path, tensors: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.save(tensors, tmp_path / "w.pth")

    def full(*_: object) -> None:
        raise SafetensorError("No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(WeightsError) as error:
        import_weights(NAME, tmp_path / "w.pth")
    assert error.value.code == "weights_not_written"


def row_of(name: str) -> WeightsRow:
    return next(row for row in weights_rows(CancelToken()) if row.info.id == name)


def test_the_rows_tell_how_weights_came_here(
    tmp_path: Path, tensors: dict[str, torch.Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert row_of(NAME) == WeightsRow(backbone_info(NAME), "absent")
    assert row_of("filterbank") == WeightsRow(backbone_info("filterbank"), "embedded")
    embedded = row_of("embedded_v1")
    assert (embedded.state, embedded.sha256) == ("embedded", embedded.info.hash_prefix)
    assert embedded.size > 1_000_000

    official = paths.weights_folder() / str(backbone_info(NAME).file_name)
    official.parent.mkdir(parents=True)
    torch.save(tensors, official)
    assert row_of(NAME).state == "damaged"
    digest = hashlib.sha256(official.read_bytes()).hexdigest()
    genuine = dataclasses.replace(backbone_info(NAME), hash_prefix=digest[:8])
    monkeypatch.setitem(registry._BY_ID, NAME, genuine)
    assert row_of(NAME) == WeightsRow(genuine, "downloaded", official, official.stat().st_size, digest)
    imported = import_weights(NAME, official)
    assert (row_of(NAME).state, row_of(NAME).path) == ("imported", imported)


def test_a_damaged_installation_is_listed_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "embedded_v1.safetensors"
    file.write_bytes(b"something else")
    monkeypatch.setattr(paths, "resource", lambda name: file)
    assert row_of("embedded_v1").state == "damaged"


def test_removal_takes_imported_weights_before_downloaded_ones(
    tmp_path: Path, tensors: dict[str, torch.Tensor]
) -> None:
    official = paths.weights_folder() / str(backbone_info(NAME).file_name)
    official.parent.mkdir(parents=True)
    torch.save(tensors, official)
    imported = import_weights(NAME, official)
    assert remove_weights(NAME) == imported
    assert remove_weights(NAME) == official
    partial = partial_download(backbone_info(NAME))
    partial.write_bytes(b"half")
    assert remove_weights(NAME) == partial
    assert list(paths.weights_folder().iterdir()) == []
    for name in (NAME, "embedded_v1", "filterbank"):
        with pytest.raises(WeightsError) as error:
            remove_weights(name)
        assert error.value.code == "weights_not_here"
        assert sentence(error.value)


def test_leftovers_are_no_weights_and_go_away(tmp_path: Path, tensors: dict[str, torch.Tensor]) -> None:
    folder = paths.weights_folder()
    folder.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", "pass"]) as ended:
        ended.wait()
    resumable = partial_download(backbone_info(NAME))
    killed = folder / f"{NAME}.{ended.pid}.partial"
    unknown = folder / "net_of_an_older_version.pth.partial"
    written_now = folder / f"{NAME}.{os.getpid()}.partial"
    for file in (resumable, killed, unknown, written_now):
        file.write_bytes(b"12345")
    assert stored_weights(NAME) is None
    assert (row_of(NAME).state, row_of(NAME).partial) == ("absent", 5)
    clear_leftovers()
    assert set(folder.iterdir()) == {resumable, written_now}

    torch.save(tensors, folder / str(backbone_info(NAME).file_name))
    clear_leftovers()
    assert not resumable.exists()  # the file is there: nothing is left to take up
