"""What every camera promises, whatever is behind it. Adding a driver to `MAKERS` tests it."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from inspector.cameras.base import Camera, CameraSettings, CameraSource, EndOfSource
from inspector.cameras.registry import KINDS, open_camera
from inspector.errors import CameraError
from inspector.messages import sentence
from tests.cameras.conftest import MAKERS

SLACK = 0.5
"""Seconds a busy test machine may add to any deadline."""


def error_after_frames(camera: Camera) -> CameraError:
    """Frames on their way still arrive; then comes the error."""
    while True:
        try:
            camera.read()
        except CameraError as error:
            return error


def code_of(camera: Camera) -> str:
    """The code of the error that reading raises, after its sentence was made."""
    with pytest.raises(CameraError) as caught:
        camera.read()
    assert str(camera.source) in sentence(caught.value) or camera.source.kind == "simulated"
    return caught.value.code


def test_every_kind_is_tested_here_or_needs_hardware():
    assert {maker.split()[-1] for maker in MAKERS} | {"usb"} == set(KINDS)


def test_frames_are_bgr_and_dated(source):
    before, before_monotonic = datetime.now(UTC), time.monotonic()
    with open_camera(source) as camera:
        frames = [camera.read() for _ in range(5)]
    for frame in frames:
        assert frame.pixels.dtype == np.uint8
        assert frame.pixels.ndim == 3
        assert frame.pixels.shape[2] == 3
        assert before - timedelta(seconds=1) <= frame.captured_at <= datetime.now(UTC)
        assert frame.captured_at.tzinfo is UTC
        assert before_monotonic <= frame.monotonic <= time.monotonic()
        assert frame.source.startswith(f"{source.kind}:")
    times = [frame.monotonic for frame in frames]
    assert times == sorted(times)


def test_sequence_counts_from_zero(source):
    with open_camera(source) as camera:
        live = camera.capabilities().live
        numbers = [camera.read().sequence for _ in range(6)]
    assert numbers == sorted(set(numbers))
    assert live or numbers == list(range(6))


def test_opening_again_starts_from_zero(source):
    camera = open_camera(source)
    for _ in range(2):
        camera.open()
        first, second = camera.read(), camera.read()
        camera.close()
        assert camera.capabilities().live or (first.sequence, second.sequence) == (0, 1)
        assert second.sequence < 20


def test_opening_twice_is_opening_again(source):
    camera = open_camera(source)
    camera.open()
    camera.open()
    assert camera.read().pixels.size
    camera.close()


def test_frames_are_not_overwritten_by_later_ones(source):
    with open_camera(source) as camera:
        first = camera.read()
        kept = first.pixels.copy()
        for _ in range(4):
            camera.read()
    assert np.array_equal(first.pixels, kept)


def test_reading_what_is_not_open(source):
    camera = open_camera(source)
    assert code_of(camera) == "camera_closed"
    camera.open()
    camera.read()
    camera.close()
    camera.close()
    assert code_of(camera) == "camera_closed"


def test_settings_in_force(source):
    camera = open_camera(source, CameraSettings(fps=0))
    assert camera.settings() == CameraSettings(fps=0)
    with camera:
        height, width = camera.read().pixels.shape[:2]
        settings = camera.settings()
    assert settings.width in (None, width)
    assert settings.height in (None, height)


def test_reads_never_take_longer_than_the_timeout(source):
    with open_camera(source, read_timeout=0.3) as camera:
        for _ in range(14):
            started = time.monotonic()
            with suppress(CameraError, EndOfSource):
                camera.read()
            assert time.monotonic() - started < 0.3 + SLACK


@pytest.mark.parametrize("kind", ["folder", "url"])
def test_closing_from_another_thread_ends_a_waiting_read(tmp_path, server, kind):
    camera = open_camera(CameraSource(kind, server.url if kind == "url" else str(tmp_path)), read_timeout=30)
    camera.open()
    server.stall()
    closer = threading.Timer(0.3, camera.close)
    closer.start()
    started = time.monotonic()
    assert error_after_frames(camera).code == "camera_closed"
    assert time.monotonic() - started < 5
    server.drop()
    closer.join()


@pytest.mark.parametrize(
    ("kind", "address", "code"),
    [
        ("gige", "1", "camera_address"),
        ("usb", "front", "camera_address"),
        ("usb", "-1", "camera_address"),
        ("url", "camera.local/stream", "camera_address"),
        ("url", "file:///etc/passwd", "camera_address"),
        ("url", "rtsp://", "camera_address"),
        ("url", "http://host:99999/", "camera_address"),
        ("url", "http://[::1/", "camera_address"),
        ("video", "a.avi?fps=fast", "camera_address"),
        ("video", "a.avi?fps=-1", "camera_address"),
        ("video", "a.avi?loop=yes", "camera_address"),
        ("folder", "parts?existing=2", "camera_address"),
        ("simulated", "gearbox", "camera_not_found"),
        ("simulated", "washer?seed=x", "camera_address"),
        ("simulated", "washer?fps=nan", "camera_address"),
    ],
)
def test_wrong_addresses_are_refused_before_opening(kind, address, code):
    with pytest.raises(CameraError) as caught:
        open_camera(CameraSource(kind, address))
    assert caught.value.code == code
    assert sentence(caught.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("rtsp://admin:s3cret@10.0.0.2/live", "url:rtsp://10.0.0.2/live"),
        ("rtsp://admin:p@ss@10.0.0.2/live?x=1@2", "url:rtsp://10.0.0.2/live?x=1@2"),
        ("http://10.0.0.2/a@b", "url:http://10.0.0.2/a@b"),
    ],
)
def test_passwords_are_not_shown(address, shown):
    assert str(CameraSource("url", address)) == shown
