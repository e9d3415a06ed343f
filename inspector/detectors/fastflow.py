"""FastFlow: features of good parts, bent step by step into a normal distribution; what ends far out is unusual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from inspector.detectors import shared_parameters
from inspector.detectors.flow_detector import FlowDetector
from inspector.detectors.flow_work import fastflow_cost, fastflow_kept, flow_work, grids_of
from inspector.detectors.parameters import Parameters, parameter
from inspector.detectors.work import Material, Work
from inspector.features.costs import FeatureCost
from inspector.imaging.preprocessing import Preprocessing

if TYPE_CHECKING:
    import torch
    from torch import nn

    from inspector.features.loading import LoadedBackbone

_WEIGHT_DECAY = 1e-5


@dataclass(frozen=True)
class FastFlowParameters(Parameters):
    """See `FastFlow`."""

    steps: int = shared_parameters.training_steps(
        3000, "In each the flows learn from one batch of pictures.", quick=240
    )
    batch: int = shared_parameters.batch_size(32, quick=8)
    learning_rate: float = shared_parameters.learning_rate(1e-3, maximum=1.0)
    flow_steps: int = parameter(
        8,
        "Steps of each flow",
        "More can describe good parts more closely, and take longer.",
        minimum=1,
        maximum=32,
        quick=4,
    )
    hidden_ratio: float = parameter(
        1.0,
        "Width of each step",
        "Channels inside a step for each one that it sees.",
        minimum=0.01,
        maximum=4.0,
        quick=0.25,
    )
    map_sigma: float = shared_parameters.map_sigma(0.0, in_score=True)


class FastFlow(FlowDetector):
    """Yu et al. 2021, arXiv 2111.07677.

    Departures: the map is the mean of z² instead of -exp(-z²/2), which saturates; each channel is standardised by what
    good pictures show before each map is normalised as a whole, which implementations follow by factors that they learn
    and no determinant accounts for, and the flows' last convolutions start at zero; log-scales are bent by an
    arctangent and channels have no further learned scale; the loss is divided by the number of values, which is read
    more easily and, with Adam, learned alike; steps are counted, not epochs, and the state most likely to produce a
    fifth of the good pictures is kept.
    """

    id: ClassVar[str] = "fastflow"
    title: ClassVar[str] = "FastFlow"
    summary: ClassVar[str] = (
        "Learns how likely the features of good parts are at every place, layer by layer. Precise maps; training takes "
        "long without a graphics card."
    )
    parameters_type: ClassVar[type[Parameters]] = FastFlowParameters
    layer_set: ClassVar = "pyramid"

    @property
    def _chosen(self) -> FastFlowParameters:
        return cast(FastFlowParameters, self.parameters)

    @property
    def _course(self) -> tuple[int, int]:
        return self._chosen.steps, self._chosen.batch

    def _build(self, backbone: LoadedBackbone | None, preprocessing: Preprocessing) -> nn.Module:
        from inspector.detectors.components.fastflow_network import fastflow_network

        assert backbone is not None
        chosen = self._chosen
        height, width = preprocessing.height, preprocessing.width
        return fastflow_network(backbone, height, width, chosen.flow_steps, chosen.hidden_ratio, chosen.map_sigma)

    def _optimiser(self, weights: Iterator[nn.Parameter]) -> torch.optim.Optimizer:
        import torch

        return torch.optim.Adam(weights, self._chosen.learning_rate, weight_decay=_WEIGHT_DECAY)

    def _work(self, features: FeatureCost | None, material: Material) -> Work:
        assert features is not None
        choice, chosen, sizes = self._choice(), self._chosen, [(material.height, material.width)]
        grids = grids_of(choice, sizes)
        return flow_work(
            choice,
            features,
            material,
            sizes,
            fastflow_cost(grids, chosen.flow_steps, chosen.hidden_ratio),
            kept=fastflow_kept(grids, chosen.hidden_ratio),
            blocks=chosen.flow_steps,
            steps=chosen.steps,
            batch=chosen.batch,
        )
