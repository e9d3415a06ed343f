"""Denoising autoencoder: what has practised to wipe dirt off good parts wipes off defects as well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.unet_plan import UNetPlan
from inspector.detectors.work import Material, Work, learner_work
from inspector.features.costs import FeatureCost
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.pictures import Pictures
    from inspector.detectors.components.residual_network import ResidualNetwork
    from inspector.features.loading import LoadedBackbone

_DEPTH = 4


@dataclass(frozen=True)
class DenoisingAutoencoderParameters(Parameters):
    """See `DenoisingAutoencoder`."""

    steps: int = shared_parameters.training_steps(
        8000, "In each the network repairs one batch of spoiled pictures.", quick=500, maximum=200_000
    )
    batch: int = shared_parameters.batch_size(16, quick=2)
    learning_rate: float = shared_parameters.learning_rate(
        1e-4, "How far the first steps go; later ones go less far.", quick=2e-3
    )
    width: int = parameter(
        64,
        "Width of the network",
        "Channels at full size. Doubling it takes four times as long.",
        minimum=4,
        maximum=128,
        quick=8,
    )
    noise: float = parameter(
        0.2,
        "Coarse noise",
        "Standard deviation of the soft blotches that spoil the pictures, where black is 0 and white is 1.",
        minimum=0.01,
        maximum=1.0,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=True)


class DenoisingAutoencoder(LearnedDetector):
    """After Kascenas et al., MIDL 2022 (no arXiv paper), who find tumours with it; the idea is Vincent et al., ICML
    2008, doi 10.1145/1390156.1390294.

    Departures, for industrial parts: whole pictures in colour at the input's size are spoiled, also by fine noise and
    by stains; structural similarity is learned and judged beside the squared error; the map is smoothed by a Gaussian
    instead of a median and less what good pictures show at each place; the score is its maximum; fewer steps on a
    fixed schedule, gradients clipped.
    """

    id: ClassVar[str] = "denoising_autoencoder"
    title: ClassVar[str] = "Denoising autoencoder"
    summary: ClassVar[str] = (
        "A network practises to clean spoiled pictures of good parts; what it would clean off a part is unusual. "
        "Needs no pretrained features."
    )
    parameters_type: ClassVar[type[Parameters]] = DenoisingAutoencoderParameters
    needs_backbone: ClassVar[bool] = False

    @property
    def _chosen(self) -> DenoisingAutoencoderParameters:
        return cast(DenoisingAutoencoderParameters, self.parameters)

    @property
    def _plan(self) -> UNetPlan:
        return UNetPlan(3, 3, self._chosen.width, _DEPTH, norm="group")

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.residual_network import ResidualNetwork
        from inspector.detectors.components.smoothing import MapUpsampling
        from inspector.detectors.components.unet import UNet

        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return ResidualNetwork(UNet(self._plan), upsampling, structural=0.5)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        from inspector.detectors.components.denoising_training import practise
        from inspector.detectors.components.learning import Course

        fitted = cast("ResidualNetwork", network)
        chosen = self._chosen
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=self.settings.seed)
        practise(fitted, pictures, course, learning_rate=chosen.learning_rate, noise=chosen.noise)
        fitted.learn_usual(pictures, progress, cancel)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        pixels = material.height * material.width
        cost = self._plan.cost(pixels)
        return learner_work(
            material,
            passes=self._chosen.steps * self._chosen.batch + material.images / 3,
            trained=cost.multiply_adds,
            judged=cost.multiply_adds,
            weights=cost.weights,
            saved=4 * (cost.weights + pixels),
            working_bytes=self._plan.working_bytes(pixels),
            batch=self._chosen.batch,
        )
