"""PaDiM: every position of an aligned part has its own Gaussian of good features."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from inspector.detectors import shared_parameters
from inspector.detectors.cross_validation import Subset
from inspector.detectors.feature_detector import FeatureDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work, padim_work
from inspector.features.costs import FeatureCost
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress, no_progress

if TYPE_CHECKING:
    from torch import Tensor, nn

    from inspector.detectors.components.gaussians import PositionGaussians, Sums
    from inspector.detectors.components.padim_network import PaDiMNetwork, ReducedEmbedding
    from inspector.features.loading import LoadedBackbone

_HELD_BYTES = 256 << 20


@dataclass(frozen=True)
class PaDiMParameters(Parameters):
    """See `PaDiM`."""

    dimensions: int = parameter(
        100,
        "Feature dimensions",
        "So many channels are drawn at random from all layers. Memory and model size grow with their square.",
        minimum=2,
        maximum=550,
        quick=40,
    )
    regularisation: float = parameter(
        0.01,
        "Regularisation",
        "Added to each variance, as a share of the typical one. With fewer pictures than dimensions it says how "
        "directions count that never varied.",
        minimum=1e-6,
        maximum=10.0,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=True)


class PaDiM(FeatureDetector):
    """Defard et al., ICPR workshops 2020, arXiv 2011.08785.

    Departures: nothing is cropped away; distances use the inverse of the covariance's Cholesky factor instead of the
    covariance's inverse; sums are kept in float64, so that any number of images is learned from in the same memory; the
    regularisation is a share of the typical variance (0.01 for all features in the paper).
    """

    id: ClassVar[str] = "padim"
    title: ClassVar[str] = "PaDiM"
    summary: ClassVar[str] = (
        "Learns what is usual at every place of the picture. The first choice where parts lie alike in every picture; "
        "where they are turned or moved about, choose PatchCore."
    )
    parameters_type: ClassVar[type[Parameters]] = PaDiMParameters
    layer_set: ClassVar = "pyramid"
    learns_places: ClassVar[bool] = True

    @property
    def _chosen(self) -> PaDiMParameters:
        return cast(PaDiMParameters, self.parameters)

    def _learn(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> nn.Module:
        from inspector.detectors.components.gaussians import PositionGaussians, fit_gaussians

        embedding = self._embedding(backbone)
        sums = self._sums(embedding, preprocessing, images, progress, cancel)
        means, factors = fit_gaussians(sums, self._ridge(sums), progress, cancel)
        return self._assembled(embedding, PositionGaussians(means, factors), preprocessing)

    def _embedding(self, backbone: LoadedBackbone) -> ReducedEmbedding:
        from inspector.detectors.components.embedding import drawn_channels
        from inspector.detectors.components.padim_network import ReducedEmbedding

        drawn = drawn_channels(sum(backbone.channels), self._chosen.dimensions, self.settings.seed)
        return ReducedEmbedding(backbone, drawn).to(backbone.device)

    def _sums(
        self,
        embedding: ReducedEmbedding,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> Sums:
        from inspector.detectors.components.gaussians import Sums, check_size

        sums = None
        for batch in self._embed(embedding, images, preprocessing, embedding.backbone.device, progress, cancel):
            vectors = batch.flatten(1, 2)
            if sums is None:
                check_size(*vectors.shape[1:])
                sums = Sums.empty(vectors.shape[1], vectors.shape[2], vectors.device)
            sums.add(vectors)
        assert sums is not None  # `fit` refuses an empty sequence
        return sums

    def _ridge(self, sums: Sums) -> float:
        """What is added to variances: on the scale of these features, whatever network they come from."""
        return self._chosen.regularisation * sums.typical_variance()

    def _assembled(
        self, embedding: ReducedEmbedding, gaussians: PositionGaussians, preprocessing: Preprocessing
    ) -> PaDiMNetwork:
        from inspector.detectors.components.padim_network import PaDiMNetwork
        from inspector.detectors.components.smoothing import MapUpsampling

        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return PaDiMNetwork(embedding, gaussians, upsampling.to(gaussians.means.device)).eval()

    def _work(self, features: FeatureCost, material: Material) -> Work:
        return padim_work(features, material, dimensions=self._chosen.dimensions, held_bytes=_HELD_BYTES)

    def _backbone_of(self, network: nn.Module) -> LoadedBackbone:
        return cast("PaDiMNetwork", network).embedding.backbone

    def _learned_tensors(self, network: nn.Module) -> dict[str, Tensor]:
        fitted = cast("PaDiMNetwork", network)
        return {
            "channels": fitted.embedding.channels,
            "gaussians.means": fitted.gaussians.means,
            "gaussians.factors": fitted.gaussians.factors,
        }

    def _rebuild(self, backbone: LoadedBackbone, tensors: dict[str, Tensor], preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.gaussians import PositionGaussians
        from inspector.detectors.components.padim_network import ReducedEmbedding

        channels, means, factors = (tensors[key] for key in ("channels", "gaussians.means", "gaussians.factors"))
        if means.shape[1:] != channels.shape or factors.shape != (*means.shape, means.shape[1]):
            raise ValueError(f"means {tuple(means.shape)}, factors {tuple(factors.shape)}")
        return self._assembled(ReducedEmbedding(backbone, channels), PositionGaussians(means, factors), preprocessing)

    def _held_out_scores(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        folds: Sequence[NDArray[np.intp]],
        progress: Progress,
        cancel: CancelToken,
    ) -> NDArray[np.float64]:
        """Sums over all images are made once. A fold's images are taken out of them, judged, and put back; their
        features are computed again for that where keeping them would take too much memory."""
        import torch

        embedding = self._embedding(backbone)
        sums = self._sums(embedding, preprocessing, images, progress, cancel)
        fitting = _HELD_BYTES // (sums.first.numel() * 4)
        scores = np.empty(len(images))
        done = 0
        for held in folds:
            some = Subset(images, held)
            embedded: Iterable[Tensor] = _Embedded(
                partial(self._embed, embedding, some, preprocessing, backbone.device, no_progress, cancel)
            )
            if len(held) <= fitting:
                embedded = [torch.cat(list(embedded))]
            found: list[float] = []
            for judged in self._scores_without(sums, embedded, embedding, preprocessing, cancel):
                found += judged
                progress(done + len(found), len(images), "cross_validation")
            scores[held] = found
            done += len(held)
        return scores

    def _scores_without(
        self,
        sums: Sums,
        embedded: Iterable[Tensor],
        embedding: ReducedEmbedding,
        preprocessing: Preprocessing,
        cancel: CancelToken,
    ) -> Iterator[list[float]]:
        """Scores of embedded images, batches of (n, h, w, d) gone through twice, by Gaussians of all others in `sums`,
        which are as before at the end."""
        from inspector.detectors.components.gaussians import PositionGaussians, fit_gaussians

        for grids in embedded:
            sums.remove(grids.flatten(1, 2))
        gaussians = PositionGaussians(*fit_gaussians(sums, self._ridge(sums), no_progress, cancel))
        network = self._assembled(embedding, gaussians, preprocessing)
        for grids in embedded:
            sums.add(grids.flatten(1, 2))
            yield network.judged(grids)[0].tolist()


@dataclass(frozen=True)
class _Embedded:
    """Batches of embedded images, computed again each time they are gone through."""

    embed: Callable[[], Iterator[Tensor]]

    def __iter__(self) -> Iterator[Tensor]:
        return self.embed()
