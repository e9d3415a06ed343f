"""What features cost in computing and in memory, so that a training's time can be told before it starts.

Counted once from the networks themselves; a test counts them again. Importing this needs no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspector.features.registry import BackboneChoice, backbone_info, checked_layers

_FLOAT_BYTES = 4


@dataclass(frozen=True, slots=True)
class LayerCost:
    """One layer: `channels` at `stride`; the multiply-adds for each pixel of the input to come this far (`reach`) and
    for this layer's map alone (`own`); `weights`: the tensors that are held to come this far, in bytes."""

    channels: int
    stride: int
    reach: float
    weights: int
    own: float = 0.0


@dataclass(frozen=True, slots=True)
class BackboneCost:
    """One backbone. `working_bytes`: what is alive at once inside, at most, for each pixel of the input. `efficiency`:
    which share of the speed of a large matrix product it reaches. `export_s`: the exporter's seconds (of the processor;
    for PaDiM and PatchCore on 20 pictures), which depend on how many steps there are and hardly on their size.

    Efficiencies were measured beside a float32 product of 512x512 matrices (123 GFLOP/s on one core of a Xeon with
    AVX-512; torch 2.13, a batch of four, 256x256 pixels, best of eight). Filters and depthwise convolutions spend most
    of their time on moving numbers, so they reach little of it.
    """

    layers: Mapping[str, LayerCost]
    working_bytes: float
    efficiency: float
    export_s: float = 5.0


@dataclass(frozen=True, slots=True)
class FeatureCost:
    """Features of one picture: `operations` as many as a matrix product does in the same time, the grid of the finest
    layer (`positions`), all layers' `channels` together; bytes of one picture at work and of the weights; seconds of
    the exporter."""

    operations: float
    positions: int
    channels: int
    working_bytes: float
    weights_bytes: int
    export_s: float

    @property
    def values(self) -> int:
        """How many numbers describe one picture."""
        return self.positions * self.channels


def _squeezenet() -> dict[str, LayerCost]:
    return {
        "features.3": LayerCost(128, 4, 1107.4, 52_800),
        "features.4": LayerCost(128, 4, 1851.6, 102_528),
        "features.6": LayerCost(256, 8, 2512.3, 283_904),
        "features.7": LayerCost(256, 8, 3233.1, 481_664),
        "features.9": LayerCost(384, 17, 3591.7, 901_184),
        "features.10": LayerCost(384, 17, 3971.4, 1_345_280),
        "features.11": LayerCost(512, 17, 4618.2, 2_101_248),
        "features.12": LayerCost(512, 17, 5293.2, 2_889_984),
    }


def _mobilenet() -> dict[str, LayerCost]:
    return {
        "features.1": LayerCost(16, 2, 208.0, 4_108),
        "features.2": LayerCost(24, 4, 596.0, 19_096),
        "features.3": LayerCost(24, 4, 852.5, 38_212),
        "features.4": LayerCost(40, 8, 1033.7, 81_008),
        "features.5": LayerCost(40, 8, 1230.7, 167_228),
        "features.6": LayerCost(40, 8, 1427.7, 253_448),
        "features.7": LayerCost(80, 16, 1661.1, 386_260),
        "features.8": LayerCost(80, 16, 1793.1, 529_152),
        "features.9": LayerCost(80, 16, 1914.6, 660_716),
        "features.10": LayerCost(80, 16, 2036.1, 792_280),
        "features.11": LayerCost(112, 16, 2414.7, 1_658_564),
        "features.12": LayerCost(112, 16, 3029.8, 3_214_704),
        "features.13": LayerCost(160, 32, 3448.6, 4_943_644),
        "features.14": LayerCost(160, 32, 3779.1, 8_149_736),
        "features.15": LayerCost(160, 32, 4109.6, 11_355_828),
        "features.16": LayerCost(960, 32, 4259.6, 11_985_592),
    }


def _efficientnet() -> dict[str, LayerCost]:
    return {
        "features.1": LayerCost(16, 2, 416.0, 10_156),
        "features.2": LayerCost(24, 4, 1511.0, 81_260),
        "features.3": LayerCost(40, 8, 2267.1, 274_628),
        "features.4": LayerCost(80, 16, 3135.0, 1_267_504),
        "features.5": LayerCost(112, 16, 4850.6, 3_472_004),
        "features.6": LayerCost(192, 32, 6673.0, 11_649_636),
        "features.7": LayerCost(320, 32, 7260.8, 14_539_568),
    }


