"""Anomaly maps as pictures: each image with its map laid over it and what is above the fail threshold outlined."""

from __future__ import annotations

from pathlib import Path

from inspector.data.dataset import Sample
from inspector.detectors.base import Prediction
from inspector.errors import BundleError, ImageError
from inspector.imaging.files import write_image
from inspector.imaging.frame import Image
from inspector.imaging.overlay import blend, contours, draw_contours, peak_at_score
from inspector.jobs.scoring import OnScored
from inspector.messages import sentence
from inspector.runtime.bundle import Bundle

_OPACITY = 0.6


def heatmap_writer(bundle: Bundle, folder: Path, root: Path) -> OnScored:
    """A function that writes one overlay per image to `<folder>/<its place below root>.png`, so that equal names do
    not meet. Methods without maps write nothing. It raises `ImageError`."""
    low, high = bundle.display_range
    fail = bundle.manifest.thresholds.fail

    def write(sample: Sample, crop: Image, prediction: Prediction) -> None:
        if prediction.anomaly_map is None:
            return
        shown = peak_at_score(prediction.anomaly_map, prediction.score)
        overlay = blend(crop, shown, low, high, _OPACITY)
        draw_contours(overlay, contours(shown, fail))
        place = sample.path.relative_to(root) if sample.path.is_relative_to(root) else Path(sample.path.name)
        target = (folder / place).with_suffix(".png")
        _make_folder(target)
        write_image(target, overlay)

    return write


def heatmap_remarks(bundle: Bundle, folder: Path | None) -> list[str]:
    """What has to be said to somebody who wants heatmaps in a folder: that this model makes none."""
    if folder is None or bundle.manifest.has_map:
        return []
    return [sentence(BundleError("bundle_without_map", name=bundle.manifest.name))]


def _make_folder(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImageError("image_write_failed", path=str(target), reason=error.strerror or str(error)) from error
