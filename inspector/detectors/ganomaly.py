"""GANomaly: a good part and what is drawn from its code have the same code."""

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

    from inspector.detectors.components.ganomaly_network import GANomalyNetwork
    from inspector.detectors.components.pictures import Pictures
    from inspector.features.loading import LoadedBackbone

_BETAS = (0.5, 0.999)


@dataclass(frozen=True)
class GANomalyParameters(Parameters):
    """See `GANomaly`."""

    steps: int = shared_parameters.training_steps(
        3000,
        "In each the network draws one batch of pictures again, and its adversary learns to tell them apart.",
        quick=400,
        maximum=500_000,
    )
    batch: int = shared_parameters.batch_size(64, quick=8, minimum=2)
    learning_rate: float = shared_parameters.learning_rate(2e-4, quick=1e-3)
    code: int = parameter(
        100,
        "Length of the code",
        "So many numbers have to describe a part.",
        minimum=2,
        maximum=1000,
    )
    width: int = parameter(
        64,
        "Width of the network",
        "Channels after the first step. Doubling it takes four times as long.",
        minimum=4,
        maximum=128,
        quick=16,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=False)


class GANomaly(LearnedDetector):
    """Akcay et al., ACCV 2018, arXiv 1805.06725.

    Departures: pictures in [0, 1] at the input's size instead of 32 pixels; scores are raw, not scaled over a test set;
    the last state is kept, not the best one on the test pictures; the discriminator is never started anew; steps are
    counted, not epochs. The map has no foundation in the paper.
    """

    id: ClassVar[str] = "ganomaly"
    title: ClassVar[str] = "GANomaly"
    summary: ClassVar[str] = (
        "Encodes a part, draws it and encodes the drawing; codes of good parts agree. A baseline of the literature "
        "that needs no pretrained features; its map is only for looking at."
    )
    parameters_type: ClassVar[type[Parameters]] = GANomalyParameters
    channels_last: ClassVar[bool] = True
    needs_backbone: ClassVar[bool] = False
    learns_places: ClassVar[bool] = True

    @property
    def _chosen(self) -> GANomalyParameters:
        return cast(GANomalyParameters, self.parameters)

    def _plan(self, height: int, width: int) -> CoderPlan:
        return CoderPlan(height, width, self._chosen.width, self._chosen.code)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.ganomaly_network import GANomalyNetwork
        from inspector.detectors.components.smoothing import MapUpsampling

        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return GANomalyNetwork(self._plan(preprocessing.height, preprocessing.width), upsampling)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import torch

        from inspector.detectors.components.ganomaly_network import Discriminator, discriminating_loss, drawing_loss
        from inspector.detectors.components.learning import Course, descend

        fitted, chosen = cast("GANomalyNetwork", network), self._chosen
        adversary = Discriminator(fitted.decoder.plan).to(pictures.device)
        drawing, telling = (
            torch.optim.Adam(module.parameters(), chosen.learning_rate, betas=_BETAS) for module in (fitted, adversary)
        )
        fitted.train()
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=self.settings.seed)
        for indices in course:
            images = pictures.unit(indices)
            loss, drawn = drawing_loss(fitted, adversary, images)
            course.tell(loss)
            descend(loss, drawing)
            descend(discriminating_loss(adversary, images, drawn), telling)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        plan, chosen = self._plan(material.height, material.width), self._chosen
        coding = plan.coding()
        norms = 4 * sum((*plan.widths, 2 * plan.base, plan.narrowed))
        saved = 4 * 3 * (coding.weights + norms)
        return learner_work(
            material,
            passes=chosen.steps * chosen.batch,
            trained=7 * coding.multiply_adds,
            judged=3 * coding.multiply_adds,
            weights=4 * coding.weights,
            saved=saved,
            working_bytes=4 * plan.working_bytes(),
            batch=chosen.batch,
        )
