"""Image files in and out: every picture becomes BGR uint8 here, or an `ImageError` that says why not.

Read: PNG, JPEG, TIFF, BMP, WebP; 8 and 16 bits; grey, palette, colour, alpha. Anything else is refused by its content,
whatever its name says. Paths may hold any character: bytes are read by Python and only decoded by OpenCV.
"""

from __future__ import annotations

import errno
import hashlib
import os
import uuid
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from inspector.errors import ImageError
from inspector.imaging.containers import DamagedContainer, Header, check_whole, read_header
from inspector.imaging.frame import Image, Mask

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
"""Lower-case suffixes worth trying; the content decides."""

MAX_PIXELS = 250_000_000
"""More is refused before decoding: 250 megapixels are 750 MB in memory. A few kilobytes can claim to be that large."""

MAX_BYTES = 4 * 1024**3
_HASH_BLOCK = 1024 * 1024


def read_image(path: Path | str, *, bits: int | None = None) -> Image:
    """An image file as (H, W, 3) uint8 BGR, upright by its EXIF orientation.

    `bits` (8 to 16) is how many bits of a 16-bit file carry the picture, as with 10- or 12-bit cameras; None: all 16.
    Brighter values saturate. Alpha is composited on white, as picture viewers and browsers show it on paper; an alpha
    channel that is zero everywhere is a writer's mistake and ignored. Of several pages the first is taken.

    Raises `ImageError`: `image_missing`, `image_permission`, `image_unreadable`, `image_empty`, `image_unknown_format`,
    `image_truncated`, `image_damaged`, `image_too_large`, `image_depth`.
    """
    return decode_image(read_bytes(path), path, bits=bits)


def decode_image(data: bytes, path: Path | str, *, bits: int | None = None) -> Image:
    """As `read_image`, of a file already read; `path` only names it in errors."""
    header, pixels = _decode(data, path)
    return _upright(_on_white(to_8_bits(pixels, bits), header), header.orientation)


def read_mask(path: Path | str) -> Mask:
    """A mask file as (H, W) bool: True where any channel is above zero and not transparent.

    In JPEG and WebP files, whose zeros come back changed, above half of the range. Raises `ImageError` as `read_image`.
    """
    header, pixels = _decode(read_bytes(path), path)
    full = int(np.iinfo(pixels.dtype).max)
    limit = full // 2 if header.lossy else 0
    planes = np.atleast_3d(pixels)
    marked = np.asarray((planes[:, :, :3] > limit).any(axis=2))
    if planes.shape[2] == 4 and header.alpha != "none":
        marked &= planes[:, :, 3] > full // 2
    return _upright(marked.astype(np.uint8), header.orientation) > 0


def image_size(path: Path | str) -> tuple[int, int]:
    """(width, height) as `read_image` would deliver, from a few reads of the header. Raises `ImageError`."""
    try:
        with Path(path).open("rb") as stream:
            header = read_header(stream)
            empty = stream.seek(0, os.SEEK_END) == 0
    except OSError as error:
        raise _reading_failed(path, error) from error
    except DamagedContainer as error:
        raise _damaged(path, error) from error
    if header is None:
        raise ImageError("image_empty" if empty else "image_unknown_format", path=str(path))
    return header.upright_size


def read_bytes(path: Path | str) -> bytes:
    """A whole file. Raises `ImageError`: `image_missing`, `image_permission`, `image_unreadable`, `image_too_large`."""
    try:
        with Path(path).open("rb") as stream:
            if os.fstat(stream.fileno()).st_size > MAX_BYTES:
                raise ImageError("image_too_large", path=str(path))
            return stream.read()
    except OSError as error:
        raise _reading_failed(path, error) from error


def content_hash(path: Path | str) -> str:
    """SHA-256 of a file's bytes in hexadecimal, in blocks. Raises `ImageError` as `read_bytes`."""
    digest = hashlib.sha256()
    try:
        with Path(path).open("rb") as stream:
            while block := stream.read(_HASH_BLOCK):
                digest.update(block)
    except OSError as error:
        raise _reading_failed(path, error) from error
    return digest.hexdigest()


