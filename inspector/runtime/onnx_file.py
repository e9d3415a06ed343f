"""A bundle's network as a plain ONNX file for other programs, with all they need to use it inside."""

from __future__ import annotations

import json
from pathlib import Path

import onnx

from inspector.runtime.bundle import Bundle, writing
from inspector.runtime.container import file_written_whole
from inspector.runtime.manifest import Manifest


def write_onnx(bundle: Bundle, file: Path) -> None:
    """Write the network with preprocessing, thresholds and origin as metadata properties (`inspector.*`, JSON).

    Raises `BundleError` `bundle_without_onnx`, `bundle_damaged`, `bundle_disk_full`,
    `bundle_write_failed`.
    """
    source = bundle.onnx()
    model = onnx.load(source) if isinstance(source, Path) else onnx.load_from_string(source)
    onnx.helper.set_model_props(model, _properties(bundle.manifest))
    with writing(file), file_written_whole(file) as partial:
        onnx.save(model, partial)


def _properties(manifest: Manifest) -> dict[str, str]:
    wanted = {"id", "name", "detector", "preprocessing", "region", "tiling", "thresholds"}
    tiles = "overlapping tiles (the score is the largest of theirs), " if manifest.tiling else ""
    steps = f"region, {tiles}resize to width x height, BGR to RGB, divide by 255, subtract mean, divide by std, NCHW"
    parts = {**manifest.model_dump(mode="json", include=wanted), "input": steps}
    return {f"inspector.{name}": json.dumps(value) for name, value in parts.items()}
