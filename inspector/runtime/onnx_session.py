"""Sessions of ONNX Runtime: making them, and what their networks take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inspector.errors import BundleError
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing

CPU = "CPUExecutionProvider"
_ERRORS_ONLY = 3
_FATAL_ONLY = 4


def open_session(model: Path | bytes, bundle: Path, threads: int | None = None) -> onnxruntime.InferenceSession:
    """A session on the CPU. `threads`: how many cores one inference may use, None: all physical ones. Raises
    `BundleError` `bundle_damaged` if the network is refused."""
    try:
        return session_on(CPU, {}, model, threads)
    except Exception as error:
        raise BundleError("bundle_damaged", path=bundle, file="model.onnx") from error


def session_on(
    provider: str, provider_options: dict[str, str], model: Path | bytes, threads: int | None
) -> onnxruntime.InferenceSession:
    """A session on a provider, with all graph optimisations; what the provider cannot do, the CPU does. Raises whatever
    ONNX Runtime raises, and never goes on with another provider by itself, neither now nor at an inference."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = _ERRORS_ONLY if provider == CPU else _FATAL_ONLY  # `providers` tells why it failed
    options.intra_op_num_threads = threads or 0
    # Between two parts the worker threads sleep instead of spinning: the cores belong to camera and window then.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    if provider == "DmlExecutionProvider":
        options.enable_mem_pattern = False  # DirectML demands it
    chosen = [(provider, provider_options)] if provider == CPU else [(provider, provider_options), (CPU, {})]
    source = str(model) if isinstance(model, Path) else model
    return onnxruntime.InferenceSession(source, options, providers=chosen, enable_fallback=0)


def input_of(
    session: onnxruntime.InferenceSession, preprocessing: Preprocessing, images: Sequence[Image]
) -> NDArray[np.generic]:
    """Crops (BGR uint8, any size) as a session's network takes them: (N, height, width, 3) pixels, or, in bundles of
    format 1, what training sees."""
    if session.get_inputs()[0].type == "tensor(uint8)":
        return preprocessing.pixels(images)
    return preprocessing.batch(images)
