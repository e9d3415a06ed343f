"""Writing is lossless where the format is, atomic, and fails with a sentence."""

from __future__ import annotations

import errno
import hashlib
import os

import numpy as np
import pytest

from inspector.errors import ImageError
from inspector.imaging.files import content_hash, read_image, read_mask, write_bytes, write_image
from inspector.messages import sentence

BGR = np.random.default_rng(2).integers(0, 256, (30, 40, 3), np.uint8)


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".tiff", ".PNG"])
def test_lossless_round_trip(tmp_path, suffix):
    file = tmp_path / "new folder" / f"x{suffix}"
    write_image(file, BGR)
    assert np.array_equal(read_image(file), BGR)
    assert [item.name for item in file.parent.iterdir()] == [file.name]


def test_grey_and_mask_round_trip(tmp_path):
    write_image(tmp_path / "grey.png", BGR[:, :, 0])
    assert np.array_equal(read_image(tmp_path / "grey.png")[:, :, 2], BGR[:, :, 0])
    mask = BGR[:, :, 1] > 100
    write_image(tmp_path / "mask.png", mask)
    assert np.array_equal(read_mask(tmp_path / "mask.png"), mask)


def test_view_that_is_not_contiguous(tmp_path):
    write_image(tmp_path / "x.png", BGR[::2, ::-1])
    assert np.array_equal(read_image(tmp_path / "x.png"), BGR[::2, ::-1])


def test_quality_changes_the_size(tmp_path):
    for suffix in (".jpg", ".webp"):
        for quality in (30, 95):
            write_image(tmp_path / f"{quality}{suffix}", BGR, quality=quality)
        assert (tmp_path / f"30{suffix}").stat().st_size < (tmp_path / f"95{suffix}").stat().st_size


def test_unknown_suffix(tmp_path):
    with pytest.raises(ImageError) as caught:
        write_image(tmp_path / "x.gif", BGR)
    assert caught.value.code == "image_write_format"
    assert ".png" in sentence(caught.value)


def test_picture_the_format_cannot_hold(tmp_path):
    with pytest.raises(ImageError) as caught:
        write_image(tmp_path / "x.webp", np.zeros((2, 20000, 3), np.uint8))
    assert caught.value.code == "image_write_failed"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, "image_disk_full"), (errno.EIO, "image_write_failed")])
def test_failing_disk_leaves_the_old_file(tmp_path, monkeypatch, number, code):
    """The system call is made to fail: a full disk cannot be had in a test everywhere."""
    file = tmp_path / "x.png"
    write_image(file, BGR)

    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ImageError) as caught:
        write_image(file, BGR[:10])
    assert caught.value.code == code
    assert np.array_equal(read_image(file), BGR)
    assert [item.name for item in tmp_path.iterdir()] == ["x.png"]


def test_folder_that_is_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(ImageError) as caught:
        write_bytes(tmp_path / "file" / "x.png", b"data")
    assert caught.value.code == "image_write_failed"


def test_content_hash_is_sha256(tmp_path):
    data = np.random.default_rng(0).bytes(3_000_001)
    write_bytes(tmp_path / "x", data)
    assert content_hash(tmp_path / "x") == hashlib.sha256(data).hexdigest()
