"""EfficientAD's autoencoder: says through 64 numbers for the whole picture what a teacher would say of each patch."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.components.pdn import start_lively
from inspector.detectors.components.pdn_layout import HALVINGS, LATENT, autoencoder_channels, grid, growing

_DROPOUT = 0.2


class PatchAutoencoder(nn.Module):
    """(N, 3, height, width) float32, normalised, at least 64 pixels a side, to (N, outputs, h, w) on the grid of a
    patch description network.

    The paper's sizes for 256 pixels follow from the input: each side is halved five times, a convolution as large as
    what is left makes one vector of it, and the decoder grows from 1/64 of the side, less one, to 1/2 of it, less one.
    """

    def __init__(self, height: int, width: int, outputs: int, share: float) -> None:
        super().__init__()
        channels = autoencoder_channels(share)
        wide = channels[-1]
        self.halvings = nn.ModuleList(nn.Conv2d(before, after, 4, 2, 1) for before, after in pairwise(channels))
        self.bottleneck = nn.Conv2d(wide, LATENT, (height >> HALVINGS, width >> HALVINGS))
        self._sizes = list(zip(growing(height), growing(width), strict=True))
        self.growths = nn.ModuleList(
            nn.Conv2d(wide if place else LATENT, wide, 4, 1, 2) for place in range(len(self._sizes))
        )
        self._grid = (grid(height), grid(width))
        self.last = nn.Conv2d(wide, wide, 3, 1, 1)
        self.output = nn.Conv2d(wide, outputs, 3, 1, 1)
        self.dropout = nn.Dropout(_DROPOUT)
        start_lively(self)

    def forward(self, images: Tensor) -> Tensor:
        """Through the bottleneck and up again."""
        value = images
        for halving in self.halvings:
            value = functional.relu(halving(value))
        value = self.bottleneck(value)
        for size, growth in zip(self._sizes, self.growths, strict=True):
            value = self.dropout(functional.relu(growth(_enlarged(value, size))))
        value = functional.relu(self.last(_enlarged(value, self._grid)))
        return self.output(value)  # type: ignore[no-any-return]


def _enlarged(value: Tensor, size: tuple[int, int]) -> Tensor:
    return functional.interpolate(value, size=size, mode="bilinear", align_corners=False)
