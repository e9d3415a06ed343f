"""What CutPaste's network learns: to tell good pictures from those with a piece pasted in."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from inspector.data.synthetic.cutpaste import jittered, with_patch, with_scar
from inspector.data.synthetic.perlin import Blotches
from inspector.detectors.alterations import moved
from inspector.detectors.components.cutpaste_network import CutPasteNetwork, pooled
from inspector.detectors.components.learning import Course, descend, mixed_precision
from inspector.detectors.components.pictures import Pictures
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, Progress

_MOMENTUM, _WEIGHT_DECAY = 0.9, 3e-5
_SHIFT = 1 / 16
_HEAD = 128

Paste = Callable[[np.random.Generator, Image], tuple[Image, Blotches]]

PASTES: dict[str, tuple[Paste, ...]] = {"normal": (with_patch,), "scar": (with_scar,), "3way": (with_patch, with_scar)}
"""What is told from good, by the paper's names of its variants."""


def learn(
    network: CutPasteNetwork,
    pictures: Pictures,
    pastes: tuple[Paste, ...],
    *,
    steps: int,
    batch: int,
    learning_rate: float,
    seed: int,
    progress: Progress,
    cancel: CancelToken,
) -> None:
    """So many steps down the cross-entropy of telling the kinds apart, the learning rate falling as a cosine."""
    head = projection(network.whole.mean.numel(), len(pastes) + 1).to(pictures.device)
    learned = [*network.body.parameters(), *head.parameters()]
    optimiser = torch.optim.SGD(learned, learning_rate, momentum=_MOMENTUM, weight_decay=_WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    rng = np.random.default_rng(seed)
    network.train()
    course = Course(len(pictures), steps, batch, progress, cancel, seed=seed)
    for indices in course:
        shown = pictures.normalised(kinds(rng, [pictures.resized(index) for index in indices], pastes))
        with mixed_precision(pictures.device):
            logits = head(pooled(network.body(shown)))
        truth = torch.arange(len(pastes) + 1, device=logits.device).repeat_interleave(len(indices))
        loss = functional.cross_entropy(logits.float(), truth)
        course.tell(loss)
        descend(loss, optimiser)
        schedule.step()


def projection(channels: int, classes: int) -> nn.Sequential:
    """The paper's head above the embedding: (N, channels) to logits (N, classes); it is forgotten after training."""
    return nn.Sequential(
        nn.Linear(channels, channels, bias=False),
        nn.BatchNorm1d(channels),
        nn.ReLU(),
        nn.Linear(channels, _HEAD, bias=False),
        nn.BatchNorm1d(_HEAD),
        nn.ReLU(),
        nn.Linear(_HEAD, classes),
    )


def kinds(rng: np.random.Generator, images: list[Image], pastes: tuple[Paste, ...]) -> list[Image]:
    """The pictures, moved and with their colours changed a little, then the same with pieces in each of the ways."""
    varied = [jittered(rng, _moved(rng, image)) for image in images]
    return varied + [paste(rng, image)[0] for paste in pastes for image in varied]


def _moved(rng: np.random.Generator, image: Image) -> Image:
    """By whole pixels, which keeps it as sharp as the pictures that are judged."""
    height, width = image.shape[:2]
    across, down = rng.uniform(-_SHIFT, _SHIFT, 2)
    return moved(image, shift=(round(across * width) / width, round(down * height) / height))
