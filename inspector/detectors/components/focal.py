"""The focal loss: examples that are judged well already count little."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def focal_loss(logits: Tensor, truth: Tensor, gamma: float) -> Tensor:
    """Lin et al., ICCV 2017, arXiv 1708.02002, without class weights: the mean over logits and truths in [0, 1] of any
    one shape, float32."""
    entropy = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    return ((1 - torch.exp(-entropy)) ** gamma * entropy).mean()
