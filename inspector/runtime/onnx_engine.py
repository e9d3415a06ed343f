"""The engine of a station: ONNX Runtime. Neither imports torch nor needs it installed."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inspector.imaging.frame import Image
from inspector.runtime.batching import Batch, BatchEngine
from inspector.runtime.manifest import Manifest
from inspector.runtime.onnx_session import input_of
from inspector.runtime.providers import open_best, title_of


class OnnxEngine(BatchEngine):
    """Runs `model.onnx`. Not thread-safe by contract: one engine belongs to one thread at a time.

    Crops are resized by OpenCV as in training, so that scores fit the thresholds, and faster than in the network, which
    passes on unchanged what has its size.
    """

    def __init__(self, manifest: Manifest, model: Path | bytes, bundle: Path, threads: int | None = None) -> None:
        """`model`: the network's file or content; `bundle`: where it belongs, for error messages; `threads`: how many
        cores one inference may use, None: all physical ones. Raises `BundleError` `bundle_damaged`."""
        super().__init__(manifest, time.perf_counter())
        session = open_best(manifest, model, bundle, threads)
        self._session: onnxruntime.InferenceSession | None = session
        self._provider = title_of(session)
        self._warm_up()
        logging.getLogger(__name__).info("ONNX Runtime computes on %s", self._provider)

    @property
    def provider(self) -> str:
        """What computes: see `providers.TITLES`."""
        return self._provider

    def _prepare(self, images: Sequence[Image]) -> Batch:
        return input_of(self._open(), self._preprocessing, images)

    def _run(self, batch: Batch) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
        outputs = self._open().run(None, {"image": batch})
        return outputs[0], outputs[1] if len(outputs) > 1 else None

    def _open(self) -> onnxruntime.InferenceSession:
        if self._session is None:
            raise RuntimeError("the engine is closed")
        return self._session

    def close(self) -> None:
        """Free the session."""
        self._session = None
