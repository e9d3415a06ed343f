"""RegAD: from other products it learns to bring parts into one position; a few good parts of the own suffice then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.alterations import ALL_COPIES, SMALL_COPIES, copies
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.regad_cost import RegADCost, copies_made, regad_work
from inspector.detectors.work import Material, Work
from inspector.errors import TrainingError
from inspector.features.costs import FeatureCost, layer_costs
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.pictures import Pictures
    from inspector.detectors.components.regad_network import RegADNetwork
    from inspector.features.loading import LoadedBackbone

_MEMORY = 512 << 20
"""Bytes of pictures of other products that are kept in memory."""


@dataclass(frozen=True)
class RegADParameters(Parameters):
    """See `RegAD`."""

    steps: int = shared_parameters.training_steps(
        1000,
        "In each, some pictures of other products are brought into the position of others of the same product.",
        quick=150,
    )
    batch: int = shared_parameters.batch_size(32, "How many pictures a step turns.", quick=4, minimum=2)
    supports: int = parameter(
        2,
        "Pictures to compare with",
        "Each picture is compared with the mean of so many others of its product.",
        minimum=1,
        maximum=16,
    )
    learning_rate: float = shared_parameters.learning_rate(
        0.003, "How far the first steps go; it falls to nothing.", maximum=10.0
    )
    dimensions: int = parameter(
        100,
        "Feature dimensions",
        "So many channels are drawn at random from all layers. Memory and model size grow with their square.",
        minimum=2,
        maximum=550,
        quick=40,
    )
    pictures: int = parameter(
        176,
        "Pictures with their copies",
        "With fewer good pictures, altered copies of them are added until there are so many.",
        minimum=1,
        maximum=10_000,
    )
    alterations: str = parameter(
        "all",
        "Altered copies",
        "all: turned, moved, mirrored, in grey and by quarter turns; small: only turned by up to 45 degrees and moved, "
        "for parts that never lie the other way round.",
        choices=("all", "small"),
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


class RegAD(LearnedDetector):
    """Huang et al., ECCV 2022, arXiv 2207.07361.

    Departures: the features stay as they are, only registration, encoder and predictor learn, from scratch, by Adam;
    the transformers look at the maps of the chosen layers one after the other, all together turn the picture, and the
    next layer is not computed again from the turned one; positions are compared as they were turned and the map is
    turned back, where the paper turns features back first; turns and stretches are bounded; pictures to learn from are
    turned at random, so that there is something to register, to turn all alike is punished, and the likeness of the
    frozen features counts beside that of the codes, which soon become alike without any turning; channels are drawn as
    in PaDiM; with many good pictures, copies are left out. The schedule is fixed: the authors keep the epoch with the
    best test score.
    """

    id: ClassVar[str] = "regad"
    title: ClassVar[str] = "RegAD"
    summary: ClassVar[str] = (
        "Learns from other products how to bring parts into one position, then what is usual at each place from a few "
        "good pictures. For new products of which there are hardly any pictures yet."
    )
    parameters_type: ClassVar[type[Parameters]] = RegADParameters
    layer_set: ClassVar = "pyramid"
    learns_places: ClassVar[bool] = True
    needs_others: ClassVar[bool] = True

    @property
    def _chosen(self) -> RegADParameters:
        return cast(RegADParameters, self.parameters)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        import torch

        from inspector.detectors.components.embedding import drawn_channels
        from inspector.detectors.components.gaussians import PositionGaussians, check_size
        from inspector.detectors.components.regad_network import RegADNetwork
        from inspector.detectors.components.registration import Registration
        from inspector.detectors.components.smoothing import MapUpsampling

        assert backbone is not None
        with torch.no_grad():
            maps = backbone(torch.zeros(1, 3, preprocessing.height, preprocessing.width, device=backbone.device))
        grids = [(item.shape[2], item.shape[3]) for item in maps]
        channels = drawn_channels(sum(backbone.channels), self._chosen.dimensions, self.settings.seed)
        positions, count = grids[0][0] * grids[0][1], len(channels)
        check_size(positions, count)
        return RegADNetwork(
            backbone,
            Registration(backbone.channels, grids),
            channels,
            PositionGaussians(torch.zeros(positions, count), torch.zeros(positions, count, count)),
            MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma),
        )

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        fitted = cast("RegADNetwork", network)
        products = self._products(pictures, cancel)
        self.facts = {
            "other_products": len(products),
            "other_pictures": sum(len(product) for product in products),
            "registration_loss": self._register(fitted, products, progress, cancel),
        }
        fitted.eval()
        self._fit_places(fitted, pictures, progress, cancel)

    def _products(self, pictures: Pictures, cancel: CancelToken) -> list[Pictures]:
        from inspector.detectors.components.pictures import Pictures as Kept

        others = [images for images in self.extras.others.values() if len(images)]
        if not others:
            raise TrainingError("training_needs_others", method=self.title)
        share = _MEMORY // len(others)
        return [Kept(images, pictures.preprocessing, pictures.device, cancel, share) for images in others]

    def _register(
        self, fitted: RegADNetwork, products: list[Pictures], progress: Progress, cancel: CancelToken
    ) -> float:
        """Teach the registration; the mean loss of the last tenth of the steps."""
        from inspector.detectors.components.learning import Course
        from inspector.detectors.components.regad_training import RegistrationTraining, pairs_of

        chosen = self._chosen
        training = RegistrationTraining(fitted, chosen.learning_rate, chosen.steps, cancel)
        total = sum(len(product) for product in products)
        course = Course(total, chosen.steps, chosen.batch, progress, cancel, seed=self.settings.seed)
        losses = []
        for queries, supports in pairs_of(course, products, chosen.supports, self.settings.seed):
            loss = training.step(queries, supports)
            course.tell(loss)
            losses.append(float(loss))
        last = losses[-max(len(losses) // 10, 1) :]
        return sum(last) / len(last)

    def _fit_places(self, fitted: RegADNetwork, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        """The Gaussians of registered features of the own good pictures and their copies."""
        import torch

        from inspector.detectors.components.gaussians import Sums, fit_gaussians

        positions, dimensions = fitted.gaussians.means.shape
        sums = Sums.empty(positions, dimensions, pictures.device)
        with torch.no_grad():
            for images in self._with_copies(pictures, progress, cancel):
                registered, _ = fitted.registered(fitted.backbone(pictures.normalised(images)))
                sums.add(registered.flatten(2).transpose(1, 2))
            ridge = self._chosen.regularisation * sums.typical_variance()
            means, factors = fit_gaussians(sums, ridge, progress, cancel)
            fitted.gaussians.means.copy_(means)
            fitted.gaussians.factors.copy_(factors)

    def _with_copies(self, pictures: Pictures, progress: Progress, cancel: CancelToken) -> Iterator[list[Image]]:
        """All good pictures at the input size, and copies of some, a few at a time."""
        from inspector.detectors.components.batches import batch_size

        step = batch_size(pictures.device)
        left = copies_made(len(pictures), self._chosen.pictures, self._copies)
        for index in range(len(pictures)):
            cancel.raise_if_cancelled()
            progress(index, len(pictures), "features")
            own = pictures.resized(index)
            altered = list(islice(copies(own, small=self._chosen.alterations == "small"), left))
            left -= len(altered)
            found = [own, *altered]
            for start in range(0, len(found), step):
                cancel.raise_if_cancelled()
                yield found[start : start + step]
        progress(len(pictures), len(pictures), "features")

    @property
    def _copies(self) -> int:
        return SMALL_COPIES if self._chosen.alterations == "small" else ALL_COPIES

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        chosen = self._chosen
        assert features is not None
        cost = RegADCost(
            steps=chosen.steps,
            batch=chosen.batch * (1 + chosen.supports),
            dimensions=chosen.dimensions,
            copies=copies_made(material.images, chosen.pictures, self._copies),
        )
        return regad_work(features, layer_costs(self._choice()), material, cost)
