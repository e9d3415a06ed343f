"""CycleGAN: learns to make good parts of defective ones, and shows what it would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.translator_plan import TranslatorPlan
from inspector.detectors.work import Material, Work, learner_work
from inspector.features.costs import FeatureCost
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress, no_progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.cyclegan_network import CycleGANNetwork
    from inspector.detectors.components.pictures import Pictures
    from inspector.features.loading import LoadedBackbone

_PASSES = 6
"""Translations in each step: there, back, and what should stay as it is, both ways."""


@dataclass(frozen=True)
class CycleGANParameters(Parameters):
    """See `CycleGAN`."""

    steps: int = shared_parameters.training_steps(
        32_000,
        "In each the networks learn from one batch of good and one of defective pictures.",
        quick=250,
        maximum=500_000,
    )
    batch: int = shared_parameters.batch_size(1, "How many pictures of each sort make a batch.", maximum=64)
    learning_rate: float = shared_parameters.learning_rate(
        2e-4, "How far the steps of the first half go; later ones go less far.", quick=2e-3
    )
    width: int = parameter(
        64,
        "Width of the translators",
        "Channels at full size. Doubling it takes four times as long.",
        minimum=4,
        maximum=128,
        quick=8,
    )
    blocks: int = parameter(
        9, "Residual blocks", "How deep the translators are where they are widest.", minimum=1, maximum=16, quick=3
    )
    critic_width: int = parameter(
        64, "Width of the critics", "Channels of their first layer.", minimum=4, maximum=128, quick=16
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=True)


class CycleGAN(LearnedDetector):
    """Zhu et al., ICCV 2017, arXiv 1703.10593, who translate between any two sorts of pictures; here from defective
    parts to good ones. What the translation changes is the anomaly.

    Departures: a translator adds a change to its picture, a small one before it has learned, where the authors draw the
    picture anew; maps are enlarged before convolutions instead of by transposed ones; the critics see 54 pixels instead
    of 70 and normalise nothing, so that they tell colours apart sooner; pictures are neither cropped nor mirrored;
    steps are counted, not epochs.
    """

    id: ClassVar[str] = "cyclegan"
    title: ClassVar[str] = "CycleGAN"
    summary: ClassVar[str] = (
        "Learns from labelled defects how to turn a defective part into a good one; what it would change is unusual. "
        "Finds the kinds of defects that it has learned."
    )
    parameters_type: ClassVar[type[Parameters]] = CycleGANParameters
    needs_backbone: ClassVar[bool] = False
    needs_defects: ClassVar[bool] = True

    @property
    def _chosen(self) -> CycleGANParameters:
        return cast(CycleGANParameters, self.parameters)

    @property
    def _plan(self) -> TranslatorPlan:
        return TranslatorPlan(self._chosen.width, self._chosen.blocks)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.cyclegan_network import CycleGANNetwork
        from inspector.detectors.components.smoothing import MapUpsampling

        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return CycleGANNetwork(self._plan, upsampling)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        from inspector.detectors.components.cyclegan_training import learn_translation
        from inspector.detectors.components.learning import Course
        from inspector.detectors.components.pictures import Pictures

        chosen, seed = self._chosen, self.settings.seed
        defects = Pictures(self.extras.defects, pictures.preprocessing, pictures.device, cancel)
        learn_translation(
            cast("CycleGANNetwork", network).to_good,
            self._plan,
            chosen.critic_width,
            pictures,
            defects,
            Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=seed),
            Course(len(defects), chosen.steps, chosen.batch, no_progress, cancel, seed=seed + 1),
            chosen.learning_rate,
        )

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        pixels = material.height * material.width
        cost = self._plan.cost(pixels)
        return learner_work(
            material,
            passes=self._chosen.steps * self._chosen.batch,
            trained=_PASSES * cost.multiply_adds,
            judged=cost.multiply_adds,
            weights=2 * cost.weights,
            saved=4 * cost.weights,
            working_bytes=_PASSES * self._plan.working_bytes(pixels),
            batch=self._chosen.batch,
        )
