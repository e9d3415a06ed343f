"""Folders: names in order, new files once they are whole, and drives that vanish."""

from __future__ import annotations

import shutil
import threading
from functools import partial

import cv2
import numpy as np
import pytest

from inspector.cameras.base import Camera, CameraSettings, CameraSource, EndOfSource
from inspector.cameras.folder import FolderDevice
from inspector.cameras.registry import open_camera
from inspector.cameras.threaded import ThreadedCamera
from inspector.errors import CameraError
from inspector.imaging.files import write_image
from inspector.messages import sentence
from tests.cameras.conftest import LEVELS, grey, write_folder
from tests.cameras.test_video import levels_of

PNG = cv2.imencode(".png", np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8))[1].tobytes()


LOOK = 0.05
"""Seconds between looks, shorter than in use."""


def watch(folder, options="", settle_seconds=0.3, read_timeout=5.0) -> Camera:
    source = CameraSource("folder", f"{folder}{options}")
    device = partial(FolderDevice, look_interval=LOOK, settle_seconds=settle_seconds)
    capabilities = FolderDevice.capabilities(source)
    return ThreadedCamera(source, read_timeout=read_timeout, device=device, capabilities=capabilities)


def read_names(camera, count):
    return [camera.read().trigger_id for _ in range(count)]


def nothing_comes(camera) -> bool:
    """True when several looks pass without a frame."""
    patience, camera.read_timeout = camera.read_timeout, 8 * LOOK
    with pytest.raises(CameraError) as caught:
        camera.read()
    camera.read_timeout = patience
    return caught.value.code == "camera_timeout"


def test_names_are_in_the_order_people_count(tmp_path):
    write_folder(tmp_path, LEVELS)
    with open_camera(CameraSource("folder", f"{tmp_path}?watch=0")) as camera:
        assert camera.capabilities().finite
        assert levels_of(camera) == LEVELS
        with pytest.raises(EndOfSource):
            camera.read()


def test_file_name_is_the_trigger(tmp_path):
    write_folder(tmp_path, LEVELS[:2])
    with watch(tmp_path) as camera:
        assert read_names(camera, 2) == ["part0.png", "part1.png"]


def test_loop(tmp_path):
    write_folder(tmp_path, LEVELS[:3])
    with watch(tmp_path, "?watch=0&loop=1") as camera:
        assert levels_of(camera, 7) == (LEVELS[:3] * 3)[:7]


def test_pace(tmp_path):
    write_folder(tmp_path, LEVELS[:4])
    with open_camera(CameraSource("folder", f"{tmp_path}?watch=0"), CameraSettings(fps=20)) as camera:
        frames = [camera.read() for _ in range(4)]
    assert frames[-1].monotonic - frames[0].monotonic >= 0.14


def test_pictures_of_any_kind_and_size_and_nothing_else(tmp_path):
    write_image(tmp_path / "a.jpg", grey(50))
    (tmp_path / "b.tif").write_bytes(cv2.imencode(".tif", np.full((9, 8), 65535, np.uint16))[1].tobytes())
    (tmp_path / "c.PNG").write_bytes(PNG)
    (tmp_path / ".hidden.png").write_bytes(PNG)
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "folder.png").mkdir()
    with watch(tmp_path, "?watch=0") as camera:
        frames = [camera.read() for _ in range(3)]
        with pytest.raises(EndOfSource):
            camera.read()
    assert [frame.pixels.shape for frame in frames] == [(48, 64, 3), (9, 8, 3), (60, 80, 3)]
    assert (frames[1].pixels == 255).all()


def test_new_files_are_delivered_once(tmp_path):
    write_folder(tmp_path, LEVELS[:1])
    with watch(tmp_path) as camera:
        assert read_names(camera, 1) == ["part0.png"]
        write_image(tmp_path / "part2.png", grey(1))
        assert read_names(camera, 1) == ["part2.png"]
        write_image(tmp_path / "part1.png", grey(2))
        assert read_names(camera, 1) == ["part1.png"]
        assert nothing_comes(camera)


