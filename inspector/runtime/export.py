"""From a fitted detector to an ONNX network that is shown to give the same scores and maps."""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import onnx
import torch

from inspector.detectors.base import Detector
from inspector.errors import TrainingError
from inspector.imaging.frame import Image
from inspector.runtime.manifest import ParityPart
from inspector.runtime.parity import measure_parity
from inspector.runtime.whole_chain import WholeChain

OPSET = 18
_LARGEST_PROTOBUF = 2**31


def export_network(detector: Detector, images: Sequence[Image], file: Path) -> ParityPart:
    """Write a fitted detector to `file`, from pixels to map, and compare ONNX Runtime with torch on some crops (at
    least one).

    The network takes `image`, (N, H, W, 3) uint8 BGR of any N, H and W, and gives `score` (N,) and, where the method
    makes maps, `map` (N, height, width) at the size of `detector.preprocessing`; float32. Raises `TrainingError`
    `export_parity` or `export_too_large`.
    """
    if detector.preprocessing is None:
        raise ValueError("the detector is not fitted")
    chain = WholeChain(detector.preprocessing, detector.network()).eval()
    _write(chain, file, has_map=detector.has_map)
    return measure_parity(chain, images, file)


def _write(chain: WholeChain, file: Path, *, has_map: bool) -> None:
    size = sum(value.numel() * value.element_size() for value in (*chain.parameters(), *chain.buffers()))
    if size >= _LARGEST_PROTOBUF:
        raise TrainingError("export_too_large", gigabytes=round(size / 2**30, 1))
    # Every side differs from the network's and from each other, so that none is taken for fixed.
    height, width = chain.preprocessing.height + 3, chain.preprocessing.width + 5
    batch, rows, columns = (torch.export.Dim(name) for name in ("batch", "height", "width"))
    with _quiet_exporter():
        program = torch.onnx.export(
            chain,
            (torch.zeros(2, height, width, 3, dtype=torch.uint8),),
            input_names=["image"],
            output_names=["score", "map"] if has_map else ["score"],
            opset_version=OPSET,
            dynamic_shapes=({0: batch, 1: rows, 2: columns},),
            dynamo=True,
            verbose=False,
        )
    assert program is not None  # only the older exporter gives none
    model = program.model_proto
    _forget_origins(model.graph)
    onnx.save(model, file)
    onnx.checker.check_model(str(file))


def _forget_origins(graph: onnx.GraphProto) -> None:
    """The exporter notes at each operator which lines of which files it came from: this computer's folders, and more
    bytes than a small network itself."""
    for item in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        del item.metadata_props[:]


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
