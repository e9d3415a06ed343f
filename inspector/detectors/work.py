"""What a training has to compute and to hold, told before it starts. Imports no torch.

Work is counted in operations of a large float32 matrix product that takes as long. Where a step multiplies no
matrices, the constants below say how many such operations it is worth. They were measured beside a product of 512x512
matrices on one core (63 to 123 GFLOP/s, torch 2.13, both taken while other programs ran);
`benchmarks/training_estimate.py` shows how far off they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from inspector.features.costs import FeatureCost, feature_cost, multiply_adds
from inspector.features.registry import BackboneChoice

FEATURE_PASSES = 3
"""How often a picture is needed: once to learn, and twice when parts are scored by the others. Those whose features
are kept go through the backbone once."""

SAMPLE_PATCHES = 20_000
"""PatchCore's conditioning is learned from at most so many."""

STORE_BYTES = 512 << 20
"""Features of so many bytes are kept from learning until parts have been scored by the others."""

PROCESSOR_BATCH = 4
"""Pictures that go through the backbone at once: so few that a cancel is heard within a second even with the largest
network."""

_POOLED_SUM = 8
"""Operations for one number of the maps whose mean over the picture is taken."""
_COMPARED_SHARE = 0.7
"""Share that comparing two pictures' maps reaches, the choice of the nearest included: 50 ms for 5 pictures of 1,024
positions of 256 channels and 256 of 384."""
_POOLED, _STACKED = 2000, 700
"""Operations for one number of the stacked maps: 27 ms for 655,000 pooled ones, 7 ms for plain ones."""
_CONDITIONED = {"none": 600, "standardise": 2500, "whiten": 2500}
"""Operations for one number of the patches whose mean and deviation are taken in float64: 0.35 s and 1.5 s for
32 million."""
_DOUBLE_SHARE = 0.35
"""Share of the speed that a product in float64 reaches: 1.9 s for the covariance of 50,000 patches of 640."""
_AXES = 25
"""Times C³ operations for the principal axes of C channels."""
_PAIR = 170
"""Operations for a pair of patch and chosen patch beside their product: 1.2 s for 50,000 times 5,000 of 64."""
_BLOCK, _COARSE, _REFINED = 4, 64, 64
"""The fast search: blocks of so many patches are compared in so many dimensions, so many patches in all of them."""
_SMALL_PRODUCTS_SHARE = 0.05
"""Share that many small products in float64 reach: 26 ms for 4 pictures of 1,024 positions of 100 dimensions."""
_FACTOR_CUBED, _FACTOR_SQUARED = 22, 1500
"""Operations to invert the covariance of one position, times d³ and d²: 71, 490 and 3,700 ms for 1,024 positions of
40, 100 and 200 dimensions."""
_DISTANCE = 50
"""Operations for one number of the factors when a picture is judged: 6 ms for 10 million."""
_SMOOTHED = 3200
"""Operations for a pixel of the map: 3.4 ms for 256x256."""

_LEARNING = 3
"""A step is forward and twice as much backward."""
_CONVOLUTION_SHARE = 0.3
"""Share of the speed that plain convolutions reach in training: 0.15 to 0.45 for those of this program."""
_OPTIMISER_COPIES = 3
"""Gradients and two moments beside the weights."""
_LEARNER_EXPORT_S = 6.0

_FLOAT, _DOUBLE = 4, 8


@dataclass(frozen=True, slots=True)
class Material:
    """`images` good pictures to learn from, brought to `height` times `width` pixels, scored in `folds` parts by the
    others."""

    images: int
    height: int
    width: int
    folds: int

    @property
    def parts(self) -> int:
        """How many folds there really are: none is empty."""
        return min(max(self.folds, 2), max(self.images, 1))


