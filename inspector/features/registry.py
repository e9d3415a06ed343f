"""What backbones there are: names, layers, where their official weights lie. Importing this needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inspector.errors import WeightsError

DOWNLOAD_BASE = "https://download.pytorch.org/models/"
"""Where torchvision publishes its weights; the file names below carry the first digits of their SHA-256."""

DEFAULT_BACKBONE = "embedded_v1"

_IMAGENET_LICENCE = (
    "Network code: BSD-3 (torchvision). The weights were trained on ImageNet, whose images are licensed for "
    "non-commercial research; whether that reaches the weights is for your legal department to say."
)
_OWN_LICENCE = "Part of this program (Apache-2.0)."


@dataclass(frozen=True, slots=True)
class BackboneInfo:
    """One choice of features.

    `layers` are all that may be used, fine to coarse; `default_layers` are two middle ones (enough for patch methods),
    `pyramid_layers` reach from fine to coarse (for methods that model every position). `embedded` features come with
    the program: learned ones have `resource` (the name of their file among the program's own), computed ones no file
    at all. The others have `url`. Of every such file `hash_prefix` gives the leading hexadecimal digits of the SHA-256.
    """

    id: str
    title: str
    summary: str
    layers: tuple[str, ...]
    default_layers: tuple[str, ...]
    pyramid_layers: tuple[str, ...]
    licence: str
    embedded: bool = False
    resource: str | None = None
    url: str | None = None
    hash_prefix: str = ""

    @property
    def file_name(self) -> str | None:
        """Name of the official weights' file."""
        return self.url.rsplit("/", 1)[-1] if self.url else None


@dataclass(frozen=True)
class BackboneChoice:
    """Which features to use: a name from this registry, weights from a file (else embedded or downloaded), and
    its layers (empty: the defaults)."""

    name: str
    weights: Path | None = None
    layers: tuple[str, ...] = ()


def _features(*indices: int) -> tuple[str, ...]:
    return tuple(f"features.{index}" for index in indices)


def _torchvision(
    name: str,
    title: str,
    summary: str,
    file: str,
    layers: tuple[str, ...],
    default: tuple[str, ...],
    pyramid: tuple[str, ...],
) -> BackboneInfo:
    return BackboneInfo(
        id=name,
        title=title,
        summary=summary,
        layers=layers,
        default_layers=default,
        pyramid_layers=pyramid,
        licence=_IMAGENET_LICENCE,
        url=DOWNLOAD_BASE + file,
        hash_prefix=file.removesuffix(".pth").rsplit("-", 1)[-1],
    )


_RESNET_LAYERS = ("layer1", "layer2", "layer3", "layer4")

_INFOS = (
    BackboneInfo(
        # The version is part of the id: a later network stands beside this one, whose models stay what they are.
        id="embedded_v1",
        title="Inspector features 1",
        summary="Made for this program: taught on drawn surfaces and some photographs to see like a small ImageNet "
        "network and to tell damage from its surroundings.\n"
        "Try a larger ImageNet network where defects are subtle or logical, or good parts vary much, if there is a "
        "graphics card or time.",
        layers=("stride4", "stride8", "stride16"),
        default_layers=("stride8", "stride16"),
        pyramid_layers=("stride8", "stride16"),
        licence=_OWN_LICENCE,
        embedded=True,
        resource="backbones/embedded_v1.safetensors",
        hash_prefix="95ca1cbe625fcd5ebb7da57178c1677e1d4f1590d5cd31a3cb46041a6524d8dc",
    ),
    BackboneInfo(
        id="filterbank",
        title="Built-in filter bank",
        summary="Hand-made colour and texture filters, computed and not learned: the choice without any network.",
        layers=("fine", "coarse"),
        default_layers=("fine", "coarse"),
        pyramid_layers=("fine", "coarse"),
        licence=_OWN_LICENCE,
        embedded=True,
    ),
    _torchvision(
        "squeezenet1_1",
        "SqueezeNet 1.1",
        "The smallest ImageNet network (3 MB as half precision); quick on every computer.",
        "squeezenet1_1-b8a52dc0.pth",
        _features(3, 4, 6, 7, 9, 10, 11, 12),
        _features(7, 10),
        _features(3, 6, 9),
    ),
    _torchvision(
        "mobilenet_v3_large",
        "MobileNet V3 large",
        "A small ImageNet network made for processors without a graphics card.",
        "mobilenet_v3_large-8738ca79.pth",
        _features(*range(1, 17)),
        _features(6, 12),
        _features(3, 6, 12),
    ),
    _torchvision(
        "efficientnet_b0",
        "EfficientNet B0",
        "A compact ImageNet network, slower than MobileNet and finer in what it tells apart.",
        "efficientnet_b0_rwightman-7f5810bc.pth",
        _features(*range(1, 8)),
        _features(3, 5),
        _features(2, 3, 5),
    ),
    _torchvision(
        "resnet18",
        "ResNet-18",
        "The usual small ImageNet network of the literature.",
        "resnet18-f37072fd.pth",
        _RESNET_LAYERS,
        ("layer2", "layer3"),
        ("layer1", "layer2", "layer3"),
    ),
    _torchvision(
        "resnet50",
        "ResNet-50",
        "A large ImageNet network; several times slower than ResNet-18.",
        "resnet50-0676ba61.pth",
        _RESNET_LAYERS,
        ("layer2", "layer3"),
        ("layer1", "layer2", "layer3"),
    ),
    _torchvision(
        "wide_resnet50_2",
        "Wide ResNet-50-2",
        "The network with which PatchCore's published figures were made; for computers with a graphics card.",
        "wide_resnet50_2-95faca4d.pth",
        _RESNET_LAYERS,
        ("layer2", "layer3"),
        ("layer1", "layer2", "layer3"),
    ),
)

_BY_ID = {info.id: info for info in _INFOS}


def backbone_infos() -> list[BackboneInfo]:
    """All backbones, in the order a person should meet them."""
    return list(_BY_ID.values())


def backbone_info(name: str) -> BackboneInfo:
    """One backbone. Raises `WeightsError` `backbone_unknown`."""
    if name not in _BY_ID:
        raise WeightsError("backbone_unknown", name=name, known=", ".join(_BY_ID))
    return _BY_ID[name]


def checked_layers(name: str, layers: tuple[str, ...]) -> tuple[str, ...]:
    """The layers without repetition, from fine to coarse. Raises `WeightsError` `backbone_unknown`, `layer_unknown`."""
    info = backbone_info(name)
    for layer in layers:
        if layer not in info.layers:
            raise WeightsError("layer_unknown", name=name, layer=layer, known=", ".join(info.layers))
    return tuple(layer for layer in info.layers if layer in layers)
