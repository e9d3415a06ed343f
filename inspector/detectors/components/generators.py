"""Networks that redraw pictures, and critics that tell drawn ones from real ones."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from inspector.detectors.translator_plan import TranslatorPlan
from inspector.features.padding import pad_to_multiple

_LEAK, _SMALL = 0.2, 0.002


class Translator(nn.Module):
    """Johnson et al., ECCV 2016, arXiv 1603.08155, with a way around all of it: (N, 3, H, W) RGB in [0, 1] to the same
    picture with what it changes of its colours, at most 1. Untrained it changes little.

    Sides of any length: they are padded by repeating the border, and cut again.
    """

    def __init__(self, plan: TranslatorPlan) -> None:
        super().__init__()
        width = plan.width
        self.body = nn.Sequential(
            nn.ReflectionPad2d(3), *_layer(nn.Conv2d(3, width, 7)),
            *_layer(nn.Conv2d(width, 2 * width, 3, stride=2, padding=1)),
            *_layer(nn.Conv2d(2 * width, 4 * width, 3, stride=2, padding=1)),
            *(ResidualBlock(4 * width) for _ in range(plan.blocks)),
            nn.Upsample(scale_factor=2), *_layer(nn.Conv2d(4 * width, 2 * width, 3, padding=1)),
            nn.Upsample(scale_factor=2), *_layer(nn.Conv2d(2 * width, width, 3, padding=1)),
            nn.ReflectionPad2d(3),
        )  # fmt: skip
        self.head = nn.Conv2d(width, 3, 7)
        nn.init.normal_(self.head.weight, std=_SMALL)

    def forward(self, images: Tensor) -> Tensor:
        """The picture as it would be on the other side."""
        return images + self.change(images)

    def change(self, images: Tensor) -> Tensor:
        """What is added to each colour, in [-1, 1]."""
        height, width = images.shape[2:]
        padded = pad_to_multiple(images, TranslatorPlan.MULTIPLE)
        change: Tensor = self.head(self.body(2 * padded - 1)).tanh()
        return change[:, :, :height, :width]


class ResidualBlock(nn.Module):
    """Two convolutions and a way around them, the size unchanged."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.ReflectionPad2d(1), *_layer(nn.Conv2d(width, width, 3)),
            nn.ReflectionPad2d(1), nn.Conv2d(width, width, 3), nn.InstanceNorm2d(width),
        )  # fmt: skip

    def forward(self, value: Tensor) -> Tensor:
        """(N, width, H, W) to the same shape."""
        changed: Tensor = value + self.body(value)
        return changed


class PatchCritic(nn.Sequential):
    """Isola et al., CVPR 2017, arXiv 1611.07004: (N, 3, H, W) RGB in [0, 1] to (N, 1, H / 8, W / 8), large where a
    patch looks real. Each answer sees 54 pixels."""

    def __init__(self, width: int) -> None:
        super().__init__(
            nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(_LEAK),
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1), nn.LeakyReLU(_LEAK),
            nn.Conv2d(2 * width, 4 * width, 4, stride=2, padding=1), nn.LeakyReLU(_LEAK),
            nn.Conv2d(4 * width, 1, 5, padding=2),
        )  # fmt: skip


def _layer(convolution: nn.Conv2d) -> list[nn.Module]:
    return [convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU(inplace=True)]


def believed(answers: Tensor, real: bool) -> Tensor:
    """Mao et al., ICCV 2017, arXiv 1611.04076: the mean squared distance of a critic's answers from 1 or 0."""
    return functional.mse_loss(answers, answers.new_full(answers.shape, float(real)))
