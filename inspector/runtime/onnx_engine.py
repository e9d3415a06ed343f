"""The engine of a station: ONNX Runtime on the CPU. Neither imports torch nor needs it installed."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inspector.errors import BundleError
from inspector.runtime.batching import Batch, BatchEngine
from inspector.runtime.manifest import Manifest

_ERRORS_ONLY = 3


class OnnxEngine(BatchEngine):
    """Runs `model.onnx`. Not thread-safe by contract: one engine belongs to one thread at a time."""

    def __init__(self, manifest: Manifest, model: Path | bytes, bundle: Path, threads: int | None = None) -> None:
        """`model`: the network's file or content; `bundle`: where it belongs, for error messages; `threads`: how many
        cores one inference may use, None: all physical ones. Raises `BundleError` `bundle_damaged`."""
        super().__init__(manifest, time.perf_counter())
        self._session: onnxruntime.InferenceSession | None = open_session(model, bundle, threads)
        self._input = self._session.get_inputs()[0].name
        self._warm_up()

    def _run(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        if self._session is None:
            raise RuntimeError("the engine is closed")
        outputs = self._session.run(None, {self._input: batch})
        return outputs[0], outputs[1] if len(outputs) > 1 else None

    def close(self) -> None:
        """Free the session."""
        self._session = None


def open_session(model: Path | bytes, bundle: Path, threads: int | None = None) -> onnxruntime.InferenceSession:
    """A session with all graph optimisations. Raises `BundleError` `bundle_damaged` if the network is refused."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = threads or 0
    # Between two parts the worker threads sleep instead of spinning: the cores belong to camera and window then.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    source = str(model) if isinstance(model, Path) else model
    try:
        return onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise BundleError("bundle_damaged", path=bundle, file="model.onnx") from error
