"""The engine that runs a bundle with torch, for checking ONNX Runtime against and for methods without an export."""

from __future__ import annotations

import time
from collections.abc import Sequence

from inspector.detectors.base import BackboneChoice, Detector, DetectorSettings, Prediction
from inspector.detectors.components.batches import device_of
from inspector.detectors.parameters import rebuild
from inspector.detectors.registry import detector_type
from inspector.errors import BundleError, TrainingError, WeightsError
from inspector.imaging.frame import Image
from inspector.runtime.batching import warming_image
from inspector.runtime.bundle import MANIFEST, Bundle
from inspector.runtime.manifest import Manifest


class TorchEngine:
    """The detector itself, restored from a bundle's weights. See `runtime.engine.Engine`."""

    def __init__(self, bundle: Bundle, device: str = "auto") -> None:
        """Raises `BundleError` if weights and manifest do not fit together."""
        started = time.perf_counter()
        self._manifest = bundle.manifest
        self._detector = restore_detector(bundle, device)
        self._provider = device_of(device).type.upper()
        self._detector.predict([warming_image(self._manifest)])
        self._load_seconds = time.perf_counter() - started

    @property
    def manifest(self) -> Manifest:
        """What was loaded."""
        return self._manifest

    @property
    def load_seconds(self) -> float:
        """Seconds from the request to ready, the first (warming) inference included."""
        return self._load_seconds

    @property
    def provider(self) -> str:
        """What it computes on: `CPU` or `CUDA`."""
        return self._provider

    def infer(self, image: Image) -> Prediction:
        """Judge one crop (BGR uint8, any size)."""
        return self._detector.predict([image])[0]

    def infer_batch(self, images: Sequence[Image]) -> list[Prediction]:
        """Several crops, in order."""
        return self._detector.predict(images)

    def close(self) -> None:
        """Free the detector."""
        del self._detector


def restore_detector(bundle: Bundle, device: str = "auto") -> Detector:
    """The fitted detector of a bundle. Raises `BundleError` `bundle_damaged`, `bundle_unknown_backbone`, and what
    `Detector.load_state` raises."""
    manifest = bundle.manifest
    kind = detector_type(manifest.detector)
    backbone = manifest.backbone
    if backbone is None and kind.needs_backbone:
        raise BundleError("bundle_damaged", path=bundle.folder, file=MANIFEST)
    choice = BackboneChoice(backbone.name, None, backbone.layers) if backbone else BackboneChoice("")
    try:
        parameters = rebuild(kind.parameters_type, dict(manifest.parameters))
        detector = kind(DetectorSettings(choice, manifest.image_size, manifest.training.seed, device), parameters)
        detector.load_state(bundle.weights(), manifest.preprocessing.build())
    except TrainingError as error:
        raise BundleError("bundle_damaged", path=bundle.folder, file=MANIFEST) from error
    except WeightsError as error:
        raise BundleError("bundle_unknown_backbone", path=bundle.folder, backbone=choice.name) from error
    return detector
