"""A bundle's network as a plain ONNX file for other programs, with all they need to use it inside."""

from __future__ import annotations

import json
from pathlib import Path

import onnx

from inspector.runtime.bundle import Bundle, writing
from inspector.runtime.container import file_written_whole
from inspector.runtime.manifest import Manifest

_PIXELS = (
    "region, then image as uint8 NHWC, BGR, of any size: all else is in the network. Inspector itself resizes to "
    "width x height before (averaging over areas where that shrinks), and the thresholds were set on its scores"
)
_NORMALISED = "region, resize to width x height, BGR to RGB, divide by 255, subtract mean, divide by std, NCHW"


def write_onnx(bundle: Bundle, file: Path) -> None:
    """Write the network with preprocessing, thresholds and origin as metadata properties (`inspector.*`, JSON);
    `inspector.input` says what it takes.

    Raises `BundleError` `bundle_without_onnx`, `bundle_damaged`, `bundle_disk_full`,
    `bundle_write_failed`.
    """
    source = bundle.onnx()
    model = onnx.load(source) if isinstance(source, Path) else onnx.load_from_string(source)
    onnx.helper.set_model_props(model, _properties(bundle.manifest, _steps(model)))
    with writing(file), file_written_whole(file) as partial:
        onnx.save(model, partial)


def _steps(model: onnx.ModelProto) -> str:
    """What has to be done before the network, by what it takes."""
    if model.graph.input[0].type.tensor_type.elem_type == onnx.TensorProto.UINT8:
        return _PIXELS
    return _NORMALISED


def _properties(manifest: Manifest, steps: str) -> dict[str, str]:
    wanted = {"id", "name", "detector", "preprocessing", "region", "tiling", "thresholds"}
    if manifest.tiling:
        steps = f"in overlapping tiles (the score is the largest of theirs): {steps}"
    parts = {**manifest.model_dump(mode="json", include=wanted), "input": steps}
    return {f"inspector.{name}": json.dumps(value) for name, value in parts.items()}
