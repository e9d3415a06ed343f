"""How DRAEM practises: on good pictures with made-up defects, of which it knows where they are."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, optim

from inspector.data.synthetic.anomalies import perlin_anomaly
from inspector.data.synthetic.surfaces import Surfaces
from inspector.detectors.components.draem_network import DRAEMNetwork
from inspector.detectors.components.focal import focal_loss
from inspector.detectors.components.learning import Course, descend, mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.repair import repair_loss
from inspector.detectors.components.similarity import StructuralSimilarity

_FOCUS = 2.0
_FALLS_AT, _FALLS_TO = (0.8, 0.9), 0.2


def practise(
    network: DRAEMNetwork,
    pictures: Pictures,
    course: Course,
    surfaces: Surfaces,
    *,
    learning_rate: float,
    rng: np.random.Generator,
) -> None:
    """Repair and find made-up defects in each step of the course."""
    optimiser = optim.Adam(network.parameters(), learning_rate)
    falls = [max(round(share * course.steps), 1) for share in _FALLS_AT]
    schedule = optim.lr_scheduler.MultiStepLR(optimiser, falls, _FALLS_TO)
    similarity = StructuralSimilarity().to(pictures.device)
    network.train()
    for indices in course:
        spoiled, truth = _spoiled(pictures, indices, surfaces, rng)
        with mixed_precision(pictures.device):
            repaired, logits = network.answers(spoiled)
        loss = repair_loss(repaired, pictures.unit(indices), similarity) + focal_loss(logits, truth, _FOCUS)
        course.tell(loss)
        descend(loss, optimiser)
        schedule.step()


def _spoiled(
    pictures: Pictures, indices: list[int], surfaces: Surfaces, rng: np.random.Generator
) -> tuple[Tensor, Tensor]:
    """Pictures (n, 3, H, W) with made-up defects, and where these are, (n, H, W), 0 or 1."""
    made = [perlin_anomaly(rng, pictures.resized(index), surfaces) for index in indices]
    truth = torch.from_numpy(np.stack([mask for _, mask in made])).to(pictures.device)
    return pictures.normalised([image for image, _ in made]), truth.float()
