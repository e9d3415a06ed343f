"""Seeing what the teacher sees.

Per layer a 1x1 convolution (thrown away afterwards) turns the student's map into the teacher's, whose channels are
standardised; the loss is smooth L1, linear beyond two deviations, so that the teacher's few very strong answers do not
decide everything (feature regression as in FitNets, arXiv 1412.6550, on all three layers at once and from the start).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from inspector.features.pretraining.teacher import Statistics

_LINEAR_FROM = 2.0


def imitation_losses(guesses: Sequence[Tensor], wanted: Sequence[Tensor], statistics: Statistics) -> Tensor:
    """The loss of each layer (layers,): guesses of the standardised maps against the teacher's maps (N, C, h, w)."""
    found = []
    for guess, target, (mean, deviation) in zip(guesses, wanted, statistics, strict=True):
        standardised = (target - mean.view(1, -1, 1, 1)) / deviation.view(1, -1, 1, 1)
        found.append(functional.smooth_l1_loss(guess, standardised, beta=_LINEAR_FROM) * _LINEAR_FROM)
    return torch.stack(found)
