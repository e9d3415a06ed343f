"""How a denoising autoencoder practises."""

from __future__ import annotations

from torch import optim

from inspector.detectors.components.corruption import corrupted
from inspector.detectors.components.learning import Course, descend, mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.repair import repair_loss
from inspector.detectors.components.residual_network import ResidualNetwork

_WEIGHT_DECAY, _CLIP = 1e-5, 1.0


def practise(
    network: ResidualNetwork, pictures: Pictures, course: Course, *, learning_rate: float, noise: float
) -> None:
    """Repair spoiled pictures in each step of the course, with shorter and shorter steps along a cosine."""
    optimiser = optim.Adam(network.parameters(), learning_rate, weight_decay=_WEIGHT_DECAY, amsgrad=True)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimiser, course.steps)
    network.train()
    for indices in course:
        images = pictures.unit(indices)
        with mixed_precision(pictures.device):
            repaired = network.drawing(corrupted(images, noise))
        loss = repair_loss(repaired.float(), images, network.similarity)
        course.tell(loss)
        descend(loss, optimiser, clip=_CLIP, network=network)
        schedule.step()