def test_only_what_comes_after_opening(tmp_path):
    write_folder(tmp_path, LEVELS)
    with watch(tmp_path, "?existing=0") as camera:
        write_image(tmp_path / "new.png", grey(7))
        assert read_names(camera, 1) == ["new.png"]


def test_overwritten_file_is_delivered_again(tmp_path):
    with watch(tmp_path) as camera:
        for level in (10, 20, 30):
            write_image(tmp_path / "latest.bmp", grey(level))
            assert round(camera.read().pixels.mean()) == level


def test_growing_file_is_delivered_when_whole(tmp_path):
    """A copy over the network: it pauses, and every piece looks like a picture from its first bytes."""
    file = tmp_path / "part.png"
    with watch(tmp_path, settle_seconds=30) as camera:
        for share in (0.1, 0.5, 0.99):
            file.write_bytes(PNG[: int(len(PNG) * share)])
            assert nothing_comes(camera)
        file.write_bytes(PNG)
        assert np.array_equal(camera.read().pixels, cv2.imdecode(np.frombuffer(PNG, np.uint8), cv2.IMREAD_COLOR))


def test_file_written_in_small_steps_is_never_seen_half(tmp_path):
    """A plain bitmap: of these a decoder could well show the upper half."""
    bitmap = cv2.imencode(".bmp", np.full((600, 800, 3), 99, np.uint8))[1].tobytes()
    pause = threading.Event()

    def write_slowly():
        with (tmp_path / "part.bmp").open("wb", buffering=0) as stream:
            for start in range(0, len(bitmap), 100_000):
                stream.write(bitmap[start : start + 100_000])
                pause.wait(0.05)

    with watch(tmp_path) as camera:
        writer = threading.Thread(target=write_slowly)
        writer.start()
        pixels = camera.read().pixels
        writer.join()
    assert pixels.shape == (600, 800, 3)
    assert (pixels == 99).all()


def test_broken_file_is_told_once_and_the_next_is_read(tmp_path):
    (tmp_path / "a.png").write_bytes(PNG[:200])
    with watch(tmp_path) as camera:
        with pytest.raises(CameraError) as caught:
            camera.read()
        assert caught.value.code == "camera_bad_frame"
        assert "the file a.png cannot be read" in sentence(caught.value)
        (tmp_path / "b.png").write_bytes(PNG)
        assert read_names(camera, 1) == ["b.png"]
        assert nothing_comes(camera)


def test_broken_file_in_a_replay(tmp_path):
    write_folder(tmp_path, LEVELS[:3])
    (tmp_path / "part1.png").write_bytes(b"")
    with watch(tmp_path, "?watch=0") as camera:
        assert camera.read().sequence == 0
        with pytest.raises(CameraError, match=r"part1\.png cannot be read"):
            camera.read()
        assert camera.read().sequence == 1


def test_vanished_folder_is_lost_and_goes_on_without_repeating(tmp_path):
    folder = tmp_path / "share"
    write_folder(folder, LEVELS[:3])
    camera = watch(folder)
    camera.open()
    assert len(read_names(camera, 3)) == 3
    folder.rename(tmp_path / "away")
    with pytest.raises(CameraError, match="camera_lost"):
        camera.read()
    with pytest.raises(CameraError, match="camera_not_found"):
        camera.open()
    (tmp_path / "away").rename(folder)
    write_image(folder / "part9.png", grey(9))
    camera.open()
    assert read_names(camera, 1) == ["part9.png"]
    camera.close()
    camera.open()
    assert read_names(camera, 4)[0] == "part0.png"
    camera.close()


def test_deleted_file_is_forgotten(tmp_path):
    write_folder(tmp_path, LEVELS[:3])
    with watch(tmp_path) as camera:
        assert read_names(camera, 1) == ["part0.png"]
        shutil.move(tmp_path / "part2.png", tmp_path / "part2.moved")
        assert read_names(camera, 1) == ["part1.png"]
        assert nothing_comes(camera)


def test_empty_folder(tmp_path):
    with pytest.raises(CameraError, match="holds no pictures"):
        watch(tmp_path, "?watch=0").open()
    with watch(tmp_path, read_timeout=0.3) as camera, pytest.raises(CameraError, match="camera_timeout"):
        camera.read()
