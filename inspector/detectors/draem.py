"""DRAEM: practises to find made-up defects by comparing a picture with what it should look like."""

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

    from inspector.detectors.components.draem_network import DRAEMNetwork
    from inspector.detectors.components.pictures import Pictures
    from inspector.features.loading import LoadedBackbone

_REPAIRING_DEPTH, _JUDGING_DEPTH = 4, 5


@dataclass(frozen=True)
class DRAEMParameters(Parameters):
    """See `DRAEM`."""

    steps: int = shared_parameters.training_steps(
        18_000,
        "In each the networks practise on one batch of pictures with made-up defects.",
        quick=400,
        maximum=200_000,
    )
    batch: int = shared_parameters.batch_size(8, quick=2)
    learning_rate: float = shared_parameters.learning_rate(
        1e-4, "How far each step goes; the last ones go less far.", quick=2e-3
    )
    repairing_width: int = parameter(
        128,
        "Width of the repairing network",
        "Channels at full size. Doubling it takes four times as long.",
        minimum=4,
        maximum=256,
        quick=8,
    )
    judging_width: int = parameter(
        64,
        "Width of the judging network",
        "Channels at full size. Doubling it takes four times as long.",
        minimum=4,
        maximum=128,
        quick=8,
    )
    surfaces: str = parameter(
        "",
        "Folder of surfaces",
        "Pictures of any textures for the made-up defects. Leave it empty to have them drawn.",
    )


class DRAEM(LearnedDetector):
    """Zavrtanik et al., ICCV 2021, arXiv 2108.07610.

    Departures: surfaces are drawn unless a folder is given, where the authors take the Describable Textures; the map is
    the difference of the two classes' logits, which the authors turn into probabilities, and windows at the border are
    averages of what lies inside; good pictures are not turned, as a part in a fixture never is; maps are enlarged after
    convolutions instead of before; steps are counted, not epochs.
    """

    id: ClassVar[str] = "draem"
    title: ClassVar[str] = "DRAEM"
    summary: ClassVar[str] = (
        "Practises on good parts with made-up defects to repair a picture and to mark where that changed it. "
        "Needs no pretrained features, but long training."
    )
    parameters_type: ClassVar[type[Parameters]] = DRAEMParameters
    channels_last: ClassVar[bool] = True
    needs_backbone: ClassVar[bool] = False

    @property
    def _chosen(self) -> DRAEMParameters:
        return cast(DRAEMParameters, self.parameters)

    @property
    def _plans(self) -> tuple[UNetPlan, UNetPlan]:
        repairing = UNetPlan(3, 3, self._chosen.repairing_width, _REPAIRING_DEPTH, skips=False)
        return repairing, UNetPlan(6, 1, self._chosen.judging_width, _JUDGING_DEPTH)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.draem_network import DRAEMNetwork

        return DRAEMNetwork(*self._plans, (preprocessing.height, preprocessing.width))

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        import numpy as np

        from inspector.data.synthetic.altered_surfaces import AlteredSurfaces
        from inspector.data.synthetic.surfaces import surfaces_from
        from inspector.detectors.components.draem_training import practise
        from inspector.detectors.components.learning import Course

        chosen, seed = self._chosen, self.settings.seed
        surfaces = AlteredSurfaces(surfaces_from(chosen.surfaces))
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=seed)
        practise(
            cast("DRAEMNetwork", network),
            pictures,
            course,
            surfaces,
            learning_rate=chosen.learning_rate,
            rng=np.random.default_rng(seed),
        )

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        pixels = material.height * material.width
        costs = [plan.cost(pixels) for plan in self._plans]
        weights, products = sum(cost.weights for cost in costs), sum(cost.multiply_adds for cost in costs)
        return learner_work(
            material,
            passes=self._chosen.steps * self._chosen.batch,
            trained=products,
            judged=products,
            weights=weights,
            saved=4 * weights,
            working_bytes=sum(plan.working_bytes(pixels) for plan in self._plans),
            batch=self._chosen.batch,
        )