def _resnet(channels: int, reaches: tuple[float, ...], weights: tuple[int, ...]) -> dict[str, LayerCost]:
    return {
        f"layer{place + 1}": LayerCost(channels << place, 4 << place, reach, held)
        for place, (reach, held) in enumerate(zip(reaches, weights, strict=True))
    }


_COSTS = {
    "embedded_v1": BackboneCost(
        {
            "stride4": LayerCost(128, 4, 3672.0, 250_432, own=384.0),
            "stride8": LayerCost(256, 8, 6912.0, 1_155_264, own=384.0),
            "stride16": LayerCost(384, 16, 9252.0, 3_701_312, own=240.0),
        },
        working_bytes=76.5,
        efficiency=0.56,
    ),
    "filterbank": BackboneCost(
        {"fine": LayerCost(36, 8, 9.0, 4_812, own=829.0), "coarse": LayerCost(29, 8, 9.0, 4_812, own=64.1)},
        working_bytes=88.4,
        efficiency=0.05,
        export_s=11.0,
    ),
    "squeezenet1_1": BackboneCost(_squeezenet(), working_bytes=96.9, efficiency=0.14),
    "mobilenet_v3_large": BackboneCost(_mobilenet(), working_bytes=144.0, efficiency=0.14),
    "efficientnet_b0": BackboneCost(_efficientnet(), working_bytes=208.0, efficiency=0.13),
    "resnet18": BackboneCost(
        _resnet(64, (11568.0, 19760.0, 27952.0, 36144.0), (632_596, 2_740_008, 11_149_116, 44_744_528)),
        working_bytes=128.0,
        efficiency=0.57,
    ),
    "resnet50": BackboneCost(
        _resnet(256, (15664.0, 36144.0, 65328.0, 81456.0), (913_196, 5_820_256, 34_295_724, 94_244_820)),
        working_bytes=208.0,
        efficiency=0.56,
        export_s=10.0,
    ),
    "wide_resnet50_2": BackboneCost(
        _resnet(256, (41776.0, 99120.0, 183088.0, 227120.0), (2_590_508, 16_557_920, 99_608_492, 267_610_068)),
        working_bytes=208.0,
        efficiency=0.74,
        export_s=10.0,
    ),
}


def backbone_cost(name: str) -> BackboneCost:
    """What is known of one backbone. Raises `WeightsError` `backbone_unknown`."""
    return _COSTS[backbone_info(name).id]


def multiply_adds(name: str, layers: tuple[str, ...]) -> float:
    """For each pixel of the input, to get the maps of these layers. Raises `WeightsError`."""
    used = [backbone_cost(name).layers[layer] for layer in checked_layers(name, layers)]
    return max(item.reach for item in used) + sum(item.own for item in used)


def layer_costs(choice: BackboneChoice) -> list[LayerCost]:
    """Of the layers chosen, which must be named, finest first. Raises `WeightsError`."""
    layers = backbone_cost(choice.name).layers
    return [layers[layer] for layer in checked_layers(choice.name, choice.layers)]


def feature_cost(choice: BackboneChoice, height: int, width: int) -> FeatureCost:
    """For one picture of this size in pixels and the layers chosen, which must be named. Raises `WeightsError`."""
    cost, used = backbone_cost(choice.name), layer_costs(choice)
    pixels, finest = height * width, used[0].stride
    positions = -(-height // finest) * -(-width // finest)
    channels = sum(item.channels for item in used)
    maps = sum(item.channels / item.stride**2 for item in used) * pixels * _FLOAT_BYTES
    return FeatureCost(
        operations=2 * multiply_adds(choice.name, choice.layers) * pixels / cost.efficiency,
        positions=positions,
        channels=channels,
        working_bytes=max(cost.working_bytes * pixels, maps + 2 * positions * channels * _FLOAT_BYTES),
        weights_bytes=max(item.weights for item in used),
        export_s=cost.export_s,
    )
