"""How large a network's input should be for a set of crops."""

from __future__ import annotations

import math
from collections.abc import Sequence

from inspector.imaging.frame import Image

_MULTIPLE = 32
_LOOKED_AT = 16
_SAME_SHAPE = 0.02
_LARGEST_RATIO = 4.0


def input_size(images: Sequence[Image], image_size: int) -> tuple[int, int]:
    """(height, width) for crops to be squeezed to.

    Where all crops looked at (16, evenly spread) share an aspect ratio within 2 %, it is kept: sides are multiples of
    32 with an area of about `image_size`². Otherwise, and for ratios above 4, the input is square.
    """
    return size_for([images[index].shape[:2] for index in looked_at(len(images))], image_size)


def size_for(shapes: Sequence[tuple[int, ...]], image_size: int) -> tuple[int, int]:
    """See `input_size`: the same from the (height, width) of the crops looked at, of which there is at least one."""
    ratios = [width / height for height, width in shapes]
    ratio = math.exp(sum(map(math.log, ratios)) / len(ratios))
    if max(ratios) > min(ratios) * (1 + _SAME_SHAPE) or not 1 / _LARGEST_RATIO <= ratio <= _LARGEST_RATIO:
        return image_size, image_size
    if abs(ratio - 1) <= _SAME_SHAPE:
        return image_size, image_size
    return _side(image_size / math.sqrt(ratio)), _side(image_size * math.sqrt(ratio))


def _side(wanted: float) -> int:
    return max(_MULTIPLE, round(wanted / _MULTIPLE) * _MULTIPLE)


def looked_at(n: int) -> list[int]:
    """Up to 16 different indices from first to last."""
    steps = min(n, _LOOKED_AT)
    return sorted({round(step * (n - 1) / max(steps - 1, 1)) for step in range(steps)})
