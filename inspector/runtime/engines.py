"""Opening a bundle with the engine that was asked for, or the best one there is."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from inspector.errors import BundleError
from inspector.runtime.bundle import Bundle, load_bundle
from inspector.runtime.engine import Engine
from inspector.runtime.tiled_engine import in_tiles
from inspector.tasks import CancelToken

EngineName = Literal["auto", "onnx", "torch"]


def open_engine(
    path: Path | Bundle,
    engine: EngineName = "auto",
    *,
    threads: int | None = None,
    cancel: CancelToken | None = None,
) -> Engine:
    """Load a bundle (checked, unless one is given that was loaded already) and make it ready to judge.

    `auto` takes ONNX Runtime where the bundle can be run by it, else torch. With `cancel`, an inspection in tiles
    can be broken off: it then raises `Cancelled`. Raises `BundleError`: what `load_bundle` raises,
    `bundle_without_onnx`, `bundle_engine_missing`.
    """
    bundle = path if isinstance(path, Bundle) else load_bundle(path)
    if chosen_engine(bundle, engine) == "onnx":
        _need("onnxruntime", "ONNX Runtime")
        from inspector.runtime.onnx_engine import OnnxEngine

        return in_tiles(OnnxEngine(bundle.manifest, bundle.onnx(), bundle.folder, threads), cancel)
    _need("torch", "PyTorch")
    from inspector.runtime.torch_engine import TorchEngine

    return in_tiles(TorchEngine(bundle), cancel)


def chosen_engine(bundle: Bundle, engine: EngineName) -> Literal["onnx", "torch"]:
    """What `auto` means for this bundle on this computer."""
    if engine == "auto":
        return "onnx" if bundle.has_onnx and find_spec("onnxruntime") else "torch"
    return engine


def _need(module: str, title: str) -> None:
    if find_spec(module) is None:
        raise BundleError("bundle_engine_missing", engine=title)
