"""Variational autoencoder: as the autoencoder, with codes that are spread like a normal distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.coder_plan import CoderPlan
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work, learner_work
from inspector.features.costs import FeatureCost
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.pictures import Pictures
    from inspector.detectors.components.residual_network import ResidualNetwork
    from inspector.detectors.components.vae_network import VariationalCoder
    from inspector.features.loading import LoadedBackbone

_WARM_UP = 0.2
"""Over this share of the steps the divergence comes in slowly, or codes tell nothing from the first step on."""


@dataclass(frozen=True)
class VAEParameters(Parameters):
    """See `VAE`."""

    steps: int = shared_parameters.training_steps(
        15_600, "In each the network draws one batch of pictures again.", quick=600, maximum=500_000
    )
    batch: int = shared_parameters.batch_size(64, quick=8)
    learning_rate: float = shared_parameters.learning_rate(2e-4, quick=1e-3)
    beta: float = parameter(
        1.0,
        "Weight of the spread",
        "How much codes have to be spread alike, against how well pictures are drawn again.",
        minimum=0.0,
        maximum=100.0,
    )
    code: int = parameter(
        128,
        "Length of the code",
        "So many numbers have to describe a part.",
        minimum=2,
        maximum=1000,
    )
    width: int = parameter(
        32,
        "Width of the network",
        "Channels after the first step. Doubling it takes four times as long.",
        minimum=4,
        maximum=128,
        quick=16,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=True)


class VAE(LearnedDetector):
    """Kingma and Welling, ICLR 2014, arXiv 1312.6114; as a detector after An and Cho, 2015.

    Departures: the score is the residual of what the mean code draws, not the probability of reconstruction, which
    needs many drawings; the map is less the mean residual of good pictures at each place and smoothed, the score its
    maximum; the divergence is weighted up over the first fifth of the steps.
    """

    id: ClassVar[str] = "vae"
    title: ClassVar[str] = "Variational autoencoder"
    summary: ClassVar[str] = (
        "An autoencoder whose codes are spread like a normal distribution. A baseline that needs no pretrained "
        "features; parts have to lie alike."
    )
    parameters_type: ClassVar[type[Parameters]] = VAEParameters
    needs_backbone: ClassVar[bool] = False
    learns_places: ClassVar[bool] = True

    @property
    def _chosen(self) -> VAEParameters:
        return cast(VAEParameters, self.parameters)

    def _plan(self, height: int, width: int) -> CoderPlan:
        return CoderPlan(height, width, self._chosen.width, self._chosen.code)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.residual_network import ResidualNetwork
        from inspector.detectors.components.smoothing import MapUpsampling
        from inspector.detectors.components.vae_network import VariationalCoder

        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        coder = VariationalCoder(self._plan(preprocessing.height, preprocessing.width))
        return ResidualNetwork(coder, upsampling, structural=0.0)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import torch

        from inspector.detectors.components.learning import Course, descend

        fitted, chosen = cast("ResidualNetwork", network), self._chosen
        coder = cast("VariationalCoder", fitted.drawing)
        optimiser = torch.optim.Adam(coder.parameters(), chosen.learning_rate, weight_decay=1e-5)
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=self.settings.seed)
        fitted.train()
        for step, indices in enumerate(course):
            weight = min((step + 1) / max(_WARM_UP * chosen.steps, 1), 1.0)
            error, divergence = coder.loss(pictures.unit(indices), chosen.beta * weight)
            course.tell(error + divergence)
            descend(error + divergence, optimiser, clip=1.0, network=coder)
        fitted.learn_usual(pictures, progress, cancel)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        plan, chosen = self._plan(material.height, material.width), self._chosen
        coding = plan.coding()
        second = plan.grid[0] * plan.grid[1] * plan.narrowed * plan.code
        weights = 2 * coding.weights + second
        return learner_work(
            material,
            passes=chosen.steps * chosen.batch + material.images / 3,
            trained=2 * coding.multiply_adds + second,
            judged=2 * coding.multiply_adds,
            weights=weights,
            saved=4 * (weights + material.height * material.width),
            working_bytes=plan.working_bytes(),
            batch=chosen.batch,
        )
