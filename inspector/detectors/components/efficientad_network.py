"""EfficientAD's inference as one module, and the losses it is trained with."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from inspector.detectors.components.pdn import PatchPlacement

_QUIET, _LOUD = 0.9, 0.995
"""Shares of good cells below the two values that a map is normalised by; between them lie `_STEP` units."""
_STEP = 0.1
_HARD = 0.001
"""Share of a picture's differences, the largest, that the student learns from."""
_SMALLEST_SPAN, _SMALLEST = 1e-3, 1e-12


class EfficientADNetwork(nn.Module):
    """(N, 3, H, W) float32, normalised, to scores (N,) and maps (N, H, W), float32, neither bounded.

    Two maps are added: how far the student is from what the teacher says, and how far its other half is from what the
    autoencoder says. Each is normalised by what good pictures gave: 0 is their 90 % quantile, 0.1 their 99.5 %
    quantile. The score is the largest value.
    """

    mean: Tensor
    deviation: Tensor
    quiet: Tensor
    span: Tensor

    def __init__(
        self, teacher: nn.Module, student: nn.Module, autoencoder: nn.Module, outputs: int, placement: PatchPlacement
    ) -> None:
        super().__init__()
        self.teacher = teacher
        self.student = student
        self.autoencoder = autoencoder
        self.placement = placement
        self._outputs = outputs
        for name, value in (("mean", torch.zeros), ("deviation", torch.ones)):
            self.register_buffer(name, value(1, outputs, 1, 1))
        for name, value in (("quiet", torch.zeros), ("span", torch.ones)):
            self.register_buffer(name, value(2))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and maps."""
        maps = [
            _STEP * (item - quiet) / span
            for item, quiet, span in zip(self.differences(images), self.quiet, self.span, strict=True)
        ]
        placed = self.placement((maps[0] + maps[1]) / 2)
        return placed.flatten(1).amax(1), placed

    def taught(self, images: Tensor) -> Tensor:
        """What the teacher says, each channel normalised, without gradients."""
        with torch.no_grad():
            said: Tensor = self.teacher(images).float()
        return (said - self.mean) / self.deviation

    def differences(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean squared ones of the student to teacher and to autoencoder, (N, h, w) each, raw."""
        said, imagined = self._halves(images)
        return (
            (self.taught(images) - said).square().mean(1),
            (self.autoencoder(images).float() - imagined).square().mean(1),
        )

    def normalise_maps(self, found: list[tuple[Tensor, Tensor]]) -> None:
        """Take the maps' normalisation from the `differences` of good pictures."""
        for place, values in enumerate(zip(*found, strict=True)):
            cells = torch.cat([item.flatten() for item in values]).cpu().double().numpy()
            quiet, loud = np.quantile(cells, (_QUIET, _LOUD))
            self.quiet[place] = float(quiet)
            # Pictures that are all alike have hardly any spread; their rounding errors are no measure.
            self.span[place] = float(max(loud - quiet, _SMALLEST_SPAN * loud, _SMALLEST))

    def imitation_loss(self, images: Tensor) -> Tensor:
        """Of the student's first half to the teacher: of each picture the mean of the largest 0.1 % of the squared
        differences, then the mean over pictures."""
        squared = (self.taught(images) - self._halves(images)[0]).square().flatten(1)
        hard = squared.topk(max(round(_HARD * squared.shape[1]), 1), dim=1).values
        return hard.mean()

    def penalty(self, others: Tensor) -> Tensor:
        """Keeps the student from imitating the teacher on pictures that are no product, (N, 3, H, W) like images."""
        return self._halves(others)[0].square().mean()

    def autoencoder_losses(self, altered: Tensor) -> tuple[Tensor, Tensor]:
        """Of the autoencoder to the teacher, and of the student's second half to the autoencoder."""
        reconstructed = self.autoencoder(altered).float()
        imagined = self._halves(altered)[1]
        return (self.taught(altered) - reconstructed).square().mean(), (reconstructed - imagined).square().mean()

    def _halves(self, images: Tensor) -> tuple[Tensor, Tensor]:
        said = self.student(images).float()
        return said[:, : self._outputs], said[:, self._outputs :]
