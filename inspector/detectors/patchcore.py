"""PatchCore: a part is as unusual as its most unusual patch is far from all patches of good parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import numpy as np
from numpy.typing import NDArray

from inspector.detectors import shared_parameters
from inspector.detectors.cross_validation import Subset
from inspector.detectors.feature_detector import FeatureDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work, patchcore_work
from inspector.features.costs import FeatureCost
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress, no_progress

if TYPE_CHECKING:
    from torch import Tensor, nn

    from inspector.detectors.components.bank_selection import BankSelection
    from inspector.detectors.components.conditioning import Conditioning
    from inspector.detectors.components.embedding import PatchEmbedding
    from inspector.detectors.components.patchcore_network import PatchCoreNetwork
    from inspector.features.loading import LoadedBackbone


@dataclass(frozen=True)
class PatchCoreParameters(Parameters):
    """See `PatchCore`."""

    coreset_ratio: float = parameter(
        0.1,
        "Share of patches kept",
        "How much of the collected patches goes into the memory bank. More is slower and seldom better.",
        minimum=0.0001,
        maximum=1.0,
        quick=0.05,
    )
    max_patches: int = parameter(
        50_000,
        "Patches at once",
        "So many patches are held while the memory bank is chosen; more are gone through in turns. The bank gets its "
        "share of this number at most.",
        minimum=1_000,
        maximum=2_000_000,
        quick=20_000,
    )
    conditioning: str = parameter(
        "whiten",
        "Feature scaling",
        "none: as the network gives them; standardise: every channel varies alike over good parts; "
        "whiten: strong and weak directions are brought closer together too, and only the strongest are kept.",
        choices=("none", "standardise", "whiten"),
    )
    dimensions: int = parameter(
        128,
        "Dimensions when whitening",
        "How many directions are kept when whitening. Fewer are faster.",
        minimum=2,
        maximum=2048,
        quick=64,
    )
    neighbourhood: int = parameter(
        3,
        "Neighbourhood",
        "Each patch is averaged with its neighbours over a square of this side (odd).",
        minimum=1,
        maximum=9,
    )
    border: str = parameter(
        "fading",
        "Border of the picture",
        "fading: patches at the border count less, as networks see less of them; full: they count like all others.",
        choices=("fading", "full"),
        earlier="full",
    )
    neighbours: int = parameter(
        1,
        "Nearest neighbours",
        "A patch's distance is the mean over so many nearest patches of the bank.",
        minimum=1,
        maximum=20,
    )
    search: str = parameter(
        "fast",
        "Search",
        "fast: patches are compared with a few candidates, the most unusual ones with the whole memory; the score is "
        "that of the exact search, or, rarely, a little higher. exact: every patch with the whole memory.",
        choices=("fast", "exact"),
        earlier="exact",
    )
    reweighting: str = parameter(
        "none",
        "Score weighting",
        "none: the score is the largest patch distance, as in the authors' program; "
        "paper: it is lowered where good parts vary much.",
        choices=("none", "paper"),
    )
    projection: int = parameter(
        128,
        "Dimensions when choosing",
        "The bank is chosen on features reduced to so many random directions; this affects speed.",
        minimum=8,
        maximum=2048,
        quick=64,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=False)


class PatchCore(FeatureDetector):
    """Roth et al., CVPR 2022, arXiv 2106.08265.

    Departures from the authors' program: layers are averaged over a neighbourhood and stacked at their own widths
    (no adaptive pooling to 1024); nothing is cropped away; distances are Euclidean, not squared, which ranks patches
    alike; of more than `max_patches` patches the bank is chosen in turns (see `StreamedCoreset`), and takes its share
    of that number; channels may be conditioned on the good patches first; greedy selection starts at a random patch
    and measures true distances to it (the authors start from a mean over ten); the search may be approximate where it
    does not matter (see `CoarseToFine`).
    """

    id: ClassVar[str] = "patchcore"
    title: ClassVar[str] = "PatchCore"
    summary: ClassVar[str] = (
        "Compares every patch with a memory of good patches. Few pictures suffice, parts may lie anywhere."
    )
    parameters_type: ClassVar[type[Parameters]] = PatchCoreParameters

    @property
    def _chosen(self) -> PatchCoreParameters:
        return cast(PatchCoreParameters, self.parameters)

    def _learn(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> nn.Module:
        bank = self._selection(backbone, preprocessing, cancel).of(images, progress)
        self.facts = {"covering_radius": bank.radius}
        return self._assembled(backbone, bank.conditioning, bank.points, preprocessing)

    def _selection(self, backbone: LoadedBackbone, preprocessing: Preprocessing, cancel: CancelToken) -> BankSelection:
        from inspector.detectors.components.bank_selection import BankSelection, BankSettings

        chosen = self._chosen

        def embed(images: Sequence[Image], progress: Progress) -> Iterator[Tensor]:
            return self._embedded(backbone, preprocessing, images, progress, cancel)

        settings = BankSettings(
            ratio=chosen.coreset_ratio,
            room=chosen.max_patches,
            conditioning=chosen.conditioning,
            dimensions=chosen.dimensions,
            projection=chosen.projection,
            seed=self.settings.seed,
        )
        return BankSelection(settings, embed, cancel)

    def _embedded(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        progress: Progress,
        cancel: CancelToken,
    ) -> Iterator[Tensor]:
        stack = self._stacking()
        return self._embed(
            lambda batch: stack(backbone(batch)), images, preprocessing, backbone.device, progress, cancel
        )

    def _stacking(self) -> PatchEmbedding:
        from inspector.detectors.components.embedding import PatchEmbedding

        return PatchEmbedding(self._chosen.neighbourhood, fading=self._chosen.border == "fading")

    def _assembled(
        self, backbone: LoadedBackbone, conditioning: Conditioning, bank: Tensor, preprocessing: Preprocessing
    ) -> PatchCoreNetwork:
        from inspector.detectors.components.coarse_search import search_for
        from inspector.detectors.components.nearest import MemoryBank
        from inspector.detectors.components.patchcore_network import PatchCoreNetwork
        from inspector.detectors.components.smoothing import MapUpsampling

        chosen = self._chosen
        return PatchCoreNetwork(
            backbone,
            self._stacking(),
            conditioning,
            search_for(MemoryBank(bank), chosen.neighbours, chosen.search),
            MapUpsampling(preprocessing.height, preprocessing.width, chosen.map_sigma).to(bank.device),
            reweighted=chosen.reweighting == "paper",
        ).eval()

    def _work(self, features: FeatureCost, material: Material) -> Work:
        chosen = self._chosen
        return patchcore_work(
            features,
            material,
            limit=chosen.max_patches,
            ratio=chosen.coreset_ratio,
            conditioning=chosen.conditioning,
            kept=chosen.dimensions,
            projected=chosen.projection,
            fast=chosen.search == "fast",
        )

    def _backbone_of(self, network: nn.Module) -> LoadedBackbone:
        return cast("PatchCoreNetwork", network).backbone

    def _learned_tensors(self, network: nn.Module) -> dict[str, Tensor]:
        fitted = cast("PatchCoreNetwork", network)
        return {
            "conditioning.mean": fitted.conditioning.mean,
            "conditioning.factor": fitted.conditioning.factor,
            "bank.points": fitted.bank.points,
        }

    def _rebuild(self, backbone: LoadedBackbone, tensors: dict[str, Tensor], preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.conditioning import Conditioning

        mean, factor, points = (tensors[key] for key in ("conditioning.mean", "conditioning.factor", "bank.points"))
        if (
            mean.shape != (sum(backbone.channels),)
            or factor.shape[0] != mean.shape[0]
            or points.ndim != 2
            or points.shape[1] != factor.shape[-1]
        ):
            raise ValueError(f"conditioning {tuple(factor.shape)}, memory bank {tuple(points.shape)}")
        return self._assembled(backbone, Conditioning(mean, factor), points, preprocessing)

    def _held_out_scores(
        self,
        backbone: LoadedBackbone,
        preprocessing: Preprocessing,
        images: Sequence[Image],
        folds: Sequence[NDArray[np.intp]],
        progress: Progress,
        cancel: CancelToken,
    ) -> NDArray[np.float64]:
        """See `BankSelection.without_each`."""
        import torch

        selection = self._selection(backbone, preprocessing, cancel)
        scores = np.empty(len(images))
        done = 0
        for held, bank in selection.without_each(images, folds, progress):
            network = self._assembled(backbone, bank.conditioning, bank.points, preprocessing)
            embedded = self._embedded(backbone, preprocessing, Subset(images, held), no_progress, cancel)
            found = []
            for batch in embedded:
                found.append(network.scores(batch))
                progress(done := done + len(batch), len(images), "cross_validation")
            scores[held] = torch.cat(found).double().cpu().numpy()
        return scores