@dataclass(frozen=True, slots=True)
class Work:
    """Operations for the features of one picture (each time they are computed), for learning from all features, for the
    cross-validated scores beyond features, and for judging one picture once. `export_s`: seconds to export the network,
    whatever it has learned; `embedded_bytes`: features of one picture; `learned_bytes` is what it holds, `peak_bytes`
    the most that learning and scoring hold beyond the program itself and the features that are kept."""

    features: float
    learning: float
    validation: float
    judging: float
    export_s: float
    embedded_bytes: int
    learned_bytes: int
    peak_bytes: int

    def kept(self, images: int) -> int:
        """Of how many of so many pictures the features are kept."""
        return min(images, STORE_BYTES // self.embedded_bytes)


def patchcore_work(
    features: FeatureCost,
    material: Material,
    *,
    limit: int,
    ratio: float,
    conditioning: str,
    kept: int,
    projected: int,
    fast: bool,
) -> Work:
    """Of a memory bank of a share of `ratio` of at most `limit` patches; `kept` and `projected` are the dimensions
    after conditioning and of the choice, `fast` the search."""
    patches = material.images * features.positions
    dimensions = min(kept, features.channels) if conditioning == "whiten" else features.channels
    bank = max(1, round(ratio * min(limit, patches)))
    turning = 2 * features.channels * dimensions if conditioning == "whiten" else 0
    pair = 2 * min(projected, dimensions) + _PAIR
    others = 1 - 1 / material.parts
    # Of folds with many patches only the chosen ones take part in the choice for the others.
    many = patches > limit
    left = (material.parts - 1) * bank if many else patches * others
    sampling = _sampling(min(patches, SAMPLE_PATCHES), features.channels, conditioning)
    search = _searching(features.positions, bank, dimensions, fast=fast)
    return Work(
        features=features.operations + features.values * _POOLED,
        learning=sampling + patches * (turning + bank * pair),
        validation=material.parts * (2 * sampling + left * (turning + bank * others * pair))
        + (patches * (turning + bank * pair) if many else 0)
        + material.images * search * others,
        judging=features.operations + features.values * _STACKED + search,
        export_s=features.export_s,
        embedded_bytes=features.values * _FLOAT,
        learned_bytes=features.weights_bytes + bank * dimensions * _FLOAT,
        peak_bytes=_batch_bytes(features)
        + SAMPLE_PATCHES * features.channels * _FLOAT
        + 2 * min(patches, limit) * (features.channels + dimensions) * _FLOAT,
    )


def _sampling(points: float, channels: int, conditioning: str) -> float:
    """Operations to learn how channels vary from some points, and their principal axes."""
    scaled = points * channels * _CONDITIONED[conditioning]
    return scaled + (2 * points * channels**2 / _DOUBLE_SHARE + _AXES * channels**3 if conditioning == "whiten" else 0)


def _searching(positions: int, bank: int, dimensions: int, *, fast: bool) -> float:
    """Operations to find the nearest of the bank's patches to those of one picture."""
    if not fast:
        return float(positions * bank * (2 * dimensions + _PAIR))
    coarse = positions / _BLOCK * bank * (2 * min(_COARSE, dimensions) + _PAIR)
    return coarse + _REFINED * bank * (2 * dimensions + _PAIR)


def padim_work(features: FeatureCost, material: Material, *, dimensions: int, held_bytes: int) -> Work:
    """Of a Gaussian of `dimensions` channels for every position; what is scored together fits into `held_bytes`."""
    d, positions = min(dimensions, features.channels), features.positions
    one = positions * d
    folds = min(max(material.parts, -(-material.images * one * _FLOAT // held_bytes)), max(material.images, 1))
    gaussians = positions * (_FACTOR_CUBED * d**3 + _FACTOR_SQUARED * d**2)
    summing = material.images * 2 * one * d / _SMALL_PRODUCTS_SHARE
    smoothing = material.height * material.width * _SMOOTHED
    held = -(-material.images // folds) * one
    return Work(
        features=features.operations + features.values * _STACKED,
        learning=summing + gaussians,
        # Taking a fold away again is half the work: its pictures come at once.
        validation=1.5 * summing + folds * gaussians + material.images * smoothing,
        judging=features.operations + features.values * _STACKED + one * d * _DISTANCE + smoothing,
        export_s=features.export_s,
        embedded_bytes=one * _FLOAT,
        learned_bytes=features.weights_bytes + one * (d + 1) * _FLOAT,
        peak_bytes=_batch_bytes(features) + one * d * (_FLOAT + _DOUBLE) + held * (_FLOAT + 2 * _DOUBLE),
    )


def pooled_work(
    features: FeatureCost,
    material: Material,
    *,
    gallery: int,
    held: int = 0,
    compared: float = 0.0,
    map_pixels: int = 0,
) -> Work:
    """Of a gallery of at most so many pictures, each with its pooled features and `held` numbers of its maps; the maps
    of a picture are compared by `compared` multiply-adds and shown on `map_pixels`."""
    kept = min(material.images, gallery)
    pooling = features.values * _POOLED_SUM
    looking = kept * (2 * features.channels + _PAIR)
    others = 1 - 1 / material.parts
    choosing = material.images * kept * (2 * features.channels + _PAIR)
    return Work(
        features=features.operations + pooling,
        learning=choosing + (kept * (features.operations + held) if held else 0),
        validation=material.parts * choosing * others + material.images * looking * others,
        judging=features.operations + pooling + looking + 2 * compared / _COMPARED_SHARE + map_pixels * _SMOOTHED,
        export_s=features.export_s,
        embedded_bytes=features.channels * _FLOAT,
        learned_bytes=features.weights_bytes + (kept * (features.channels + held) + features.channels) * _FLOAT,
        peak_bytes=_batch_bytes(features) + (2 * material.images * features.channels + kept * held) * _FLOAT,
    )


def learner_work(
    material: Material,
    *,
    passes: float,
    trained: float,
    judged: float,
    weights: int,
    saved: int,
    working_bytes: int,
    batch: int,
) -> Work:
    """Of a network that is trained by steps, in multiply-adds of one picture: `trained` for what is learned (forward)
    in each of the `passes` in which a picture is taken in, frozen parts included as a third; `judged` to judge one.
    `weights`: how many numbers are learned; `saved`: bytes of all that is saved; `working_bytes` of one picture in
    training, of which `batch` are at work at once.
    """
    held_out = max(material.images / 5, 1)
    judging = 2 * judged / _CONVOLUTION_SHARE
    return Work(
        features=material.height * material.width,
        learning=passes * _LEARNING * 2 * trained / _CONVOLUTION_SHARE,
        validation=held_out * judging,
        judging=judging,
        export_s=_LEARNER_EXPORT_S,
        embedded_bytes=3 * material.height * material.width,
        learned_bytes=saved,
        peak_bytes=saved + _OPTIMISER_COPIES * weights * _FLOAT + batch * working_bytes,
    )


@dataclass(frozen=True, slots=True)
class NetworkCost:
    """Of one picture through a network: multiply-adds; and how many numbers the network is made of."""

    multiply_adds: float
    weights: int


def twin_cost(choice: BackboneChoice, pixels: int) -> NetworkCost:
    """Of `components.twin.untrained_twin` for these features."""
    if choice.name == "filterbank":  # which has no network of its own: the embedded one's first two stages
        choice = BackboneChoice("embedded_v1", None, ("stride8",))
    one_pixel = feature_cost(choice, 1, 1)
    return NetworkCost(multiply_adds(choice.name, choice.layers) * pixels, one_pixel.weights_bytes // _FLOAT)


def _batch_bytes(features: FeatureCost) -> int:
    return int(PROCESSOR_BATCH * features.working_bytes) + features.weights_bytes
