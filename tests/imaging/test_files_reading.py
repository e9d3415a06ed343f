"""Reading: every format, depth, channel layout and orientation gives the same upright BGR picture."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from inspector.errors import ImageError
from inspector.imaging.files import IMAGE_SUFFIXES, decode_image, image_size, read_image, read_mask, write_image

BGR = np.random.default_rng(1).integers(0, 256, (13, 21, 3), np.uint8)
GREY = np.ascontiguousarray(BGR[:, :, 0])
SMOOTH = cv2.resize(BGR[:4, :5], (60, 40), interpolation=cv2.INTER_CUBIC)
LOSSLESS = ("PNG", "TIFF", "BMP", "WEBP")


def encoded(image: Pillow.Image, container: str, **options: object) -> bytes:
    stream = io.BytesIO()
    if container == "WEBP":
        options.setdefault("lossless", True)
    image.save(stream, container, **options)
    return stream.getvalue()


def pillow(bgr: np.ndarray) -> Pillow.Image:
    return Pillow.fromarray(np.ascontiguousarray(bgr[:, :, ::-1]))


@pytest.mark.parametrize("container", LOSSLESS)
def test_lossless_formats_keep_every_colour(container):
    image = decode_image(encoded(pillow(BGR), container), "x")
    assert image.dtype == np.uint8
    assert np.array_equal(image, BGR)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_is_close(options):
    image = decode_image(encoded(pillow(SMOOTH), "JPEG", quality=95, **options), "x")
    assert np.abs(image.astype(int) - SMOOTH).mean() < 4


def test_cmyk_jpeg_is_converted():
    image = decode_image(encoded(pillow(SMOOTH).convert("CMYK"), "JPEG", quality=95), "x")
    assert np.abs(image.astype(int) - SMOOTH).mean() < 4


@pytest.mark.parametrize("container", LOSSLESS)
def test_grey_fills_three_channels(container):
    image = decode_image(encoded(Pillow.fromarray(GREY), container), "x")
    assert np.array_equal(image, np.dstack([GREY] * 3))


@pytest.mark.parametrize("container", ["PNG", "TIFF", "BMP"])
@pytest.mark.parametrize("mode", ["1", "P"])
def test_one_bit_and_palette_are_expanded(container, mode):
    stored = pillow(BGR).convert(mode)
    image = decode_image(encoded(stored, container), "x")
    assert np.array_equal(image, np.asarray(stored.convert("RGB"))[:, :, ::-1])


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("bits", [None, 8, 10, 12, 14, 16])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_are_scaled_by_the_stated_depth(suffix, bits, channels):
    full = 2 ** (bits or 16) - 1
    deep = np.linspace(0, 65535, 13 * 21 * channels).astype(np.uint16).reshape(13, 21, channels)
    image = decode_image(cv2.imencode(suffix, deep)[1].tobytes(), "x", bits=bits)
    expected = np.minimum(np.rint(deep * 255.0 / full), 255)
    assert np.abs(image - np.broadcast_to(expected, (13, 21, 3))).max() <= 0.5
    assert image.max() == 255


def test_stated_depth_leaves_8_bit_files_alone():
    assert np.array_equal(decode_image(encoded(pillow(BGR), "PNG"), "x", bits=12), BGR)


@pytest.mark.parametrize("bits", [0, 7, 17])
def test_impossible_depth_is_a_programming_error(bits):
    with pytest.raises(ValueError, match="8 to 16"):
        decode_image(encoded(pillow(BGR), "PNG"), "x", bits=bits)


@pytest.mark.parametrize("container", ["PNG", "WEBP", "TIFF"])
def test_alpha_is_composited_on_white(container):
    alpha = np.linspace(0, 255, GREY.size).astype(np.uint8).reshape(GREY.shape)
    rgba = Pillow.fromarray(np.dstack([BGR[:, :, ::-1], alpha]))
    image = decode_image(encoded(rgba, container, **({"exact": True} if container == "WEBP" else {})), "x")
    cover = alpha[:, :, None] / 255
    assert np.abs(image - (BGR * cover + 255 * (1 - cover))).max() <= 1.01
    assert (image[0, 0] == 255).all()


def test_16_bit_alpha_is_composited_on_white():
    deep = np.zeros((3, 3, 4), np.uint16)
    deep[..., 3] = 32768
    image = decode_image(cv2.imencode(".png", deep)[1].tobytes(), "x")
    assert np.abs(image.astype(int) - 127).max() <= 1


def test_alpha_that_is_zero_everywhere_is_ignored():
    rgba = Pillow.fromarray(np.dstack([BGR[:, :, ::-1], np.zeros_like(GREY)]))
    assert np.array_equal(decode_image(encoded(rgba, "PNG"), "x"), BGR)


def test_fourth_tiff_channel_that_is_not_alpha_is_dropped():
    data = cv2.imencode(".tiff", np.dstack([BGR, GREY]))[1].tobytes()
    assert np.array_equal(decode_image(data, "x"), BGR)


@pytest.mark.parametrize("container", ["PNG", "TIFF", "WEBP", "JPEG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_honoured(tmp_path, container, orientation):
    exif = Pillow.Exif()
    exif[274] = orientation
    file = tmp_path / "picture"
    file.write_bytes(encoded(pillow(SMOOTH), container, exif=exif))
    with Pillow.open(file) as stored:
        expected = np.asarray(ImageOps.exif_transpose(stored).convert("RGB"))[:, :, ::-1]
    image = read_image(file)
    assert image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < 3
    assert image_size(file) == (image.shape[1], image.shape[0])


def test_16_bit_tiff_is_turned_once():
    deep = Pillow.fromarray(np.arange(6, dtype=np.uint16).reshape(2, 3) * 257)
    image = decode_image(encoded(deep, "TIFF", tiffinfo={274: 6}), "x")
    assert image[:, :, 0].tolist() == [[3, 0], [4, 1], [5, 2]]


def test_first_page_of_several(tmp_path):
    file = tmp_path / "pages.tif"
    pages = [pillow(BGR), pillow(SMOOTH)]
    pages[0].save(file, save_all=True, append_images=pages[1:])
    assert np.array_equal(read_image(file), BGR)
    assert image_size(file) == (21, 13)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "packbits"])
def test_compressed_tiff(compression):
    assert np.array_equal(decode_image(encoded(pillow(BGR), "TIFF", compression=compression), "x"), BGR)


def test_big_tiff(tmp_path):
    file = tmp_path / "big.tif"
    pillow(BGR).save(file, big_tiff=True)
    assert file.read_bytes()[2] == 43
    assert np.array_equal(read_image(file), BGR)
    assert image_size(file) == (21, 13)


@pytest.mark.parametrize("suffix", sorted(IMAGE_SUFFIXES))
@pytest.mark.parametrize("name", ["Prüfteil", "検査", "деталь", "two words"])
def test_any_path_and_the_content_decides(tmp_path, name, suffix):
    folder = tmp_path / name
    file = folder / f"{name}{suffix}"
    write_image(file, SMOOTH)
    renamed = file.rename(folder / "no suffix")
    assert np.abs(read_image(renamed).astype(int) - SMOOTH).mean() < 8
    assert image_size(renamed) == (60, 40)


def test_appended_bytes_do_no_harm():
    for container in ("PNG", "JPEG", "BMP"):
        data = encoded(pillow(SMOOTH), container)
        assert np.array_equal(decode_image(data + b"trailer", "x"), decode_image(data, "x"))


@pytest.mark.parametrize(
    ("values", "depth"), [(np.float32, "floating point"), (np.float64, "floating point"), (np.int32, "int32")]
)
def test_other_depths_are_refused(tmp_path, values, depth):
    file = tmp_path / "x.tif"
    file.write_bytes(cv2.imencode(".tiff", np.ones((4, 4), values))[1].tobytes())
    with pytest.raises(ImageError) as caught:
        read_image(file)
    assert caught.value.code == "image_depth"
    assert caught.value.parameters["depth"] == depth


@pytest.mark.parametrize(
    ("container", "value"), [("PNG", 1), ("TIFF", 1), ("BMP", 1), *((container, 255) for container in LOSSLESS)]
)
def test_mask_is_whatever_is_not_zero(tmp_path, container, value):
    marked = GREY > 128
    file = tmp_path / "mask"
    file.write_bytes(encoded(Pillow.fromarray((marked * value).astype(np.uint8)), container))
    mask = read_mask(file)
    assert mask.dtype == np.bool_
    assert np.array_equal(mask, marked)


def test_lossy_mask_is_cut_half_way(tmp_path):
    marked = np.zeros((64, 64), np.uint8)
    marked[16:48, 16:48] = 255
    file = tmp_path / "mask.jpg"
    file.write_bytes(encoded(Pillow.fromarray(marked), "JPEG", quality=50))
    assert np.array_equal(read_mask(file), marked > 0)


def test_transparent_is_not_marked(tmp_path):
    white = np.full((4, 4, 4), 255, np.uint8)
    white[:2, :, 3] = 0
    file = tmp_path / "mask.png"
    file.write_bytes(encoded(Pillow.fromarray(white), "PNG"))
    assert read_mask(file).tolist() == [[False] * 4] * 2 + [[True] * 4] * 2


def test_mask_of_one_level_in_16_bits(tmp_path):
    file: Path = tmp_path / "mask.png"
    file.write_bytes(cv2.imencode(".png", np.array([[0, 1], [200, 0]], np.uint16))[1].tobytes())
    assert read_mask(file).tolist() == [[False, True], [True, False]]
