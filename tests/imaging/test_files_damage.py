"""Damaged, cut-off and foreign files: an `ImageError`, never half a picture, never another exception."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import ImageError
from inspector.imaging.files import content_hash, decode_image, image_size, read_image, read_mask
from inspector.messages import sentence

PICTURE = cv2.resize(
    np.random.default_rng(5).integers(0, 256, (6, 8, 3), np.uint8), (80, 60), interpolation=cv2.INTER_CUBIC
)
PROGRESSIVE = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
FILES = {
    "png": cv2.imencode(".png", PICTURE)[1].tobytes(),
    "jpeg": cv2.imencode(".jpg", PICTURE)[1].tobytes(),
    "progressive jpeg": cv2.imencode(".jpg", PICTURE, PROGRESSIVE)[1].tobytes(),
    "tiff": cv2.imencode(".tiff", PICTURE)[1].tobytes(),
    "plain tiff": cv2.imencode(".tiff", PICTURE, [cv2.IMWRITE_TIFF_COMPRESSION, 1])[1].tobytes(),
    "bmp": cv2.imencode(".bmp", PICTURE)[1].tobytes(),
    "webp": cv2.imencode(".webp", PICTURE, [cv2.IMWRITE_WEBP_QUALITY, 80])[1].tobytes(),
    "lossless webp": cv2.imencode(".webp", PICTURE)[1].tobytes(),
}


def failure(data: bytes) -> ImageError:
    with pytest.raises(ImageError) as caught:
        decode_image(data, "part.png")
    assert "part.png" in sentence(caught.value)
    return caught.value


def image_or_error(data: bytes) -> np.ndarray | ImageError:
    try:
        return decode_image(data, "x")
    except ImageError as error:
        return error


@pytest.mark.parametrize("name", FILES)
def test_whole_file_is_read(name):
    assert decode_image(FILES[name], "x").shape == PICTURE.shape


@pytest.mark.parametrize("name", FILES)
def test_cut_off_anywhere_is_refused(name):
    data = FILES[name]
    step = max(1, len(data) // 150)
    for length in {*range(12, len(data), step), *range(len(data) - 40, len(data))}:
        error = failure(data[:length])
        assert error.code == "image_truncated", (length, len(data))


@pytest.mark.parametrize("name", FILES)
def test_cut_off_in_the_first_bytes_is_refused(name):
    for length in range(12):
        assert failure(FILES[name][:length]).code in ("image_empty", "image_unknown_format", "image_truncated")


@given(name=st.sampled_from(sorted(FILES)), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_changed_bytes_never_raise_anything_else(name, seed):
    random = np.random.default_rng(seed)
    data = np.frombuffer(FILES[name], np.uint8).copy()
    first = random.choice([64, len(data)])
    where = random.integers(0, first, random.integers(1, 6))
    data[where] = random.integers(0, 256, len(where))
    outcome = image_or_error(data.tobytes())
    assert sentence(outcome) if isinstance(outcome, ImageError) else outcome.ndim == 3


@given(start=st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"BM", b"RIFF"]))
@settings(deadline=None)
def test_promising_first_bytes_and_then_noise(start):
    random = np.random.default_rng(len(start))
    for length in (0, 1, 8, 30, 300):
        error = failure(start + random.bytes(length))
        assert error.code in ("image_unknown_format", "image_damaged", "image_truncated", "image_too_large")


@pytest.mark.parametrize("data", [b"hello, this is a text file", b"\0" * 1000, b"%PDF-1.7 ...", b"GIF89a" + b"\0" * 50])
def test_foreign_content(data):
    assert failure(data).code == "image_unknown_format"


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_decompression_bomb_is_refused_from_its_header(tmp_path):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 0, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    assert failure(bomb).code == "image_too_large"


def test_no_pixels_at_all():
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 10, 8, 0, 0, 0, 0))
    assert failure(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IEND", b"")).code == "image_damaged"


@pytest.mark.parametrize("read", [read_image, read_mask, image_size, content_hash])
def test_missing_file_and_folder(tmp_path, read):
    with pytest.raises(ImageError) as caught:
        read(tmp_path / "nothing.png")
    assert caught.value.code == "image_missing"
    with pytest.raises(ImageError) as caught:
        read(tmp_path)
    assert caught.value.code in ("image_unreadable", "image_permission")


@pytest.mark.parametrize("read", [read_image, read_mask, image_size])
def test_empty_and_foreign_file(tmp_path, read):
    file = tmp_path / "x.png"
    for content, code in ((b"", "image_empty"), (b"not a picture", "image_unknown_format")):
        file.write_bytes(content)
        with pytest.raises(ImageError) as caught:
            read(file)
        assert caught.value.code == code


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read anything")
def test_unreadable_file(tmp_path):
    file = tmp_path / "x.png"
    file.write_bytes(FILES["png"])
    file.chmod(0)
    with pytest.raises(ImageError) as caught:
        read_image(file)
    assert caught.value.code == "image_permission"


def test_libraries_print_nothing(tmp_path):
    """Decoders write to the standard error stream; a window has none and a command line must stay readable."""
    for index, (name, data) in enumerate(FILES.items()):
        (tmp_path / f"{index} {name}").write_bytes(data[: len(data) // 2])
    (tmp_path / "noise.tif").write_bytes(b"II*\0\x08\0\0\0" + np.random.default_rng(0).bytes(400))
    script = (
        "import sys, pathlib\n"
        "from inspector.imaging.files import read_image\n"
        "from inspector.errors import ImageError\n"
        "for file in pathlib.Path(sys.argv[1]).iterdir():\n"
        "    try:\n        read_image(file)\n    except ImageError:\n        print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.count("refused") == len(FILES) + 1
