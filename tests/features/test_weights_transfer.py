"""Weights carried in a folder: what is taken from it, what is refused and why, and copying them into one."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from inspector import paths
from inspector.errors import Cancelled, WeightsError
from inspector.features.registry import backbone_info
from inspector.features.torchvision_shim import torchvision_models
from inspector.features.weights import import_weights, imported_path, remove_weights, stored_weights
from inspector.features.weights_file import read_weights
from inspector.features.weights_transfer import CHECKSUMS, ImportedFile, export_folder, import_folder
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress

NAME = "squeezenet1_1"
Tensors = dict[str, torch.Tensor]


@pytest.fixture(scope="module")
def tensors() -> Tensors:
    torch.manual_seed(0)
    return dict(torchvision_models().get_model(NAME, weights=None).state_dict())


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def taken(folder: Path) -> dict[str, ImportedFile]:
    return {item.path.name: item for item in import_folder(folder, no_progress, CancelToken())}


def sent(folder: Path) -> list[Path]:
    return export_folder(folder, no_progress, CancelToken())


def told(item: ImportedFile) -> str:
    assert item.error is not None
    assert item.state == "refused"
    return sentence(item.error)


@pytest.mark.parametrize("name", [f"{NAME}.safetensors", f"{NAME}.pth", "whatever.PT", "half.safetensors"])
def test_a_file_is_known_by_its_tensors(name: str, stick: Path, tensors: Tensors) -> None:
    content = {key: value.half() for key, value in tensors.items()} if name.startswith("half") else tensors
    (save_file if name.endswith(".safetensors") else torch.save)(content, stick / name)
    (stick / "readme.txt").write_text("nothing of interest", encoding="utf-8")
    found = taken(stick)
    assert [(item.path.name, item.state, item.name) for item in found.values()] == [(name, "imported", NAME)]
    stored = stored_weights(NAME)
    assert stored is not None
    assert stored.path == imported_path(NAME)
    assert taken(stick)[name].state == "here"


def test_every_file_gets_its_answer(stick: Path, tensors: Tensors) -> None:
    save_file(tensors, stick / f"{NAME}.safetensors")
    other = {key: value + 1 for key, value in tensors.items()}
    torch.save(other, stick / "a_finetuned_one.pth")
    torch.save(torchvision_models().get_model("resnet34", weights=None).state_dict(), stick / "resnet34.pth")
    (stick / "broken.pth").write_bytes(b"no weights")
    shutil.copy(paths.resource(str(backbone_info("embedded_v1").resource)), stick)
    seen: list[tuple[int, int, str]] = []
    items = import_folder(
        stick, lambda done, total, stage, value=None: seen.append((done, total, stage)), CancelToken()
    )
    found = {item.path.name: item for item in items}
    assert found[f"{NAME}.safetensors"].state == "imported"
    assert found["embedded_v1.safetensors"].state == "embedded"
    assert "other weights of squeezenet1_1 are on this computer" in told(found["a_finetuned_one.pth"])
    assert "belongs to none of the networks known here" in told(found["resnet34.pth"])
    assert "cannot be used" in told(found["broken.pth"])
    assert seen[-1] == (5, 5, "importing")
    kept = read_weights(NAME, imported_path(NAME))
    torch.testing.assert_close(kept["features.0.bias"], tensors["features.0.bias"], rtol=0, atol=0)


def test_an_official_name_promises_its_content(stick: Path, tensors: Tensors) -> None:
    torch.save(tensors, stick / str(backbone_info(NAME).file_name))
    (item,) = taken(stick).values()
    assert "its checksum is wrong" in told(item)
    assert stored_weights(NAME) is None


def test_there_and_back(stick: Path, tensors: Tensors, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "w.safetensors")
    stored = import_weights(NAME, tmp_path / "w.safetensors")
    assert sent(stick / "new folder") == [stick / "new folder" / stored.name]
    copy = stick / "new folder" / stored.name
    assert copy.read_bytes() == stored.read_bytes()
    if shutil.which("sha256sum"):
        subprocess.run(
            ["sha256sum", "--check", "--strict", CHECKSUMS], cwd=copy.parent, check=True, capture_output=True
        )
    assert sent(copy.parent) == [copy]
    remove_weights(NAME)
    assert taken(copy.parent)[copy.name].state == "imported"
    assert sorted(item.name for item in copy.parent.iterdir()) == [CHECKSUMS, copy.name]


def test_a_damaged_copy_is_refused(stick: Path, tensors: Tensors, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "w.safetensors")
    name = import_weights(NAME, tmp_path / "w.safetensors").name
    sent(stick)
    remove_weights(NAME)
    content = bytearray((stick / name).read_bytes())
    content[-1000] ^= 1
    (stick / name).write_bytes(content)
    assert "its checksum is wrong" in told(taken(stick)[name])
    (stick / name).unlink()
    assert "There is no weights file" in told(taken(stick)[name])
    assert stored_weights(NAME) is None


def test_a_list_keeps_what_others_wrote(stick: Path, tensors: Tensors, tmp_path: Path) -> None:
    (stick / "notes.txt").write_text("x", encoding="utf-8")
    line = f"{hashlib.sha256(b'x').hexdigest()}  notes.txt"
    (stick / CHECKSUMS).write_text(line + "\n", encoding="utf-8")
    save_file(tensors, tmp_path / "w.safetensors")
    import_weights(NAME, tmp_path / "w.safetensors")
    sent(stick)
    assert line in (stick / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    assert taken(stick)[f"{NAME}.safetensors"].state == "here"


@pytest.mark.parametrize("content", ["abc  w.pth\n", f"{'0' * 64}  ../w.pth\n", "\udcff"])
def test_a_list_that_cannot_be_read_is_said(content: str, stick: Path, tensors: Tensors) -> None:
    torch.save(tensors, stick / "w.pth")
    (stick / CHECKSUMS).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(WeightsError) as error:
        taken(stick)
    assert error.value.code == "weights_list_damaged"
    assert stored_weights(NAME) is None


def test_folders_without_weights_are_said(stick: Path) -> None:
    (stick / "readme.txt").touch()
    for folder, code in (
        (stick, "weights_folder_empty"),
        (stick / "gone", "folder_unreadable"),
        (stick / "readme.txt", "folder_unreadable"),
    ):
        with pytest.raises(WeightsError) as error:
            taken(folder)
        assert error.value.code == code
        assert str(folder) in sentence(error.value)


def test_nothing_to_send_is_said(stick: Path) -> None:
    with pytest.raises(WeightsError) as error:
        sent(stick)
    assert error.value.code == "weights_none_here"
    assert list(stick.iterdir()) == []


def test_somebody_elses_file_is_not_replaced(stick: Path, tensors: Tensors, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "w.safetensors")
    import_weights(NAME, tmp_path / "w.safetensors")
    theirs = stick / f"{NAME}.safetensors"
    theirs.write_bytes(b"theirs")
    with pytest.raises(WeightsError) as error:
        sent(stick)
    assert error.value.code == "weights_export_occupied"
    assert theirs.read_bytes() == b"theirs"
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError) as error:
        sent(tmp_path / "file")
    assert error.value.code == "weights_not_written"


def test_cancel_leaves_no_half_copy(stick: Path, tensors: Tensors, tmp_path: Path) -> None:
    save_file(tensors, tmp_path / "w.safetensors")
    import_weights(NAME, tmp_path / "w.safetensors")
    token = CancelToken()
    with pytest.raises(Cancelled):
        export_folder(stick, lambda done, total, stage, value=None: token.cancel(), token)
    assert list(stick.iterdir()) == []
    with pytest.raises(Cancelled):
        import_folder(tmp_path, no_progress, token)
