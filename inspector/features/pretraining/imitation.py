"""Seeing what the teacher sees.

Targets are the teacher's maps, standardised over all kinds of scenes (feature regression as in FitNets, arXiv
1412.6550, on all three layers at once and from the start). An error counts by how much the teacher's channel varies
within its scene: what tells a part from its neighbour on a dim, even surface is worth as much as what tells a brick
wall from a lattice. The loss is smooth L1, linear beyond two such deviations, so that the teacher's few very strong
answers do not decide everything.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from inspector.features.pretraining.teacher import Statistics

_LINEAR_FROM = 2.0
_SMALLEST_VARIANCE = 0.1
"""Of a standardised channel within a scene: below it is mostly noise of the camera."""


def imitation_losses(
    guesses: Sequence[Tensor], wanted: Sequence[Tensor], statistics: Statistics, scenes: int
) -> Tensor:
    """The loss of each layer (layers,): guesses of the standardised maps against the teacher's maps (N, C, h, w), the N
    crops being those of so many scenes, one after the other."""
    found = []
    for guess, target, (mean, deviation) in zip(guesses, wanted, statistics, strict=True):
        by_scene = (scenes, -1, *target.shape[1:])
        standardised = ((target - mean.view(1, -1, 1, 1)) / deviation.view(1, -1, 1, 1)).reshape(by_scene)
        variance = standardised.var((1, 3, 4), correction=0, keepdim=True)
        error = (guess.reshape(by_scene) - standardised) / (variance + _SMALLEST_VARIANCE).sqrt()
        found.append(functional.smooth_l1_loss(error, torch.zeros_like(error), beta=_LINEAR_FROM) * _LINEAR_FROM)
    return torch.stack(found)
