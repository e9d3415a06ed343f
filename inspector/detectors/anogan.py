"""f-AnoGAN: learns to draw good parts, and shows where a part differs from the drawn one that is most like it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.latent_plan import LatentPlan
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work, learner_work
from inspector.features.costs import FeatureCost
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.anogan_network import AnoGANNetwork
    from inspector.detectors.components.pictures import Pictures
    from inspector.features.loading import LoadedBackbone

_SIDES = ("16", "32", "64", "128")


@dataclass(frozen=True)
class AnoGANParameters(Parameters):
    """See `AnoGAN`."""

    steps: int = parameter(
        120_000,
        "Steps of drawing",
        "In five of six the critic learns to tell drawn parts from real ones, in one the generator to deceive it.",
        minimum=1,
        maximum=1_000_000,
        quick=600,
    )
    encoder_steps: int = parameter(
        50_000,
        "Steps of encoding",
        "In each the encoder learns from one batch how to say which picture to draw.",
        minimum=1,
        maximum=1_000_000,
        quick=400,
    )
    batch: int = shared_parameters.batch_size(64, quick=8)
    learning_rate: float = parameter(
        1e-4,
        "Learning rate",
        "How far the steps of drawing go.",
        minimum=1e-6,
        maximum=0.1,
        quick=1e-3,
    )
    encoder_rate: float = parameter(
        5e-5,
        "Learning rate of the encoder",
        "How far the steps of encoding go.",
        minimum=1e-6,
        maximum=0.1,
        quick=1e-3,
    )
    side: str = parameter(
        "64", "Side of the drawn pictures", "Smaller defects than a pixel of these are lost.", choices=_SIDES
    )
    width: int = parameter(
        64,
        "Width of the networks",
        "Channels at full size. Doubling it takes four times as long.",
        minimum=4,
        maximum=128,
        quick=8,
    )
    latent: int = parameter(
        128,
        "Numbers for a picture",
        "From so many numbers a picture is drawn.",
        minimum=1,
        maximum=1024,
    )
    kappa: float = parameter(
        1.0,
        "Weight of the critic's features",
        "How much they count beside the colours.",
        minimum=0.0,
        maximum=100.0,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=False)


class AnoGAN(LearnedDetector):
    """Schlegl et al., Medical Image Analysis 2019, doi 10.1016/j.media.2019.01.010 (f-AnoGAN); the first AnoGAN is
    arXiv 1703.05921.

    Departures: pictures are in colour and whole parts squeezed to a square, where the authors take gray patches; the
    generator normalises each picture alone, as the critic does; steps of generator and critic are counted together; the
    map is enlarged and smoothed.
    """

    id: ClassVar[str] = "anogan"
    title: ClassVar[str] = "f-AnoGAN"
    summary: ClassVar[str] = (
        "Learns to draw good parts at 64 pixels and redraws what it sees; what it cannot draw is unusual. "
        "Needs many pictures, sees no small defects."
    )
    parameters_type: ClassVar[type[Parameters]] = AnoGANParameters
    learns_places: ClassVar[bool] = True
    channels_last: ClassVar[bool] = True
    needs_backbone: ClassVar[bool] = False

    @property
    def _chosen(self) -> AnoGANParameters:
        return cast(AnoGANParameters, self.parameters)

    @property
    def _plan(self) -> LatentPlan:
        return LatentPlan(int(self._chosen.side), self._chosen.width, self._chosen.latent)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.anogan_network import AnoGANNetwork
        from inspector.detectors.components.smoothing import MapUpsampling

        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return AnoGANNetwork(self._plan, upsampling, self._chosen.kappa)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        from inspector.detectors.components.anogan_training import learn_to_draw, learn_to_encode
        from inspector.detectors.components.learning import Course

        fitted = cast("AnoGANNetwork", network)
        chosen, count, seed = self._chosen, len(pictures), self.settings.seed
        course = Course(count, chosen.steps, chosen.batch, progress, cancel, seed=seed, stage="drawing")
        learn_to_draw(fitted, pictures, course, chosen.learning_rate)
        course = Course(count, chosen.encoder_steps, chosen.batch, progress, cancel, seed=seed + 1)
        learn_to_encode(fitted, pictures, course, chosen.encoder_rate)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        chosen, plan = self._chosen, self._plan
        generator, critic, encoder = plan.generator(), plan.trunk(1), plan.trunk(chosen.latent)
        judged = generator.multiply_adds + 2 * critic.multiply_adds + encoder.multiply_adds
        # A step of the critic looks at real, drawn and mixed pictures, at these with a second way back.
        drawn = generator.multiply_adds + 4 * critic.multiply_adds
        weights = generator.weights + critic.weights + encoder.weights
        passes = chosen.steps + chosen.encoder_steps
        return learner_work(
            material,
            passes=passes * chosen.batch,
            trained=(chosen.steps * drawn + chosen.encoder_steps * judged) / passes,
            judged=judged,
            weights=weights,
            saved=4 * weights,
            working_bytes=4 * plan.working_bytes(),
            batch=chosen.batch,
        )
