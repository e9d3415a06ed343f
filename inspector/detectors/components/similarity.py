"""How alike two pictures are, position by position: what reconstructing methods are trained and judged with."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_C1, _C2 = 0.01**2, 0.03**2


class StructuralSimilarity(nn.Module):
    """SSIM (Wang et al., IEEE TIP 2004, doi 10.1109/TIP.2003.819861) of pictures in [0, 1], (N, C, H, W) float32 each.

    Returns (N, H, W), the mean over channels, at most 1. Windows are Gaussians of `window` pixels (odd) and `sigma`;
    at the border pictures are mirrored. Variances are of deviations from the window's mean, never below zero.
    """

    kernel: Tensor

    def __init__(self, window: int = 11, sigma: float = 1.5) -> None:
        super().__init__()
        offsets = torch.arange(window, dtype=torch.float64) - window // 2
        kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
        self.register_buffer("kernel", (kernel / kernel.sum()).float(), persistent=False)

    def forward(self, one: Tensor, other: Tensor) -> Tensor:
        """Similarity at each position."""
        mean_one, mean_other = self._blurred(one), self._blurred(other)
        variance_one = (self._blurred(one * one) - mean_one**2).clamp(min=0)
        variance_other = (self._blurred(other * other) - mean_other**2).clamp(min=0)
        covariance = self._blurred(one * other) - mean_one * mean_other
        similar = ((2 * mean_one * mean_other + _C1) * (2 * covariance + _C2)) / (
            (mean_one**2 + mean_other**2 + _C1) * (variance_one + variance_other + _C2)
        )
        return similar.mean(1)

    def _blurred(self, images: Tensor) -> Tensor:
        reach, channels = self.kernel.numel() // 2, images.shape[1]
        padded = functional.pad(images, (reach, reach, reach, reach), mode="reflect")
        down = self.kernel[None, None, :, None].expand(channels, 1, -1, 1)
        across = self.kernel[None, None, None, :].expand(channels, 1, 1, -1)
        return functional.conv2d(functional.conv2d(padded, down, groups=channels), across, groups=channels)
