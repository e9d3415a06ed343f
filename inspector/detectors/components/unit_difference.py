"""How far two networks' views of a picture point in different directions, position by position."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def unit_differences(seen: list[Tensor], imitated: list[Tensor]) -> list[Tensor]:
    """Per layer, (N, h, w): half the squared distance of the unit vectors of two maps (N, C, h, w), which is one minus
    their cosine, written so that float32 keeps the digits of small ones."""
    return [
        0.5 * (functional.normalize(one, dim=1) - functional.normalize(other, dim=1)).square().sum(1)
        for one, other in zip(seen, imitated, strict=True)
    ]
