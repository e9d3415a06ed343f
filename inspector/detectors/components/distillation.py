"""Teaching a patch description network to say what slower, frozen features say: EfficientAD's pretraining."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from inspector.detectors.components.embedding import PatchEmbedding
from inspector.detectors.components.learning import Course, descend, mixed_precision
from inspector.detectors.components.pdn import PatchDescription
from inspector.detectors.components.pdn_layout import DISTILLED_SIDE, STRIDE, grid
from inspector.detectors.components.pictures import Pictures
from inspector.detectors.components.schedule import Plan
from inspector.detectors.components.surroundings import DrawnScenes, sometimes_gray
from inspector.features.loading import LoadedBackbone
from inspector.imaging.frame import Image
from inspector.tasks import CancelToken, Progress

_OF_PRODUCT, _GRAY = 0.5, 0.1
_NEIGHBOURHOOD = 3
_BORDER = 4
_MEASURED = 64
"""So many cuts tell how the features' channels are distributed."""
_LEAST_DEVIATION = 1e-4


class Lessons:
    """What is practised on: square cuts of 128 pixels (less where pictures are smaller), half of them of the product,
    the others drawn."""

    def __init__(self, pictures: Pictures, seed: int) -> None:
        self._pictures = pictures
        self._rng = np.random.default_rng(seed)
        self._scenes = DrawnScenes()
        self._side = min(DISTILLED_SIDE, *pictures.size)

    def draw(self, count: int) -> Tensor:
        """(count, 3, side, side) float32 RGB in [0, 1], on the device of the pictures."""
        return self._pictures.as_unit([self._one() for _ in range(count)])

    def _one(self) -> Image:
        if self._rng.random() >= _OF_PRODUCT:
            return sometimes_gray(self._rng, self._scenes.draw(self._rng, (self._side, self._side)), _GRAY)
        picture = self._pictures.resized(int(self._rng.integers(len(self._pictures))))
        top, left = (int(self._rng.integers(length - self._side + 1)) for length in picture.shape[:2])
        return picture[top : top + self._side, left : left + self._side]


class Targets:
    """What the features say of a picture, on the grid of a patch description network and in so many channels.

    Features coarser than this grid get an enlarged picture, as in the paper; channels are averaged in groups, or
    repeated where there are fewer; each is then normalised by its mean and deviation over the pictures measured.
    """

    def __init__(self, backbone: LoadedBackbone, outputs: int) -> None:
        self._backbone = backbone
        self._embedding = PatchEmbedding(_NEIGHBOURHOOD)
        self._outputs = outputs
        self._enlarged = max(backbone.strides[0] / STRIDE, 1.0)
        self._mean, self._deviation = torch.zeros(1), torch.ones(1)

    @torch.no_grad()
    def measure(self, lessons: Lessons, batch: int, cancel: CancelToken) -> None:
        """Find each channel's mean and deviation."""
        sums = torch.zeros(2, self._outputs, dtype=torch.float64)
        batches = -(-_MEASURED // batch)
        for _ in range(batches):
            cancel.raise_if_cancelled()
            found = self._raw(lessons.draw(batch)).double()
            sums += torch.stack([found.mean((0, 2, 3)), found.square().mean((0, 2, 3))]).cpu()
        mean, square = sums / batches
        deviation = (square - mean.square()).clamp(min=0).sqrt().clamp(min=_LEAST_DEVIATION)
        self._mean, self._deviation = (
            item.float().to(self._backbone.device)[:, None, None] for item in (mean, deviation)
        )

    @torch.no_grad()
    def of(self, unit: Tensor) -> Tensor:
        """(N, 3, side, side) RGB in [0, 1] to (N, outputs, h, w) float32."""
        return (self._raw(unit) - self._mean) / self._deviation

    def _raw(self, unit: Tensor) -> Tensor:
        side = unit.shape[-1]
        if self._enlarged > 1:
            unit = functional.interpolate(unit, scale_factor=self._enlarged, mode="bilinear", align_corners=False)
        mean, std = (unit.new_tensor(item)[:, None, None] for item in (self._backbone.mean, self._backbone.std))
        stacked = self._embedding(self._backbone((unit - mean) / std))
        pooled = functional.adaptive_avg_pool1d(stacked.flatten(1, 2), self._outputs)
        maps: Tensor = pooled.transpose(1, 2).reshape(len(unit), self._outputs, *stacked.shape[1:3])
        if maps.shape[-1] != side // STRIDE:
            maps = functional.interpolate(maps, size=(side // STRIDE,) * 2, mode="bilinear", align_corners=False)
        # The first patch has its centre four cells from the border.
        inside = slice(_BORDER, _BORDER + grid(side))
        return maps[..., inside, inside]


def distil(
    teacher: PatchDescription,
    backbone: LoadedBackbone,
    pictures: Pictures,
    outputs: int,
    plan: Plan,
    progress: Progress,
    cancel: CancelToken,
) -> float:
    """Train a patch description network on its device to say what the backbone says; the mean squared error of the
    last tenth of the steps, in which 1 is no better than the channels' means.

    Raises `TrainingError` `training_diverged`, `Cancelled`.
    """
    lessons, targets = Lessons(pictures, plan.seed), Targets(backbone.to(pictures.device), outputs)
    progress(0, plan.steps, "distilling")
    targets.measure(lessons, plan.batch, cancel)
    optimiser, schedule = plan.adam(teacher.parameters())
    losses: list[Tensor] = []
    course = Course(1, plan.steps, 1, progress, cancel, stage="distilling")
    for _ in course:
        unit = lessons.draw(plan.batch)
        with mixed_precision(pictures.device):
            said = teacher(pictures.from_unit(unit))
        loss = (said.float() - targets.of(unit)).square().mean()
        course.tell(loss)
        descend(loss, optimiser)
        schedule.step()
        losses.append(loss.detach())
    return float(torch.stack(losses[-max(plan.steps // 10, 1) :]).mean())
