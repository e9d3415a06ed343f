"""Running images through a network in batches, with progress, cancel and a check of what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from inspector.detectors.components.embedding_store import EmbeddingStore
from inspector.detectors.work import PROCESSOR_BATCH
from inspector.errors import TrainingError
from inspector.imaging.frame import Image
from inspector.imaging.preprocessing import Preprocessing
from inspector.tasks import CancelToken, Progress


def device_of(name: str) -> torch.device:
    """`auto`: the graphics card if there is one. Raises `TrainingError` `device_missing`."""
    available = torch.cuda.is_available()
    if name == "cuda" and not available:
        raise TrainingError("device_missing", device=name)
    return torch.device("cuda" if available and name != "cpu" else "cpu")


def batch_size(device: torch.device) -> int:
    """How many pictures go through the backbone at once."""
    return 32 if device.type == "cuda" else PROCESSOR_BATCH


def embed_images(
    network: Callable[[Tensor], Tensor],
    images: Sequence[Image],
    preprocessing: Preprocessing,
    device: torch.device,
    progress: Progress,
    cancel: CancelToken,
    store: EmbeddingStore | None = None,
) -> Iterator[Tensor]:
    """`network` applied to consecutive batches of images, each read once; results stay on the device. What `store`
    has is not computed again, and what it has room for is kept there.

    Raises `TrainingError` `training_not_finite` if a result is not a number, `Cancelled`.
    """
    step = batch_size(device)
    for start in range(0, len(images), step):
        progress(start, len(images), "features")
        stop = min(start + step, len(images))
        inputs = []
        for index in range(start, stop):
            cancel.raise_if_cancelled()
            inputs.append(preprocessing.apply(images[index]))
        known = store.find(inputs) if store is not None else None
        yield known if known is not None else _computed(network, inputs, device, store)
    progress(len(images), len(images), "features")


def _computed(
    network: Callable[[Tensor], Tensor],
    inputs: list[NDArray[np.float32]],
    device: torch.device,
    store: EmbeddingStore | None,
) -> Tensor:
    result = network(torch.from_numpy(np.stack(inputs)).to(device))
    if not bool(torch.isfinite(result).all()):
        raise TrainingError("training_not_finite")
    if store is not None:
        store.keep(inputs, result)
    return result