def write_image(path: Path | str, image: Image | Mask, *, quality: int = 95) -> None:
    """Write (H, W, 3) BGR or (H, W) grey uint8, or an (H, W) bool mask as 0 and 255; the suffix chooses the format.

    Atomic and durable: after a power cut the file is the old one or the new one, whole. `quality` (1 to 100) is for
    JPEG and WebP. Raises `ImageError` (`image_write_format`, `image_write_failed`, `image_disk_full`).
    """
    target = Path(path)
    suffix = target.suffix.lower()
    if suffix not in IMAGE_SUFFIXES:
        raise ImageError("image_write_format", path=str(target), suffixes=", ".join(sorted(IMAGE_SUFFIXES)))
    pixels = np.where(image, 255, 0).astype(np.uint8) if image.dtype == np.bool_ else image.astype(np.uint8, copy=False)
    options = {".jpg": cv2.IMWRITE_JPEG_QUALITY, ".jpeg": cv2.IMWRITE_JPEG_QUALITY, ".webp": cv2.IMWRITE_WEBP_QUALITY}
    try:
        done, encoded = cv2.imencode(suffix, pixels, [options[suffix], quality] if suffix in options else [])
    except cv2.error as error:
        raise ImageError("image_write_failed", path=str(target), reason=error.err) from error
    if not done:
        raise ImageError("image_write_failed", path=str(target), reason="the encoder refused the picture")
    write_bytes(target, encoded.data)


def write_bytes(path: Path, data: bytes | memoryview) -> None:
    """Replace a file atomically and durably, making its folder. Raises `ImageError` as `write_image`."""
    temporary = path.with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        code = "image_disk_full" if full else "image_write_failed"
        raise ImageError(code, path=str(path), reason=error.strerror or str(error)) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable; Windows does so by itself and cannot open folders."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _decode(data: bytes, path: Path | str) -> tuple[Header, NDArray[Any]]:
    """The header, and pixels as stored: (H, W), (H, W, 3) BGR or (H, W, 4) BGRA, uint8 or uint16."""
    header = _checked_header(data, path)
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        code = "image_too_large" if error.code == cv2.Error.StsNoMem else "image_damaged"
        raise ImageError(code, path=str(path)) from error
    if pixels is None or pixels.size == 0:
        raise ImageError("image_damaged", path=str(path))
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ImageError("image_depth", path=str(path), depth=str(pixels.dtype))
    return header, pixels


def _checked_header(data: bytes, path: Path | str) -> Header:
    """Refuse what no decoder should be given."""
    if not data:
        raise ImageError("image_empty", path=str(path))
    try:
        header = read_header(BytesIO(data))
        if header is None:
            raise ImageError("image_unknown_format", path=str(path))
        check_whole(data)
    except DamagedContainer as error:
        raise _damaged(path, error) from error
    if header.width * header.height > MAX_PIXELS:
        raise ImageError("image_too_large", path=str(path))
    if header.floating:
        raise ImageError("image_depth", path=str(path), depth="floating point")
    return header


def to_8_bits(pixels: NDArray[Any], bits: int | None = None) -> NDArray[np.uint8]:
    """uint16 scaled so that the brightest value of `bits` (None: 16) becomes 255, rounded; uint8 as it is."""
    if bits is not None and not 8 <= bits <= 16:
        raise ValueError(f"bits must be from 8 to 16, not {bits}")
    if pixels.dtype == np.uint8:
        return pixels
    return np.asarray(cv2.convertScaleAbs(pixels, alpha=255 / ((1 << (bits or 16)) - 1)), np.uint8)


def _on_white(pixels: NDArray[np.uint8], header: Header) -> Image:
    """Any channel count to opaque BGR."""
    if pixels.ndim == 2:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_GRAY2BGR), np.uint8)
    if pixels.shape[2] == 3:
        return pixels
    colour = cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR)
    alpha = cv2.extractChannel(pixels, 3)
    if header.alpha == "none" or not alpha.any() or alpha.min() == 255:
        return np.asarray(colour, np.uint8)
    if header.alpha == "premultiplied":
        return np.asarray(cv2.add(colour, cv2.cvtColor(cv2.bitwise_not(alpha), cv2.COLOR_GRAY2BGR)), np.uint8)
    cover = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    return np.asarray(cv2.bitwise_not(cv2.multiply(cv2.bitwise_not(colour), cover, scale=1 / 255)), np.uint8)


def _upright(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Apply EXIF orientation 1 to 8."""
    if orientation in (5, 6, 7, 8):
        pixels = np.asarray(cv2.transpose(pixels), np.uint8)
    flips = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}
    return np.asarray(cv2.flip(pixels, flips[orientation]), np.uint8) if orientation in flips else pixels


def _damaged(path: Path | str, error: DamagedContainer) -> ImageError:
    return ImageError("image_truncated" if error.truncated else "image_damaged", path=str(path))


def _reading_failed(path: Path | str, error: OSError) -> ImageError:
    if isinstance(error, FileNotFoundError):
        return ImageError("image_missing", path=str(path))
    if isinstance(error, PermissionError):
        return ImageError("image_permission", path=str(path))
    return ImageError("image_unreadable", path=str(path), reason=error.strerror or str(error))
