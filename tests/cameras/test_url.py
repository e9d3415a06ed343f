"""Network streams against a real Motion JPEG server that misbehaves as cameras do."""

from __future__ import annotations

import socket
import time

import pytest

from inspector.cameras.base import CameraSource
from inspector.cameras.registry import open_camera
from inspector.errors import CameraError
from tests.cameras.test_contract import SLACK, code_of, error_after_frames

TIMEOUT = 0.4


@pytest.fixture
def camera(server):
    camera = open_camera(CameraSource("url", server.url), read_timeout=TIMEOUT)
    camera.open()
    yield camera
    server.drop()
    camera.close()


def test_only_the_newest_frame_is_kept(camera, server):
    camera.read()
    server.wait_for_pictures(20)  # nobody reads meanwhile
    first, second = camera.read(), camera.read()
    assert first.sequence >= 15
    assert second.sequence == first.sequence + 1


def test_stall_is_a_timeout_in_time_and_then_a_loss(camera, server):
    server.stall()
    assert error_after_frames(camera).code == "camera_timeout"
    started = time.monotonic()
    assert error_after_frames(camera).code in ("camera_timeout", "camera_lost")
    assert time.monotonic() - started < TIMEOUT + SLACK
    assert error_after_frames(camera).code == "camera_lost"
    assert code_of(camera) == "camera_lost"


def test_short_stall_is_survived(camera, server):
    camera.read()
    server.stall()
    assert error_after_frames(camera).code == "camera_timeout"
    server.resume()
    assert camera.read().pixels.shape == (48, 64, 3)


def test_dropped_connection_is_a_loss_and_can_be_opened_again(camera, server):
    camera.read()
    server.drop()
    assert error_after_frames(camera).code == "camera_lost"
    camera.close()
    camera.open()
    assert camera.read().sequence < 5


def test_camera_that_goes_away_and_comes_back(camera, server):
    server.stop()
    assert error_after_frames(camera).code == "camera_lost"
    with pytest.raises(CameraError) as caught:
        camera.open()
    assert caught.value.code == "camera_open_failed"
    server.start()
    camera.open()
    assert camera.read().pixels.shape == (48, 64, 3)


def test_closing_a_stalled_stream_does_not_wait_for_it(camera, server):
    camera.read()
    server.stall()
    assert error_after_frames(camera).code == "camera_timeout"
    started = time.monotonic()
    camera.close()
    assert time.monotonic() - started < TIMEOUT + SLACK


def test_silent_host_is_an_open_timeout():
    """It accepts the connection and never answers, as a camera does while it boots."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        camera = open_camera(CameraSource("url", f"http://127.0.0.1:{silent.getsockname()[1]}/"))
        camera.open_timeout = 0.5
        started = time.monotonic()
        with pytest.raises(CameraError) as caught:
            camera.open()
        assert caught.value.code == "camera_open_timeout"
        assert time.monotonic() - started < 0.5 + SLACK
