"""RIAD: what cannot be guessed from its surroundings is unusual."""

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
    from inspector.detectors.components.riad_network import RIADNetwork
    from inspector.features.loading import LoadedBackbone

_DEPTH, _SETS = 4, 3


@dataclass(frozen=True)
class RIADParameters(Parameters):
    """See `RIAD`."""

    steps: int = shared_parameters.training_steps(
        15_000,
        "In each the network guesses what was taken away from one batch of pictures.",
        quick=200,
        maximum=200_000,
    )
    batch: int = shared_parameters.batch_size(4, quick=2)
    learning_rate: float = shared_parameters.learning_rate(
        1e-4, "How far each step goes; the last ones go less far.", quick=2e-3
    )
    width: int = parameter(
        64,
        "Width of the network",
        "Channels at full size. Doubling it takes four times as long.",
        minimum=4,
        maximum=128,
        quick=8,
    )
    cells: str = parameter(
        "2,4,8,16",
        "Sizes of cells",
        "Sides in pixels of what is taken away. Small cells find fine defects, large ones large defects; each size "
        "takes as long again to judge a picture.",
        choices=("2,4,8,16", "4,8,16", "4,8", "4,16", "8,16", "16"),
        quick="4,16",
    )


class RIAD(LearnedDetector):
    """Zavrtanik et al., Pattern Recognition 112, 2021, doi 10.1016/j.patcog.2020.107706 (no arXiv paper).

    Departures: which cells are taken away together while judging is drawn once from the seed, so that scores can be
    repeated; channels are normalised in groups within each picture, as a batch's statistics depend on how much was
    taken away; gradients are clipped; steps on a fixed schedule, where the authors stop early; at the border, edges
    see repeated pixels and windows average what lies inside; maps are enlarged after convolutions instead of before.
    """

    id: ClassVar[str] = "riad"
    title: ClassVar[str] = "RIAD"
    summary: ClassVar[str] = (
        "Takes a third of a picture away in cells and guesses it from the rest, three times; where edges differ from "
        "the guess, something is unusual. Needs no pretrained features; slow."
    )
    parameters_type: ClassVar[type[Parameters]] = RIADParameters
    needs_backbone: ClassVar[bool] = False

    @property
    def _chosen(self) -> RIADParameters:
        return cast(RIADParameters, self.parameters)

    @property
    def _plan(self) -> UNetPlan:
        return UNetPlan(3, 3, self._chosen.width, _DEPTH, norm="group")

    @property
    def _cells(self) -> list[int]:
        return [int(cell) for cell in self._chosen.cells.split(",")]

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.riad_network import RIADNetwork

        size = preprocessing.height, preprocessing.width
        return RIADNetwork(self._plan, size, self._cells, self.settings.seed)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        from inspector.detectors.components.learning import Course
        from inspector.detectors.components.riad_training import practise

        chosen, seed = self._chosen, self.settings.seed
        course = Course(len(pictures), chosen.steps, chosen.batch, progress, cancel, seed=seed)
        practise(cast("RIADNetwork", network), pictures, course, learning_rate=chosen.learning_rate, seed=seed)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        pixels = material.height * material.width
        cost = self._plan.cost(pixels)
        return learner_work(
            material,
            passes=self._chosen.steps * self._chosen.batch,
            trained=_SETS * cost.multiply_adds,
            judged=_SETS * len(self._cells) * cost.multiply_adds,
            weights=cost.weights,
            saved=4 * cost.weights + len(self._cells) * pixels,
            working_bytes=_SETS * self._plan.working_bytes(pixels),
            batch=self._chosen.batch,
        )
