"""The embedded backbone: the file that ships, the maps it gives, sizes, and what is said when the file is damaged."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from inspector import paths
from inspector.errors import WeightsError
from inspector.features.embedded_network import EmbeddedNetwork
from inspector.features.loading import LoadedBackbone, architecture_only, load_backbone, load_tensors
from inspector.features.registry import BackboneChoice, BackboneInfo, backbone_info
from inspector.features.weights import file_sha256
from inspector.imaging.preprocessing import IMAGENET_MEAN, IMAGENET_STD
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress

pytestmark = pytest.mark.usefixtures("one_thread")

NAME = "embedded_v1"
LAYERS = ("stride4", "stride8", "stride16")


def shipped(info: BackboneInfo) -> Path:
    assert info.resource is not None
    return paths.resource(info.resource)


def loaded(*layers: str) -> LoadedBackbone:
    return load_backbone(BackboneChoice(NAME, layers=layers), no_progress, CancelToken())


@pytest.fixture(scope="module")
def whole() -> EmbeddedNetwork:
    """The network itself with the tensors of the file."""
    network = EmbeddedNetwork(fused=True)
    network.load_state_dict({key: value.float() for key, value in load_file(shipped(backbone_info(NAME))).items()})
    return network.eval()


def test_the_file_that_ships_is_the_registered_one() -> None:
    info = backbone_info(NAME)
    assert file_sha256(shipped(info)) == info.hash_prefix
    assert all(value.dtype == torch.float16 for value in load_file(shipped(info)).values())


@pytest.mark.parametrize("layers", [LAYERS, ("stride4",), ("stride4", "stride8"), ("stride8", "stride16")])
def test_its_maps_are_the_networks(layers: tuple[str, ...], whole: EmbeddedNetwork) -> None:
    backbone = loaded(*layers)
    places = [LAYERS.index(layer) for layer in layers]
    assert backbone.strides == tuple(whole.strides[place] for place in places)
    assert backbone.channels == tuple(whole.channels[place] for place in places)
    assert (backbone.mean, backbone.std) == (IMAGENET_MEAN, IMAGENET_STD)
    images = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        expected = whole(images)
        for found, place in zip(backbone(images), places, strict=True):
            assert found.dtype == torch.float32
            torch.testing.assert_close(found, expected[place], rtol=0, atol=0)


def test_nothing_after_the_last_layer_is_held() -> None:
    whole = set(architecture_only(NAME, LAYERS).body.state_dict())
    fine = set(architecture_only(NAME, ("stride4", "stride8")).body.state_dict())
    assert {key for key in whole if not key.startswith(("stage16.", "project16."))} == fine
    assert fine < whole
    assert not any(key.startswith("stage8.") for key in architecture_only(NAME, ("stride4",)).body.state_dict())


def test_it_is_told_by_the_hash_of_its_file() -> None:
    backbone = loaded()
    assert backbone.layers == ("stride8", "stride16")
    assert backbone.weights_sha256 == file_sha256(shipped(backbone_info(NAME)))
    assert backbone.source == "embedded"


@pytest.mark.parametrize(("height", "width"), [(250, 330), (33, 47), (128, 96), (17, 16)])
def test_nothing_of_any_size_is_cut_away(height: int, width: int) -> None:
    backbone = loaded(*LAYERS)
    image = torch.rand(1, 3, height, width)
    marked = image.clone()
    marked[..., -1, -1] += 3
    with torch.inference_mode():
        for stride, before, after in zip(backbone.strides, backbone(image), backbone(marked), strict=True):
            coarsest = 16 // stride
            assert before.shape[2:] == (math.ceil(height / 16) * coarsest, math.ceil(width / 16) * coarsest)
            assert not torch.equal(before, after)


def test_a_bundles_tensors_need_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    before = loaded("stride4", "stride8")
    tensors = {key: value.clone() for key, value in before.body.state_dict().items()}
    monkeypatch.setattr(paths, "resource", _nowhere)
    after = architecture_only(NAME, ("stride4", "stride8"))
    load_tensors(after, tensors)
    image = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        for one, two in zip(before(image), after(image), strict=True):
            torch.testing.assert_close(one, two, rtol=0, atol=0)


@pytest.mark.parametrize("damage", ["gone", "changed", "cut", "unreadable"])
def test_a_damaged_installation_is_said(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = bytearray(shipped(backbone_info(NAME)).read_bytes())
    file = tmp_path / "embedded_v1.safetensors"
    if damage == "changed":
        content[-100] ^= 1
    if damage == "unreadable":
        file.mkdir()
    else:
        file.write_bytes(content[:5000] if damage == "cut" else content)
    monkeypatch.setattr(paths, "resource", _nowhere if damage == "gone" else lambda name: file)
    with pytest.raises(WeightsError) as error:
        loaded()
    assert error.value.code == "weights_embedded_damaged"
    assert "Inspector features 1" in sentence(error.value)
    assert "Install Inspector again" in sentence(error.value)


def _nowhere(name: str) -> Path:
    raise FileNotFoundError(f"resource {name} is not in any folder")
