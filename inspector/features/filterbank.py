"""placeholder"""

from __future__ import annotations

import torch
from torch import nn


class FilterBank(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.register_buffer("w", torch.randn(8, 3, 8, 8))

    def forward(self, x):
        return [nn.functional.conv2d(x, self.w, stride=8)]
