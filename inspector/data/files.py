"""The pixels of a project: samples named by their content, masks, and thumbnails that can be made again."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

import cv2
import numpy as np

from inspector.data.layout import ProjectLayout
from inspector.errors import ImageError, ProjectError
from inspector.imaging.files import IMAGE_SUFFIXES, read_image, write_bytes, write_image
from inspector.imaging.frame import Image, Mask

logger = logging.getLogger(__name__)

THUMBNAIL_SIZE = 192
_THUMBNAIL_QUALITY = 85


class SampleFiles:
    """Writes are atomic and on the disk when they return. Raises `ProjectError`; any thread may call."""

    def __init__(self, layout: ProjectLayout) -> None:
        self._layout = layout

    def put(self, data: bytes, sha256: str, suffix: str) -> Path:
        """Keep an image file's bytes as they are, under their hash; a file that is there already is whole."""
        known = suffix.lower() if suffix.lower() in IMAGE_SUFFIXES else ".img"
        path = self._layout.images / sha256[:2] / f"{sha256}{known}"
        if not path.exists():
            try:
                write_bytes(path, data)
            except ImageError as error:
                raise self._storage_error(error) from error
        return path

    def put_mask(self, sha256: str, mask: Mask) -> Path:
        """Keep the (H, W) bool mask of a sample."""
        path = self._layout.masks / f"{sha256}.png"
        try:
            write_image(path, mask)
        except ImageError as error:
            raise self._storage_error(error) from error
        return path

    def delete(self, path: Path) -> None:
        """Remove a file that no row names any more; one that is held open elsewhere stays and is only logged."""
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            logger.warning("%s could not be deleted: %s", path, error)

    def thumbnail_path(self, sha256: str) -> Path:
        """Where the thumbnail of a sample is cached."""
        return self._layout.thumbnails / sha256[:2] / f"{sha256}.jpg"

    def thumbnail(self, sha256: str, path: Path) -> Image:
        """The cached thumbnail, made from the image at `path` where it is missing or damaged. Raises `ImageError`."""
        try:
            return read_image(self.thumbnail_path(sha256))
        except ImageError as error:
            if error.code != "image_missing":
                logger.info("thumbnail is made again: %s", error)
        return self.put_thumbnail(sha256, read_image(path))

    def put_thumbnail(self, sha256: str, image: Image) -> Image:
        """Shrink to at most THUMBNAIL_SIZE pixels a side and cache it; (H, W, 3) BGR."""
        small = shrink(image, THUMBNAIL_SIZE)
        target = self.thumbnail_path(sha256)
        temporary = self._layout.incoming / f"{uuid.uuid4().hex}.tmp"
        _, encoded = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, _THUMBNAIL_QUALITY])
        try:
            # Not synchronised to the disk: after a power cut the file is found damaged and made again.
            temporary.write_bytes(encoded.data)
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.replace(target)
        except OSError as error:
            logger.warning("thumbnail could not be cached: %s", error)
        return small

    def sweep(self) -> None:
        """Delete what a killed program left half-written; not while another thread may be writing. Raises OSError."""
        for folder in (self._layout.images, self._layout.masks):
            for leftover in folder.rglob(".*.tmp"):
                self.delete(leftover)

    def _storage_error(self, error: ImageError) -> ProjectError:
        folder = self._layout.root
        if error.code == "image_disk_full":
            return ProjectError("project_disk_full", folder=str(folder))
        if not folder.exists():
            return ProjectError("project_gone", folder=str(folder))
        return ProjectError("project_unreadable", folder=str(folder), reason=error.parameters.get("reason", error.code))


def shrink(image: Image, side: int) -> Image:
    """The image scaled down to at most `side` pixels in width and height, averaged over areas; never enlarged."""
    height, width = image.shape[:2]
    scale = side / max(height, width)
    if scale >= 1:
        return image
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
