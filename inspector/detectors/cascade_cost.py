"""What CPR's local features cost, before there are any. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.detectors.work import Material, Work, learner_work
from inspector.features.costs import FeatureCost, backbone_cost, multiply_adds
from inspector.features.registry import BackboneChoice, checked_layers

BLOCKS = 25
_FLOAT, _HALF = 4, 2


def head_widths(dimensions: int) -> tuple[int, int]:
    """Channels before the Inception block of a head and in each of its four branches: 192 and 64 for 384."""
    return dimensions // 2, dimensions // 6


def head_weights(channels: int, dimensions: int) -> int:
    """How many numbers a head's convolutions are made of; each takes part once at every position."""
    trunk, branch = head_widths(dimensions)
    return channels * trunk + 4 * trunk * branch + (9 + 25) * branch**2 + 4 * branch * dimensions


@dataclass(frozen=True, slots=True)
class Cascade:
    """What of CPR's parameters decides its cost; `references` are those there really are."""

    dimensions: int
    references: int
    neighbours: int
    window: int
    clusters: int


def cascade_work(
    features: FeatureCost, choice: BackboneChoice, material: Material, cascade: Cascade, *, steps: int, batch: int
) -> Work:
    """Of local features for every used layer of a choice, and the references that are compared with."""
    layers = [backbone_cost(choice.name).layers[layer] for layer in checked_layers(choice.name, choice.layers)]
    grids = [(-(-material.height // layer.stride), -(-material.width // layer.stride)) for layer in layers]
    positions = [height * width for height, width in grids]
    sizes = [head_weights(layer.channels, cascade.dimensions) for layer in layers]
    heads = sum(size * count for size, count in zip(sizes, positions, strict=True))
    search = sum(
        _search(cascade, positions[place], grids[place][1], layers[0].stride / layer.stride)
        for place, layer in enumerate(layers)
    )
    backbone = multiply_adds(choice.name, choice.layers) * material.height * material.width
    one = sum(positions) * cascade.dimensions * _HALF + BLOCKS * cascade.clusters * _FLOAT + positions[0] * _HALF
    return learner_work(
        material,
        passes=2 * steps * batch,  # each picture has a good one beside it
        trained=heads + backbone / 3,
        judged=heads + backbone + search,
        weights=sum(sizes),
        saved=features.weights_bytes + _FLOAT * sum(sizes) + cascade.references * one,
        working_bytes=4 * int(features.working_bytes),
        batch=2 * batch,
    )


def _search(cascade: Cascade, positions: int, width: int, scale: float) -> float:
    reach = int(cascade.window // 2 * scale)
    compared = (2 * reach + 1) * width if reach else 1
    return float(min(cascade.neighbours, cascade.references) * positions * compared * cascade.dimensions)
