"""From a fitted detector to an ONNX network that is shown to give the same scores and maps."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray

from inspector.detectors.base import Detector
from inspector.errors import TrainingError
from inspector.imaging.frame import Image
from inspector.runtime.manifest import ParityPart
from inspector.runtime.onnx_engine import open_session

OPSET = 18
TOLERANCE = 1e-3
"""Largest allowed difference between the two libraries, as a share of the spread of the values. Float32 arithmetic in
another order gives about 1e-5; a wrong operator gives 1e-1."""

_PARITY_IMAGES = 2
_LARGEST_PROTOBUF = 2**31

Batch = NDArray[np.float32]
Outputs = tuple[NDArray[np.float32], ...]


def export_network(detector: Detector, images: Sequence[Image], file: Path) -> ParityPart:
    """Write a fitted detector to `file` and compare ONNX Runtime with torch on some crops (at least one).

    Half of the comparison is on crops with a block painted over, so that it covers high scores and not only the low
    ones of parts that were learned. Raises `TrainingError` `export_parity` or `export_too_large`.
    """
    if detector.preprocessing is None:
        raise ValueError("the detector is not fitted")
    network = detector.network().eval()
    crops = [np.asarray(images[index]) for index in _spread(len(images), _PARITY_IMAGES)]
    batch = detector.preprocessing.batch([*crops, *(_with_block(crop) for crop in crops)])
    _write(network, batch[:2], file, has_map=detector.has_map)
    return _compare(network, batch, file)


def _spread(n: int, wanted: int) -> list[int]:
    """Up to `wanted` different indices, evenly over n."""
    return sorted({round(position) for position in np.linspace(0, n - 1, min(n, wanted))})


def _with_block(crop: Image) -> Image:
    """The crop with its middle inverted: unusual for any method."""
    height, width = crop.shape[:2]
    marked = crop.copy()
    middle = (slice(height * 3 // 8, height * 5 // 8), slice(width * 3 // 8, width * 5 // 8))
    marked[middle] = 255 - marked[middle]
    return marked


def _write(network: torch.nn.Module, example: Batch, file: Path, *, has_map: bool) -> None:
    size = sum(value.numel() * value.element_size() for value in (*network.parameters(), *network.buffers()))
    if size >= _LARGEST_PROTOBUF:
        raise TrainingError("export_too_large", gigabytes=round(size / 2**30, 1))
    with _quiet_exporter():
        torch.onnx.export(
            network,
            (torch.from_numpy(example),),
            str(file),
            input_names=["image"],
            output_names=["score", "map"] if has_map else ["score"],
            opset_version=OPSET,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    onnx.checker.check_model(str(file))


@contextlib.contextmanager
def _quiet_exporter() -> Iterator[None]:
    """Without the exporter's remarks about itself: interfaces that torch and numpy have marked as old, and
    optimisations that it could not apply."""
    log = logging.getLogger("onnxscript")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            yield
    finally:
        log.setLevel(level)


def _compare(network: torch.nn.Module, batch: Batch, file: Path) -> ParityPart:
    with torch.inference_mode():
        found = network(torch.from_numpy(batch))
    expected: Outputs = tuple(value.numpy() for value in (found if isinstance(found, tuple | list) else (found,)))
    actual: Outputs = tuple(open_session(file, file).run(None, {"image": batch}))
    differences = [_difference(left, right) for left, right in zip(expected, actual, strict=True)]
    parity = ParityPart(
        images=len(batch),
        max_score_difference=differences[0],
        max_map_difference=differences[1] if len(differences) > 1 else 0.0,
        tolerance=TOLERANCE,
    )
    worst = max(differences)
    logging.getLogger(__name__).info("ONNX Runtime differs from torch by %.2g of the spread", worst)
    if not worst <= TOLERANCE:
        raise TrainingError("export_parity", difference=f"{worst:.2g}", tolerance=TOLERANCE)
    return parity


def _difference(expected: NDArray[np.float32], actual: NDArray[np.float32]) -> float:
    """The largest difference as a share of the spread of the expected values; infinite if shapes differ."""
    if expected.shape != actual.shape or not np.isfinite(actual).all():
        return float("inf")
    spread = float(np.ptp(expected)) or float(np.abs(expected).max()) or 1.0
    return float(np.abs(expected - actual).max()) / spread
