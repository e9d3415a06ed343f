"""CS-Flow: features of a picture at three sizes, bent together into a normal distribution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.flow_detector import FlowDetector
from inspector.detectors.flow_work import csflow_cost, csflow_kept, flow_work, grids_of, scale_sizes
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work
from inspector.features.costs import FeatureCost
from inspector.features.registry import BackboneChoice, checked_layers
from inspector.imaging.preprocessing import Preprocessing

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inspector.features.loading import LoadedBackbone

_EPSILON, _WEIGHT_DECAY = 1e-4, 1e-5


@dataclass(frozen=True)
class CSFlowParameters(Parameters):
    """See `CSFlow`."""

    steps: int = shared_parameters.training_steps(
        3600, "In each the flow learns from one batch of pictures.", quick=240
    )
    batch: int = shared_parameters.batch_size(16, quick=4)
    learning_rate: float = shared_parameters.learning_rate(2e-4, quick=1e-3, maximum=1.0)
    flow_steps: int = parameter(
        4,
        "Steps of the flow",
        "More can describe good parts more closely, and take longer.",
        minimum=1,
        maximum=16,
        quick=2,
    )
    hidden: int = parameter(
        1024,
        "Width of each step",
        "Channels inside a step. Hundreds take hours or days without a graphics card.",
        minimum=4,
        maximum=4096,
        quick=32,
    )
    map_sigma: float = shared_parameters.map_sigma(0.0, in_score=False)


class CSFlow(FlowDetector):
    """Rudolph et al., WACV 2022, arXiv 2110.02855.

    Only the coarsest of the chosen layers is used, of the picture at its full, half and quarter size.

    Departures: pictures are halved by averaging instead of leaving out pixels, and no side becomes shorter than 32;
    the features are those chosen, not EfficientNet-B5's, each channel standardised by what good pictures show; the map
    is the mean over all three scales, not the finest one alone; steps are counted, not epochs, and the state most
    likely to produce a fifth of the good pictures is kept.
    """

    id: ClassVar[str] = "csflow"
    title: ClassVar[str] = "CS-Flow"
    summary: ClassVar[str] = (
        "Learns how likely the features of good parts are at three sizes together. Made to find defects of any size, "
        "not to outline them: its map is coarse. Training takes long without a graphics card."
    )
    parameters_type: ClassVar[type[Parameters]] = CSFlowParameters
    clip: ClassVar[float | None] = 1.0

    @property
    def _chosen(self) -> CSFlowParameters:
        return cast(CSFlowParameters, self.parameters)

    @property
    def _course(self) -> tuple[int, int]:
        return self._chosen.steps, self._chosen.batch

    def _choice(self) -> BackboneChoice:
        choice = super()._choice()
        return BackboneChoice(choice.name, choice.weights, checked_layers(choice.name, choice.layers)[-1:])

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.csflow_network import csflow_network

        assert backbone is not None
        chosen = self._chosen
        height, width = preprocessing.height, preprocessing.width
        return csflow_network(backbone, height, width, chosen.flow_steps, chosen.hidden, chosen.map_sigma)

    def _optimiser(self, weights: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(weights, self._chosen.learning_rate, eps=_EPSILON, weight_decay=_WEIGHT_DECAY)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        assert features is not None
        choice, chosen, sizes = self._choice(), self._chosen, scale_sizes(material.height, material.width)
        grids = grids_of(choice, sizes)
        return flow_work(
            choice,
            features,
            material,
            sizes,
            csflow_cost(grids, chosen.flow_steps, chosen.hidden),
            kept=csflow_kept(grids, chosen.hidden),
            blocks=chosen.flow_steps,
            steps=chosen.steps,
            batch=chosen.batch,
        )
