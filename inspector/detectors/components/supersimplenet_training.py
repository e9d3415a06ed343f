"""What SuperSimpleNet is trained with: noise in blotches, and its three losses."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from inspector.data.synthetic.perlin import perlin_blotches
from inspector.detectors.components.focal import focal_loss
from inspector.detectors.components.simplenet_network import truncated
from inspector.detectors.components.supersimplenet_network import SuperSimpleNetNetwork

_FOCAL_GAMMA = 4.0
_UNSPOILT_SHARE = 0.5


class BlotchyNoise:
    """Doubles a batch of features: as they are, and with noise in blotches, of which half of the pictures have none."""

    def __init__(self, strength: float, threshold: float, seed: int) -> None:
        self._strength = strength
        self._threshold = threshold
        self._rng = np.random.default_rng(seed)

    def __call__(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """(N, C, h, w) to features (2 N, C, h, w) and truth (2 N, 1, h, w) float32, 1 where there is noise."""
        twice = torch.cat([features, features])
        blotches = np.stack([self._blotches(twice.shape[2:]) for _ in range(len(twice))])
        truth = torch.from_numpy(blotches).to(features.device)[:, None].float()
        return twice + truth * self._strength * torch.randn_like(twice), truth

    def _blotches(self, size: torch.Size) -> np.ndarray:
        height, width = size
        if self._rng.random() < _UNSPOILT_SHARE:
            return np.zeros((height, width), np.bool_)
        return perlin_blotches(self._rng, (height, width), threshold=self._threshold)


def loss_of(network: SuperSimpleNetNetwork, features: Tensor, noise: BlotchyNoise) -> Tensor:
    """Of features of good pictures, (N, C, h, w)."""
    spoilt, truth = noise(features)
    logits, scores = network.judged(spoilt)
    logits, scores = logits.float(), scores.float()
    unusual = truth > 0
    loss = focal_loss(logits, truth, _FOCAL_GAMMA) + focal_loss(scores, truth.flatten(1).amax(1), _FOCAL_GAMMA)
    loss = loss + truncated(-logits[~unusual], good=True)
    return loss + truncated(-logits[unusual], good=False) if bool(unusual.any()) else loss
