"""Autoencoder: good parts fit through a narrow code; what does not come out again is unusual."""

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
    from inspector.features.loading import LoadedBackbone


@dataclass(frozen=True)
class AutoencoderParameters(Parameters):
    """See `Autoencoder`."""

    loss: str = parameter(
        "ssim",
        "What is compared",
        "ssim: structure in small windows, whatever the exact grey; l2: every pixel's value.",
        choices=("ssim", "l2"),
    )
    steps: int = shared_parameters.training_steps(
        15_600, "In each the network draws one batch of pictures again.", quick=600, maximum=500_000
    )
    batch: int = shared_parameters.batch_size(128, quick=8)
    learning_rate: float = shared_parameters.learning_rate(2e-4, quick=1e-3)
    code: int = parameter(
        100,
        "Length of the code",
        "So many numbers have to describe a part. The longer it is, the better defects come through as well.",
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


class Autoencoder(LearnedDetector):
    """Bergmann et al., VISAPP 2019, arXiv 1807.02011, with either of the paper's losses.

    Departures: whole pictures in colour at the input's size instead of patches of 128 pixels, and without altered
    copies; one halving more, so that any size ends in a coarse grid; the map is less the mean residual of good pictures
    at each place and smoothed; the score is its maximum (the paper only outlines); steps are counted, not epochs.
    """

    id: ClassVar[str] = "autoencoder"
    title: ClassVar[str] = "Autoencoder"
    summary: ClassVar[str] = (
        "Draws good parts again from a short code and looks where the drawing differs. A baseline that needs no "
        "pretrained features; parts have to lie alike."
    )
    parameters_type: ClassVar[type[Parameters]] = AutoencoderParameters
    channels_last: ClassVar[bool] = True
    needs_backbone: ClassVar[bool] = False
    learns_places: ClassVar[bool] = True

    @property
    def _chosen(self) -> AutoencoderParameters:
        return cast(AutoencoderParameters, self.parameters)

    def _plan(self, height: int, width: int) -> CoderPlan:
        return CoderPlan(height, width, self._chosen.width, self._chosen.code)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from torch import nn

        from inspector.detectors.components.convolutional_coder import Decoder, Encoder
        from inspector.detectors.components.residual_network import ResidualNetwork
        from inspector.detectors.components.smoothing import MapUpsampling

        plan = self._plan(preprocessing.height, preprocessing.width)
        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        structural = 1.0 if self._chosen.loss == "ssim" else 0.0
        return ResidualNetwork(nn.Sequential(Encoder(plan), Decoder(plan)), upsampling, structural)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import torch

        from inspector.detectors.components.learning import Course, descend, mixed_precision

        fitted, chosen = cast("ResidualNetwork", network), self._chosen
        optimiser = torch.optim.Adam(fitted.drawing.parameters(), chosen.learning_rate, weight_decay=1e-5)
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=self.settings.seed)
        fitted.train()
        for indices in course:
            images = pictures.unit(indices)
            with mixed_precision(pictures.device):
                drawn = fitted.drawing(images)
            drawn = drawn.float()
            loss = (
                1 - fitted.similarity(drawn, images).mean()
                if chosen.loss == "ssim"
                else (drawn - images).square().mean()
            )
            course.tell(loss)
            descend(loss, optimiser)
        fitted.learn_usual(pictures, progress, cancel)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        plan, chosen = self._plan(material.height, material.width), self._chosen
        coding = plan.coding()
        return learner_work(
            material,
            passes=chosen.steps * chosen.batch + material.images / 3,
            trained=2 * coding.multiply_adds,
            judged=2 * coding.multiply_adds,
            weights=2 * coding.weights,
            saved=4 * (2 * coding.weights + material.height * material.width),
            working_bytes=plan.working_bytes(),
            batch=chosen.batch,
        )
