"""What ONNX Runtime computes on: a graphics card or another accelerator where there is one that computes right."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from inspector.runtime.batching import warming_image
from inspector.runtime.difference import TOLERANCE, Outputs, joined, largest_difference
from inspector.runtime.manifest import Manifest
from inspector.runtime.onnx_session import CPU, input_of, open_session, session_on

logger = logging.getLogger(__name__)

TITLES = {
    "CUDAExecutionProvider": "CUDA",
    "DmlExecutionProvider": "DirectML",
    "OpenVINOExecutionProvider": "OpenVINO",
    CPU: "CPU",
}
"""Providers that are used, the first choice first, and what people call them."""


def open_best(
    manifest: Manifest,
    model: Path | bytes,
    bundle: Path,
    threads: int | None,
    available: Sequence[str] | None = None,
) -> onnxruntime.InferenceSession:
    """A session on the first provider of `TITLES` that is available, can run the network and gives what the CPU gives.

    Both judge two pictures, which warms the provider up, too, and may differ by the tolerance of the export. A
    provider that is passed over is told in one line of the log, so that a verdict never changes silently. `available`
    None: what this ONNX Runtime names. Raises `BundleError` `bundle_damaged`.
    """
    reference = open_session(model, bundle, threads)
    named = onnxruntime.get_available_providers() if available is None else available
    for provider in TITLES:
        if provider == CPU or provider not in named:
            continue
        try:
            session = _tried(provider, model, threads)
            _compare(reference, session, manifest)
        except Exception as error:  # noqa: BLE001 - a driver may fail in any way
            logger.warning("%s is not used: %s", TITLES[provider], _first_line(error))
        else:
            return session
    return reference


def title_of(session: onnxruntime.InferenceSession) -> str:
    """What people call that on which a session computes."""
    return TITLES[session.get_providers()[0]]


def _tried(provider: str, model: Path | bytes, threads: int | None) -> onnxruntime.InferenceSession:
    session = session_on(provider, _options(provider, threads), model, threads)
    if session.get_providers()[0] != provider:  # its library could not be loaded: ONNX Runtime goes on without
        raise RuntimeError("it cannot be started on this computer")
    return session


def _options(provider: str, threads: int | None) -> dict[str, str]:
    if provider == "CUDAExecutionProvider":
        return {"use_tf32": "0"}  # its 10 bits of mantissa are off by about the tolerance
    if provider == "OpenVINOExecutionProvider" and threads:
        return {"num_of_threads": str(threads)}
    return {}


def _compare(
    reference: onnxruntime.InferenceSession, session: onnxruntime.InferenceSession, manifest: Manifest
) -> None:
    """On a black picture and on noise: the ends of what a network is shown."""
    black = warming_image(manifest)
    noise = np.random.default_rng(0).integers(0, 256, black.shape, dtype=np.uint8)
    pictures = input_of(reference, manifest.preprocessing.build(), [black, noise])
    found = largest_difference(_run(reference, pictures), _run(session, pictures))
    if not found <= (manifest.parity.tolerance if manifest.parity else TOLERANCE):
        raise ArithmeticError(f"its results differ from the CPU's by {found:.2g} of their spread")


def _run(session: onnxruntime.InferenceSession, pictures: NDArray[np.generic]) -> Outputs:
    """One by one, as a station judges: some providers choose other ways of computing for other numbers."""
    return joined(session.run(None, {"image": picture[None]}) for picture in pictures)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
