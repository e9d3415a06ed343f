"""Shapes of the flows' networks, and what they cost by arithmetic. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from inspector.detectors.work import STORE_BYTES, Material, NetworkCost, Work, learner_work
from inspector.features.costs import FeatureCost, backbone_cost, multiply_adds
from inspector.features.registry import BackboneChoice

CSFLOW_SCALES = 3
_SMALLEST_SIDE = 32
"""No picture is made smaller: below, networks see nothing but their own borders."""

_FLOAT, _INTEGER = 4, 8
_FASTFLOW_COPIES, _CSFLOW_COPIES = 2.25, 6
"""Numbers that training keeps for each value of a map in each step, to come back by: shuffled, scaled, log-scales."""
_CSFLOW_INSIDE = 6
"""And for each one between the convolutions of CS-Flow's two subnets; FastFlow keeps it once."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The shape of one feature map."""

    channels: int
    positions: int


def fastflow_kernels(steps: int) -> list[int]:
    """Side of the convolutions in each step: wide and narrow in turn."""
    return [3 if step % 2 == 0 else 1 for step in range(steps)]


def csflow_kernels(steps: int) -> list[int]:
    """Side of the convolutions in each step: the last one sees farther."""
    return [3] * (steps - 1) + [5]


def fastflow_width(inputs: int, ratio: float) -> int:
    """Channels between the two convolutions of a step that sees so many."""
    return max(round(ratio * inputs), 1)


def scale_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """(height, width) of the picture at each of CS-Flow's scales, finest first."""
    return [
        (max(height >> scale, min(height, _SMALLEST_SIDE)), max(width >> scale, min(width, _SMALLEST_SIDE)))
        for scale in range(CSFLOW_SCALES)
    ]


def grids_of(choice: BackboneChoice, sizes: Sequence[tuple[int, int]]) -> list[Grid]:
    """The maps of pictures of these sizes; layers must be named. Raises `WeightsError`."""
    layers = backbone_cost(choice.name).layers
    used = [layers[layer] for layer in layers if layer in choice.layers]
    return [
        Grid(layer.channels, -(-height // layer.stride) * -(-width // layer.stride))
        for height, width in sizes
        for layer in used
    ]


def fastflow_cost(grids: Sequence[Grid], steps: int, ratio: float) -> NetworkCost:
    """Of FastFlow's flows, one for each map."""
    parts = []
    for grid in grids:
        first, second = grid.channels // 2, grid.channels - grid.channels // 2
        width = fastflow_width(first, ratio)
        for side in fastflow_kernels(steps):
            parts.append(_convolution(side, first, width, grid.positions))
            parts.append(_convolution(side, width, 2 * second, grid.positions))
    return _together(parts)


def csflow_cost(grids: Sequence[Grid], steps: int, width: int) -> NetworkCost:
    """Of CS-Flow's one flow through maps of falling size."""
    parts = []
    for side in csflow_kernels(steps):
        for place, grid in enumerate(grids):
            # Each half goes into one subnet and comes out of the other one, twice.
            first, second = grid.channels // 2, grid.channels - grid.channels // 2
            for inputs, outputs in ((first, 2 * second), (second, 2 * first)):
                parts.append(_convolution(side, inputs, width, grid.positions))
                neighbours = (place > 0) + (place < len(grids) - 1)
                parts += [_convolution(side, width, outputs, grid.positions)] * (1 + neighbours)
        parts.append(NetworkCost(0, 2 * len(grids)))
    return _together(parts)


def fastflow_kept(grids: Sequence[Grid], ratio: float) -> float:
    """How many numbers of one picture each step keeps in training."""
    return sum(
        grid.positions * (_FASTFLOW_COPIES * grid.channels + fastflow_width(grid.channels // 2, ratio))
        for grid in grids
    )


def csflow_kept(grids: Sequence[Grid], width: int) -> float:
    """How many numbers of one picture each step keeps in training."""
    return sum(grid.positions * (_CSFLOW_COPIES * grid.channels + _CSFLOW_INSIDE * width) for grid in grids)


def _convolution(side: int, inputs: int, outputs: int, positions: int) -> NetworkCost:
    weights = side**2 * inputs * outputs
    return NetworkCost(weights * positions, weights + outputs)


def _together(parts: Sequence[NetworkCost]) -> NetworkCost:
    return NetworkCost(sum(item.multiply_adds for item in parts), sum(item.weights for item in parts))


def flow_work(
    choice: BackboneChoice,
    features: FeatureCost,
    material: Material,
    sizes: Sequence[tuple[int, int]],
    flow: NetworkCost,
    *,
    kept: float,
    blocks: int,
    steps: int,
    batch: int,
) -> Work:
    """Of a flow of so many `blocks`, of which each has `kept` numbers of one picture in training, over the features of
    pictures of `sizes`. Features of pictures that can be kept are computed once."""
    grids = grids_of(choice, sizes)
    values = sum(grid.channels * grid.positions for grid in grids)
    pixels = sum(rows * columns for rows, columns in sizes)
    computed = features.operations * pixels / (material.height * material.width)
    channels = sum(grid.channels for grid in grids)
    work = learner_work(
        material,
        passes=steps * batch,
        trained=flow.multiply_adds,
        judged=flow.multiply_adds + multiply_adds(choice.name, choice.layers) * pixels,
        weights=flow.weights,
        saved=features.weights_bytes + _FLOAT * (flow.weights + 2 * channels) + _INTEGER * channels * blocks,
        working_bytes=round(_FLOAT * (blocks + 1) * kept),
        batch=batch,
    )
    work = replace(work, features=computed, embedded_bytes=_FLOAT * values)
    again = 1 - work.kept(material.images) / max(material.images, 1)
    pictures = min(material.images * 3 * material.height * material.width, STORE_BYTES)  # are kept beside them
    return replace(
        work,
        learning=work.learning + again * steps * batch * computed,
        peak_bytes=work.peak_bytes + pictures,
    )
