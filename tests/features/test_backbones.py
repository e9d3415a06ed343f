"""The registry against torchvision, and what loaded backbones give."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from inspector.errors import WeightsError
from inspector.features.architectures import TruncatedNetwork
from inspector.features.loading import architecture_only, load_backbone, load_tensors, tensors_sha256
from inspector.features.registry import (
    DEFAULT_BACKBONE,
    DOWNLOAD_BASE,
    BackboneChoice,
    backbone_info,
    backbone_infos,
    checked_layers,
)
from inspector.features.torchvision_shim import torchvision_models
from inspector.tasks import CancelToken, no_progress

NETWORKS = [info for info in backbone_infos() if not info.embedded]


@pytest.mark.parametrize("info", NETWORKS, ids=lambda info: info.id)
def test_addresses_are_torchvisions(info) -> None:
    official = {weights.url for weights in torchvision_models().get_model_weights(info.id)}
    assert info.url in official
    assert info.url.startswith(DOWNLOAD_BASE)
    assert info.hash_prefix
    assert info.file_name.endswith(f"-{info.hash_prefix}.pth")


@pytest.mark.parametrize("info", backbone_infos(), ids=lambda info: info.id)
def test_every_layer_can_be_used(info) -> None:
    backbone = architecture_only(info.id, info.layers)
    assert len(backbone.channels) == len(backbone.strides) == len(info.layers)
    assert list(backbone.strides) == sorted(backbone.strides)
    assert set(info.default_layers) | set(info.pyramid_layers) <= set(info.layers)
    assert architecture_only(info.id, ()).layers == info.default_layers


def test_the_default_needs_nothing_from_outside() -> None:
    info = backbone_info(DEFAULT_BACKBONE)
    assert info.id == "embedded_v1"
    assert info.embedded
    assert info.licence == backbone_info("filterbank").licence
    assert "drawn surfaces" in info.summary
    assert "not learned" in backbone_info("filterbank").summary


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("squeezenet1_1", ("features.4", "features.7")),
        ("resnet18", ("layer1", "layer3")),
        ("mobilenet_v3_large", ("features.6", "features.12")),
        ("efficientnet_b0", ("features.3",)),
    ],
)
def test_a_cut_network_gives_the_whole_ones_maps(name: str, layers: tuple[str, ...]) -> None:
    torch.manual_seed(0)
    model = torchvision_models().get_model(name, weights=None).eval()
    seen = {}
    for layer in layers:
        model.get_submodule(layer).register_forward_hook(
            lambda _module, _inputs, output, layer=layer: seen.update({layer: output.clone()})
        )
    images = torch.randn(2, 3, 96, 96)
    with torch.inference_mode():
        model(images)
        backbone = architecture_only(name, layers)
        load_tensors(backbone, dict(model.state_dict()))
        maps = backbone(images)
    for layer, found in zip(layers, maps, strict=True):
        torch.testing.assert_close(found, seen[layer], rtol=0, atol=0)
    held = set(backbone.body.state_dict())
    assert held < set(model.state_dict())
    assert not any(key.startswith(("fc", "classifier", "layer4")) for key in held)


def test_it_stays_frozen_whatever_surrounds_it() -> None:
    backbone = architecture_only("resnet18", ("layer1",))
    around = torch.nn.Sequential(backbone)
    around.train()
    assert not any(module.training for module in backbone.modules())
    assert not any(parameter.requires_grad for parameter in backbone.parameters())


def test_layers_are_checked_and_ordered() -> None:
    assert checked_layers("resnet18", ("layer3", "layer1", "layer3")) == ("layer1", "layer3")
    with pytest.raises(WeightsError) as error:
        checked_layers("resnet18", ("layer9",))
    assert error.value.code == "layer_unknown"
    with pytest.raises(WeightsError) as error:
        backbone_info("resnet19")
    assert error.value.code == "backbone_unknown"


def test_a_cut_network_can_be_exported() -> None:
    torch.manual_seed(0)
    model = torchvision_models().get_model("squeezenet1_1", weights=None).eval()
    cut = TruncatedNetwork(model, ("features.4", "features.7"))
    images = torch.randn(2, 3, 64, 64)
    program = torch.export.export(cut, (images,), dynamic_shapes=({0: torch.export.Dim("batch")},))
    for found, expected in zip(program.module()(images[:1].repeat(3, 1, 1, 1)), cut(images[:1]), strict=True):
        torch.testing.assert_close(found[2:], expected, rtol=1e-4, atol=1e-5)


def test_built_in_features_are_the_same_everywhere() -> None:
    one, two = (load_backbone(BackboneChoice("filterbank"), no_progress, CancelToken()) for _ in range(2))
    assert one.weights_sha256 == two.weights_sha256 == tensors_sha256(one.body)
    assert one.source == "embedded"
    images = torch.rand(1, 3, 64, 96) * 2 - 1
    for first, second in zip(one(images), two(images), strict=True):
        assert torch.isfinite(first).all()
        torch.testing.assert_close(first, second, rtol=0, atol=0)


@pytest.mark.parametrize("name", ["filterbank", "embedded_v1"])
def test_a_weights_file_for_embedded_features_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError) as caught:
        load_backbone(BackboneChoice(name, tmp_path / "any.pth"), no_progress, CancelToken())
    assert caught.value.code == "weights_not_needed"
