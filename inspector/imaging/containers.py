"""What an image file says of itself before any pixel is decoded: format, size, orientation, and whether it is whole.

Decoders differ in what they do with half a file: some refuse, some fill the rest with grey. A part judged on grey
would pass, so a cut-off file is found here, from the structure of its container, whatever the decoder would have done.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from io import BytesIO
from typing import BinaryIO, Literal, TypeVar

import numpy as np

Alpha = Literal["none", "straight", "premultiplied"]
Result = TypeVar("Result")


class DamagedContainer(Exception):  # noqa: N818 - turned into an `ImageError` by `files`
    """The file is not what its first bytes promise. `truncated`: its end is missing."""

    def __init__(self, truncated: bool = False) -> None:
        super().__init__("truncated" if truncated else "damaged")
        self.truncated = truncated


@dataclass(frozen=True, slots=True)
class Header:
    """`width` and `height` before `orientation` (EXIF 1 to 8: what is still to be applied after decoding)."""

    format: str
    width: int
    height: int
    orientation: int = 1
    alpha: Alpha = "straight"
    floating: bool = False

    @property
    def lossy(self) -> bool:
        """True where pixels come back changed: masks then need a threshold half-way."""
        return self.format in ("jpeg", "webp")

    @property
    def upright_size(self) -> tuple[int, int]:
        """(width, height) as a person sees the picture."""
        return (self.height, self.width) if self.orientation >= 5 else (self.width, self.height)


def read_header(stream: BinaryIO) -> Header | None:
    """The header of a seekable binary file, reading little of it; None when the format is not one of ours.

    Raises `DamagedContainer`, or OSError from the stream.
    """
    start = _at(stream, 0, 12)
    for matches, read, _ in _FORMATS:
        if matches(start):
            header = _guarded(read, stream)
            if header.width < 1 or header.height < 1:
                raise DamagedContainer
            return header
    return None


def check_whole(data: bytes) -> None:
    """Raise `DamagedContainer` when the end of a file of one of our formats is missing."""
    for matches, _, check in _FORMATS:
        if matches(data[:12]):
            _guarded(check, BytesIO(data))
            return


def _guarded(function: Callable[[BinaryIO], Result], stream: BinaryIO) -> Result:
    """Reading past the end shows as a short `struct` buffer: the file was cut off. Absurd offsets overflow."""
    try:
        return function(stream)
    except struct.error as error:
        raise DamagedContainer(truncated=True) from error
    except (OverflowError, ValueError) as error:
        raise DamagedContainer from error


def _at(stream: BinaryIO, offset: int, count: int) -> bytes:
    stream.seek(offset)
    return stream.read(count)


def _unpack(layout: str, stream: BinaryIO, offset: int) -> tuple[int, ...]:
    return struct.unpack(layout, _at(stream, offset, struct.calcsize(layout)))


def _length(stream: BinaryIO) -> int:
    return stream.seek(0, 2)


def _need(stream: BinaryIO, end: int) -> None:
    if end > _length(stream):
        raise DamagedContainer(truncated=True)


# PNG: chunks of (length, name, data, checksum) up to IEND


def _png_header(stream: BinaryIO) -> Header:
    name, width, height = struct.unpack(">4sII", _at(stream, 12, 12))
    if name != b"IHDR":
        raise DamagedContainer
    header = Header("png", width, height)
    offset = 33
    while len(chunk := _at(stream, offset, 8)) == 8:
        length, name = struct.unpack(">I4s", chunk)
        if name == b"eXIf":
            return replace(header, orientation=_exif_orientation(_at(stream, offset + 8, length)))
        offset += 12 + length
    return header


def _check_png(stream: BinaryIO) -> None:
    offset, name = 8, b""
    while name != b"IEND":
        length, name = struct.unpack(">I4s", _at(stream, offset, 8))
        offset += 12 + length
    _need(stream, offset)


# JPEG: segments up to the start of scan, then entropy-coded data up to the end marker

_JPEG_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = {0x01, *range(0xD0, 0xD8)}
_JPEG_SCAN, _JPEG_END, _JPEG_EXIF = 0xDA, 0xD9, 0xE1


def _jpeg_segments(stream: BinaryIO) -> dict[int, list[int]]:
    """Marker to the offsets of its payloads, up to and including the first start of scan."""
    segments: dict[int, list[int]] = {}
    offset = 2
    while True:
        prefix, marker = _unpack(">BB", stream, offset)
        if prefix != 0xFF:
            raise DamagedContainer
        if marker == 0xFF:
            offset += 1
            continue
        segments.setdefault(marker, []).append(offset + 4)
        if marker in (_JPEG_SCAN, _JPEG_END):
            return segments
        offset += 2 if marker in _JPEG_BARE else 2 + _unpack(">H", stream, offset + 2)[0]


def _jpeg_header(stream: BinaryIO) -> Header:
    segments = _jpeg_segments(stream)
    frames = [offsets[0] for marker, offsets in segments.items() if marker in _JPEG_FRAMES]
    if not frames:
        raise DamagedContainer
    _, height, width = _unpack(">BHH", stream, frames[0])
    orientation = 1
    for offset in segments.get(_JPEG_EXIF, []):
        (length,) = _unpack(">H", stream, offset - 2)
        payload = _at(stream, offset, max(length - 2, 0))
        if payload.startswith(b"Exif\0\0"):
            orientation = _exif_orientation(payload)
    return Header("jpeg", width, height, orientation)


def _check_jpeg(stream: BinaryIO) -> None:
    """Inside a scan 0xFF is always followed by 0x00 or a restart number, so the end marker cannot occur by chance."""
    scan = _jpeg_segments(stream).get(_JPEG_SCAN)
    if scan is None:
        raise DamagedContainer
    if _at(stream, scan[0], _length(stream)).find(b"\xff\xd9") < 0:
        raise DamagedContainer(truncated=True)


# BMP: a fixed header, then rows of known length


def _bmp_layout(stream: BinaryIO) -> tuple[int, int, int, int]:
    """(width, height, bits per pixel, compression)"""
    (size,) = _unpack("<I", stream, 14)
    if size == 12:
        width, height, _, bits = _unpack("<HHHH", stream, 18)
        return width, height, bits, 0
    width, height, _, bits, compression = _unpack("<iiHHI", stream, 18)
    return width, abs(height), bits, compression


def _bmp_header(stream: BinaryIO) -> Header:
    width, height, _, _ = _bmp_layout(stream)
    return Header("bmp", width, height)


def _check_bmp(stream: BinaryIO) -> None:
    size, _, start = _unpack("<III", stream, 2)
    width, height, bits, compression = _bmp_layout(stream)
    run_length_coded = compression in (1, 2)
    row = (width * bits + 31) // 32 * 4
    _need(stream, size if run_length_coded else start + row * height)


# WebP: a RIFF file of chunks


def _webp_chunks(stream: BinaryIO) -> dict[bytes, tuple[int, int]]:
    """Name to (offset, length) of the first chunk of that name."""
    chunks: dict[bytes, tuple[int, int]] = {}
    offset = 12
    while len(chunk := _at(stream, offset, 8)) == 8:
        name, length = struct.unpack("<4sI", chunk)
        chunks.setdefault(name, (offset + 8, length))
        offset += 8 + length + length % 2
    return chunks


def _webp_header(stream: BinaryIO) -> Header:
    chunks = _webp_chunks(stream)
    if b"VP8X" in chunks:
        low = _unpack("<HBHB", stream, chunks[b"VP8X"][0] + 4)
        width, height = (low[0] | low[1] << 16) + 1, (low[2] | low[3] << 16) + 1
    elif b"VP8L" in chunks:
        (packed,) = _unpack("<I", stream, chunks[b"VP8L"][0] + 1)
        width, height = (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    elif b"VP8 " in chunks:
        width, height = (side & 0x3FFF for side in _unpack("<HH", stream, chunks[b"VP8 "][0] + 6))
    else:
        raise DamagedContainer(truncated=True)
    orientation = _exif_orientation(_at(stream, *chunks[b"EXIF"])) if b"EXIF" in chunks else 1
    return Header("webp", width, height, orientation)


def _check_webp(stream: BinaryIO) -> None:
    _need(stream, 8 + _unpack("<I", stream, 4)[0])


# TIFF: directories of tags; EXIF data is such a file as well

_WIDTH, _HEIGHT, _BITS, _ORIENTATION, _EXTRA_SAMPLES, _SAMPLE_FORMAT = 256, 257, 258, 274, 338, 339
_STRIPS, _TILES = (273, 279), (324, 325)
_WANTED = {_WIDTH, _HEIGHT, _BITS, _ORIENTATION, _EXTRA_SAMPLES, _SAMPLE_FORMAT, *_STRIPS, *_TILES}
_TYPES = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8"}


def _tiff_tags(stream: BinaryIO) -> dict[int, list[int]]:
    """Values of the tags we want in the first directory. Classic and big TIFF, both byte orders."""
    order = "<" if _at(stream, 0, 2) == b"II" else ">"
    big = _unpack(order + "H", stream, 2)[0] == 43
    (directory,) = _unpack(order + ("Q" if big else "I"), stream, 8 if big else 4)
    (entries,) = _unpack(order + ("Q" if big else "H"), stream, directory)
    first, step, inline = (directory + 8, 20, 8) if big else (directory + 2, 12, 4)
    tags: dict[int, list[int]] = {}
    for index in range(min(entries, 65535)):
        offset = first + index * step
        tag, kind, count = _unpack(order + ("HHQ" if big else "HHI"), stream, offset)
        if tag not in _WANTED or kind not in _TYPES:
            continue
        layout = np.dtype(order + _TYPES[kind])
        where = offset + step - inline
        if count * layout.itemsize > inline:
            (where,) = _unpack(order + ("Q" if big else "I"), stream, where)
        _need(stream, where + count * layout.itemsize)
        tags[tag] = np.frombuffer(_at(stream, where, count * layout.itemsize), layout).tolist()
    return tags


def _tiff_header(stream: BinaryIO) -> Header:
    """OpenCV turns TIFF files upright itself, and hands out colours of 8 bits multiplied with alpha."""
    tags = _tiff_tags(stream)
    if not tags.get(_WIDTH) or not tags.get(_HEIGHT):
        raise DamagedContainer
    width, height = tags[_WIDTH][0], tags[_HEIGHT][0]
    if (tags.get(_ORIENTATION) or [1])[0] >= 5:
        width, height = height, width
    kind = (tags.get(_EXTRA_SAMPLES) or [0])[0]
    deep = max(tags.get(_BITS) or [1]) > 8
    alpha: Alpha = "none" if kind not in (1, 2) else "straight" if deep and kind == 2 else "premultiplied"
    return Header("tiff", width, height, alpha=alpha, floating=3 in tags.get(_SAMPLE_FORMAT, []))


def _check_tiff(stream: BinaryIO) -> None:
    tags = _tiff_tags(stream)
    for offsets, counts in (_STRIPS, _TILES):
        if offsets in tags and counts in tags:
            ends = [offset + count for offset, count in zip(tags[offsets], tags[counts], strict=False)]
            _need(stream, max(ends, default=0))


def _exif_orientation(payload: bytes) -> int:
    """1 to 8; damaged or absent EXIF data counts as upright, for the pixels are still good."""
    stream = BytesIO(payload.removeprefix(b"Exif\0\0"))
    try:
        orientation = (_tiff_tags(stream).get(_ORIENTATION) or [1])[0]
    except (struct.error, OverflowError, ValueError, DamagedContainer):
        return 1
    return orientation if 1 <= orientation <= 8 else 1


_Matcher = Callable[[bytes], bool]
_FORMATS: tuple[tuple[_Matcher, Callable[[BinaryIO], Header], Callable[[BinaryIO], None]], ...] = (
    (lambda start: start.startswith(b"\x89PNG\r\n\x1a\n"), _png_header, _check_png),
    (lambda start: start.startswith(b"\xff\xd8\xff"), _jpeg_header, _check_jpeg),
    (lambda start: start.startswith((b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")), _tiff_header, _check_tiff),
    (lambda start: start.startswith(b"BM"), _bmp_header, _check_bmp),
    (lambda start: start.startswith(b"RIFF") and start[8:] == b"WEBP", _webp_header, _check_webp),
)
