"""How large RegAD's networks are and what its training takes. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass, replace

from inspector.detectors.grids import bounded_grid
from inspector.detectors.work import Material, Work, learner_work, padim_work
from inspector.features.costs import FeatureCost, LayerCost

LOCALISER_WIDTH, LOCALISER_HIDDEN, LOCALISER_GRID = 16, 32, 8
"""Of the network that finds a layer's turn: channels, units, and the side of the grid it looks at."""
SIAMESE_WIDTH = 256
"""Channels of encoder and predictor."""

_SIAMESE_LAYERS, _PREDICTOR_LAYERS = 3, 2
_FLOAT = 4


@dataclass(frozen=True, slots=True)
class RegADCost:
    """`steps` with so many pictures each (`batch`); Gaussians of `dimensions` channels, learned from `copies` beside
    the good pictures."""

    steps: int
    batch: int
    dimensions: int
    copies: int


def copies_made(pictures: int, wanted: int, each: int) -> int:
    """How many altered copies, at most so many of `each` picture, are made to have as many as wanted."""
    return min(max(wanted - pictures, 0), pictures * each)


def regad_work(features: FeatureCost, layers: list[LayerCost], material: Material, cost: RegADCost) -> Work:
    """See `Detector.work`: `layers` are those whose maps are looked at, finest first."""
    seen = replace(material, images=material.images + cost.copies)
    places = padim_work(features, seen, dimensions=cost.dimensions, held_bytes=1 << 40)
    coarsest = layers[-1]
    positions = -(-material.height // coarsest.stride) * -(-material.width // coarsest.stride)
    widths = coarsest.channels + (_SIAMESE_LAYERS - 1 + _PREDICTOR_LAYERS) * SIAMESE_WIDTH
    weights = sum(_localiser_weights(layer, material) for layer in layers)
    saved = places.learned_bytes + weights * _FLOAT
    learner = learner_work(
        material,
        passes=cost.steps * cost.batch,
        trained=positions * widths * SIAMESE_WIDTH,
        judged=places.judging / 2,
        weights=weights + widths * SIAMESE_WIDTH,
        saved=saved,
        working_bytes=int(features.working_bytes),
        batch=cost.batch,
    )
    passes = cost.steps * cost.batch + seen.images
    return replace(
        learner,
        learning=learner.learning + passes * features.operations + places.learning,
        judging=places.judging,
        peak_bytes=max(learner.peak_bytes, places.peak_bytes + saved),
    )


def _localiser_weights(layer: LayerCost, material: Material) -> int:
    grid = (-(-material.height // layer.stride), -(-material.width // layer.stride))
    rows, columns = bounded_grid(*grid, LOCALISER_GRID)
    convolutions = (layer.channels + 1 + 9 * LOCALISER_WIDTH + 1) * LOCALISER_WIDTH
    return convolutions + (LOCALISER_WIDTH * rows * columns + 1) * LOCALISER_HIDDEN + 3 * (LOCALISER_HIDDEN + 1)
