"""Video files: every picture once, at the asked pace, and files that are no videos."""

from __future__ import annotations

import time
from contextlib import suppress

import cv2
import pytest

from inspector.cameras.base import CameraSettings, CameraSource, EndOfSource
from inspector.cameras.registry import open_camera
from inspector.errors import CameraError
from tests.cameras.conftest import LEVELS, grey, write_video


def levels_of(camera, limit=1000):
    found = []
    with suppress(EndOfSource):
        while len(found) < limit:
            found.append(round(camera.read().pixels.mean()))
    return found


def test_every_picture_comes_once_and_then_the_end(tmp_path):
    file = write_video(tmp_path / "v.avi")
    with open_camera(CameraSource("video", str(file)), CameraSettings(fps=0)) as camera:
        assert levels_of(camera) == LEVELS
        with pytest.raises(EndOfSource):
            camera.read()


@pytest.mark.parametrize(("fps", "least", "most"), [(None, 0.55, 1.5), (40, 0.27, 1.2), (0, 0, 0.4)])
def test_pace(tmp_path, fps, least, most):
    file = write_video(tmp_path / "v.avi", fps=20)
    with open_camera(CameraSource("video", str(file)), CameraSettings(fps=fps)) as camera:
        started = time.monotonic()
        assert len(levels_of(camera)) == 12
        took = time.monotonic() - started
        assert camera.settings().fps == (20 if fps is None else fps)
    assert least <= took < most


def test_slow_pace_stays_below_the_read_timeout(tmp_path):
    file = write_video(tmp_path / "v.avi", levels=LEVELS[:3])
    with open_camera(CameraSource("video", f"{file}?fps=0.1"), read_timeout=0.2) as camera:
        assert levels_of(camera) == LEVELS[:3]


def test_loop(tmp_path):
    file = write_video(tmp_path / "v.avi", levels=LEVELS[:5])
    with open_camera(CameraSource("video", f"{file}?loop=1&fps=0")) as camera:
        assert not camera.capabilities().finite
        assert levels_of(camera, 13) == (LEVELS[:5] * 3)[:13]


@pytest.mark.parametrize("container", ["mp4", "mkv", "avi"])
def test_containers(tmp_path, container):
    file = tmp_path / f"v.{container}"
    code = cv2.VideoWriter.fourcc(*("mp4v" if container == "mp4" else "MJPG"))
    writer = cv2.VideoWriter(str(file), cv2.CAP_FFMPEG, code, 20, (64, 48))
    for level in LEVELS:
        writer.write(grey(level))
    writer.release()
    with open_camera(CameraSource("video", f"{file}?fps=0")) as camera:
        found = levels_of(camera)
    assert len(found) == len(LEVELS)
    assert max(abs(a - b) for a, b in zip(found, LEVELS, strict=True)) <= 5


def test_question_mark_in_a_name(tmp_path):
    file = write_video(tmp_path / "really?.avi", levels=LEVELS[:2])
    with open_camera(CameraSource("video", f"{file}?fps=0")) as camera:
        assert levels_of(camera) == LEVELS[:2]


@pytest.mark.parametrize(
    ("content", "code"), [(None, "camera_not_found"), (b"", "camera_open_failed"), (b"text" * 99, "camera_open_failed")]
)
def test_what_is_no_video(tmp_path, content, code):
    file = tmp_path / "v.avi"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(CameraError) as caught:
        open_camera(CameraSource("video", str(file))).open()
    assert caught.value.code == code


def test_cut_off_video_ends_early(tmp_path):
    file = write_video(tmp_path / "v.mkv")
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])
    with open_camera(CameraSource("video", f"{file}?fps=0")) as camera:
        found = levels_of(camera)
    assert 0 < len(found) < len(LEVELS)
    assert found == LEVELS[: len(found)]
