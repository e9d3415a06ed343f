"""Measuring at export how far ONNX Runtime is from torch, from the pixels to the map. Imports torch."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import nn

from inspector.errors import TrainingError
from inspector.imaging.frame import Image
from inspector.runtime.difference import TOLERANCE, Outputs, difference, joined
from inspector.runtime.manifest import ParityPart
from inspector.runtime.onnx_session import open_session
from inspector.runtime.whole_chain import WholeChain

_CROPS = 2
_NOISE = 2
_LARGEST_SIDE = 2048
"""Pixels. Larger crops are shrunk before, or two of 20 megapixels would take a gigabyte in float32."""


def measure_parity(chain: WholeChain, images: Sequence[Image], file: Path) -> ParityPart:
    """Compare the exported `file` with torch on some crops (BGR uint8, at least one), on the same with a block painted
    over, so that high scores are covered and not only the low ones of parts that were learned, and on noise.

    Pixels at the network's size are judged as both engines judge them, crops of their own size by the whole chain in
    both libraries. What the chain's own resizing does to the scores is told and not refused: the engine resizes with
    OpenCV, as training does. Raises `TrainingError` `export_parity`.
    """
    crops = [_handy(np.asarray(images[index])) for index in _spread(len(images), _CROPS)]
    crops += [_with_block(crop) for crop in crops]
    session = open_session(file, file)
    at_size = chain.preprocessing.pixels([*crops, *_noise(chain.preprocessing.height, chain.preprocessing.width)])
    expected = _by_torch(chain.network, chain.preprocessing.batch(list(at_size)))
    actual = _by_onnx(session, at_size)
    whole_expected = joined(_by_torch(chain, crop[None].copy()) for crop in crops)
    whole_actual = joined(_by_onnx(session, crop[None].copy()) for crop in crops)
    # Noise may score far above any part: the difference on parts is measured by the spread of parts.
    parts = len(crops)
    on_all, on_parts = _differences(expected, actual), _differences(_first(expected, parts), _first(actual, parts))
    worst = np.max([on_all, on_parts, _differences(whole_expected, whole_actual)], axis=0)
    _check(float(worst.max()))
    return ParityPart(
        images=len(at_size),
        max_score_difference=float(worst[0]),
        max_map_difference=float(worst[1]) if len(worst) > 1 else 0.0,
        tolerance=TOLERANCE,
        resize_score_difference=difference(actual[0][:parts], whole_actual[0]),
    )


def _check(worst: float) -> None:
    logging.getLogger(__name__).info("ONNX Runtime differs from torch by %.2g of the spread", worst)
    if not worst <= TOLERANCE:
        raise TrainingError("export_parity", difference=f"{worst:.2g}", tolerance=TOLERANCE)


def _spread(n: int, wanted: int) -> list[int]:
    """Up to `wanted` different indices, evenly over n."""
    return sorted({round(position) for position in np.linspace(0, n - 1, min(n, wanted))})


def _handy(crop: Image) -> Image:
    larger = max(crop.shape) / _LARGEST_SIDE
    if larger <= 1:
        return crop
    size = (round(crop.shape[1] / larger) or 1, round(crop.shape[0] / larger) or 1)
    return cv2.resize(crop, size, interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


def _with_block(crop: Image) -> Image:
    """The crop with its middle inverted: unusual for any method."""
    height, width = crop.shape[:2]
    marked = crop.copy()
    middle = (slice(height * 3 // 8, height * 5 // 8), slice(width * 3 // 8, width * 5 // 8))
    marked[middle] = 255 - marked[middle]
    return marked


def _noise(height: int, width: int) -> NDArray[np.uint8]:
    """Every value everywhere, the same at each export."""
    return np.random.default_rng(0).integers(0, 256, (_NOISE, height, width, 3), dtype=np.uint8)


def _by_torch(module: nn.Module, batch: NDArray[np.generic]) -> Outputs:
    with torch.inference_mode():
        found = module(torch.from_numpy(batch))
    return [value.numpy() for value in (found if isinstance(found, tuple | list) else (found,))]


def _by_onnx(session: onnxruntime.InferenceSession, pixels: Image) -> Outputs:
    return list(session.run(None, {"image": pixels}))


def _first(outputs: Outputs, count: int) -> Outputs:
    return [value[:count] for value in outputs]


def _differences(expected: Outputs, actual: Outputs) -> list[float]:
    return [difference(left, right) for left, right in zip(expected, actual, strict=True)]
