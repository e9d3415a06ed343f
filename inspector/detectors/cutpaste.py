"""CutPaste: who has learned to find a pasted piece sees other irregularities, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.learned_detector import LearnedDetector
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, NetworkCost, Work, learner_work
from inspector.features.costs import FeatureCost
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress

if TYPE_CHECKING:
    from torch import nn

    from inspector.detectors.components.cutpaste_network import CutPasteNetwork
    from inspector.detectors.components.pictures import Pictures
    from inspector.features.loading import LoadedBackbone


@dataclass(frozen=True)
class CutPasteParameters(Parameters):
    """See `CutPaste`."""

    variant: str = parameter(
        "3way",
        "Pasted pieces",
        "What is pasted in training: patches (normal), small turned strips (scar), or both, to be told apart (3way).",
        choices=("normal", "scar", "3way"),
    )
    steps: int = shared_parameters.training_steps(
        65_536,
        "In each the network sees one batch of pictures, as they are and with pasted pieces.",
        quick=400,
        maximum=1_000_000,
    )
    batch: int = shared_parameters.batch_size(
        32, "How many pictures make a batch; each is shown as it is and once with each kind of piece.", quick=4
    )
    learning_rate: float = shared_parameters.learning_rate(
        0.03, "How far the first steps go; later ones go less far.", minimum=1e-5, maximum=1.0
    )
    width: int = parameter(
        64,
        "Width",
        "How many channels the network's first stage has. 64 is ResNet-18; less is faster and sees less.",
        minimum=8,
        maximum=128,
        quick=16,
    )
    map_sigma: float = shared_parameters.map_sigma(4.0, in_score=False)


class CutPaste(LearnedDetector):
    """Li et al., CVPR 2021, arXiv 2104.04015.

    Departures: the map comes from the same network, from distances of its second stage to Gaussians of the places of
    good pictures with one covariance, where the paper trains a second network on small cuts; the covariances are shrunk
    by Ledoit and Wolf's estimate; scars grow with the picture's smaller side; pictures are moved
    by up to a sixteenth; steps are counted, not epochs, and only learning from scratch is offered, without ensembles.
    """

    id: ClassVar[str] = "cutpaste"
    title: ClassVar[str] = "CutPaste"
    summary: ClassVar[str] = (
        "A network learns from scratch to find pieces that were cut out of a good picture and pasted elsewhere in it; "
        "needs no features made beforehand."
    )
    parameters_type: ClassVar[type[Parameters]] = CutPasteParameters
    learns_places: ClassVar[bool] = True
    channels_last: ClassVar[bool] = True
    needs_backbone: ClassVar[bool] = False

    @property
    def _chosen(self) -> CutPasteParameters:
        return cast(CutPasteParameters, self.parameters)

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.cutpaste_network import CutPasteNetwork
        from inspector.detectors.components.smoothing import MapUpsampling

        upsampling = MapUpsampling(preprocessing.height, preprocessing.width, self._chosen.map_sigma)
        return CutPasteNetwork(self._chosen.width, upsampling)

    def _teach(self, network: nn.Module, pictures: Pictures, progress: Progress, cancel: CancelToken) -> None:
        from inspector.detectors.components.cutpaste_training import PASTES, learn

        fitted, chosen, seed = cast("CutPasteNetwork", network), self._chosen, self.settings.seed
        learn(
            fitted,
            pictures,
            PASTES[chosen.variant],
            steps=chosen.steps,
            batch=chosen.batch,
            learning_rate=chosen.learning_rate,
            seed=seed,
            progress=progress,
            cancel=cancel,
        )
        self.facts |= fitted.learn(pictures, seed, progress, cancel)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        chosen, pixels = self._chosen, material.height * material.width
        one, shown = residual_cost(chosen.width), 3 if chosen.variant == "3way" else 2
        whole, places = 8 * chosen.width, 2 * chosen.width
        positions = -(-material.height // 8) * -(-material.width // 8)
        densities = whole * (whole + 1) + places * (places + positions)
        return learner_work(
            material,
            passes=chosen.steps * chosen.batch * shown,
            trained=one.multiply_adds * pixels,
            judged=one.multiply_adds * pixels + whole**2 + places**2 * positions,
            weights=one.weights,
            saved=4 * (one.weights + densities),
            working_bytes=8 * chosen.width * pixels,
            batch=chosen.batch * shown,
        )


def residual_cost(width: int) -> NetworkCost:
    """Of `components.residual.ResidualNetwork`; multiply-adds for each pixel of the input, and all numbers that are
    saved."""
    multiply_adds, weights = 147 * width / 4, 151 * width
    before = width
    for place in range(4):
        after = width << place
        shortcut = before * after if place else 0
        products = 9 * before * after + 27 * after**2 + shortcut
        multiply_adds += products / (4 << place) ** 2
        weights += products + 4 * after * (5 if place else 4)
        before = after
    return NetworkCost(multiply_adds, weights)
