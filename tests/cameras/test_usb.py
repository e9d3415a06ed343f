"""USB cameras without one: the driver on a capture that behaves as OpenCV's does with devices good and bad."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import cv2
import numpy as np
import pytest

from inspector.cameras import usb
from inspector.cameras.base import CameraSettings, CameraSource
from inspector.cameras.threaded import ThreadedCamera
from inspector.cameras.usb import UsbDevice, exposure_from_device, exposure_to_device, list_by_opening
from inspector.errors import CameraError
from tests.cameras.conftest import grey
from tests.cameras.test_contract import SLACK, error_after_frames

SOURCE = CameraSource("usb", "7")
V4L2, MSMF, DSHOW = cv2.CAP_V4L2, cv2.CAP_MSMF, cv2.CAP_DSHOW


class Capture:
    """One opening of a simulated device: takes settings, delivers `picture` at `fps`, can hang or be unplugged."""

    def __init__(self, picture: object = None, fps: float = 200.0, opens: bool = True) -> None:
        self.picture = grey(80) if picture is None else picture
        self.opens = opens
        self.values: dict[int, float] = {cv2.CAP_PROP_FRAME_WIDTH: 64, cv2.CAP_PROP_FRAME_HEIGHT: 48}
        self.order: list[int] = []
        self.unplugged = False
        self.may_deliver = threading.Event()
        self.may_deliver.set()
        self.released = threading.Event()
        self._interval = 1 / fps
        self._clock = threading.Event()

    def isOpened(self) -> bool:
        return self.opens

    def grab(self) -> bool:
        self.may_deliver.wait(30)
        self._clock.wait(self._interval)
        return not self.unplugged

    def retrieve(self) -> tuple[bool, object]:
        return True, self.picture

    def set(self, name: int, value: float) -> bool:
        self.order.append(name)
        self.values[name] = value
        return True

    def get(self, name: int) -> float:
        return self.values.get(name, -1.0)

    def release(self) -> None:
        self.released.set()


def camera_on(
    opener: Callable[[object, int], Capture], backends=(V4L2,), settings=None, read_timeout=0.4
) -> ThreadedCamera:
    def device(source: CameraSource, requested: CameraSettings) -> UsbDevice:
        return UsbDevice(source, requested, opener=opener, backends=backends)

    capabilities = UsbDevice.capabilities(SOURCE)
    return ThreadedCamera(SOURCE, settings, read_timeout, device=device, capabilities=capabilities)


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(usb, "PROBE_SECONDS", 0.25)
    usb._remembered.clear()
    yield
    usb._remembered.clear()


@pytest.mark.parametrize(
    ("delivered", "level"),
    [
        (np.full((48, 64), 80, np.uint8), 80),
        (np.full((48, 64, 1), 80, np.uint8), 80),
        (np.full((48, 64, 3), 80, np.uint8), 80),
        (np.full((48, 64, 4), 80, np.uint8), 80),
        (np.full((48, 64), 80 * 257, np.uint16), 80),
        (np.full((48, 64, 3), 65535, np.uint16), 255),
    ],
)
def test_any_pixel_format_becomes_bgr(delivered, level):
    with camera_on(lambda *_: Capture(delivered)) as camera:
        pixels = camera.read().pixels
    assert pixels.shape == (48, 64, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == level).all()


@pytest.mark.parametrize(
    "delivered",
    [np.zeros((0, 0, 3), np.uint8), np.zeros((48, 64, 2), np.uint8), np.zeros((48, 64), np.float32)],
)
def test_unusable_pixels_are_a_bad_frame_that_passes(delivered):
    capture = Capture(delivered)
    with camera_on(lambda *_: capture) as camera:
        with pytest.raises(CameraError, match="camera_bad_frame"):
            camera.read()
        capture.picture = grey(1)
        with suppress(CameraError):  # a bad one may still be waiting
            camera.read()
        assert (camera.read().pixels == 1).all()


def test_changed_size_is_a_bad_frame():
    capture = Capture()
    with camera_on(lambda *_: capture) as camera:
        camera.read()
        capture.picture = grey(80, 32, 32)
        assert error_after_frames(camera).parameters["reason"] == "its size changed from 64×48 to 32×32"


def test_unplugged_is_lost():
    capture = Capture()
    with camera_on(lambda *_: capture) as camera:
        camera.read()
        capture.unplugged = True
        assert error_after_frames(camera).code == "camera_lost"
        assert capture.released.wait(5)


def test_blocked_device_blocks_nobody_and_is_waited_for_when_opened_again():
    """Video4Linux blocks for ten seconds when a cable is loose."""
    captures = [Capture(), Capture()]
    waiting = iter(captures)
    camera = camera_on(lambda *_: next(waiting))
    camera.open()
    camera.read()
    captures[0].may_deliver.clear()
    started = time.monotonic()
    assert error_after_frames(camera).code == "camera_timeout"
    camera.close()
    assert time.monotonic() - started < 0.4 + 0.4 + SLACK
    assert not captures[0].released.is_set()
    camera.open_timeout = 0.3
    with pytest.raises(CameraError, match="camera_open_timeout"):
        camera.open()
    captures[0].may_deliver.set()
    camera.open_timeout = 5
    camera.open()
    assert captures[0].released.is_set()
    assert camera.read().sequence <= 1
    camera.close()


def test_device_that_hangs_while_opening():
    hang, capture = threading.Event(), Capture()

    def opener(*_: object) -> Capture:
        hang.wait(30)
        return capture

    camera = camera_on(opener)
    camera.open_timeout = 0.3
    started = time.monotonic()
    with pytest.raises(CameraError, match="camera_open_timeout"):
        camera.open()
    assert time.monotonic() - started < 0.3 + 0.4 + SLACK
    hang.set()
    assert capture.released.wait(5)
    camera._await_abandoned()


@pytest.mark.parametrize(
    ("media_foundation", "direct_show", "chosen"),
    [
        (Capture, Capture, MSMF),
        (lambda: Capture(fps=5), Capture, DSHOW),
        (lambda: Capture(fps=8), lambda: Capture(fps=4), MSMF),
        (lambda: Capture(opens=False), Capture, DSHOW),
    ],
)
def test_better_backend_is_taken_and_remembered(media_foundation, direct_show, chosen):
    opened: list[tuple[int, Capture]] = []

    def opener(_: object, backend: int) -> Capture:
        assert all(capture.released.is_set() or not capture.opens for _, capture in opened), "the device is exclusive"
        opened.append((backend, media_foundation() if backend == MSMF else direct_show()))
        return opened[-1][1]

    camera = camera_on(opener, (MSMF, DSHOW), read_timeout=2)
    camera.open()
    camera.read()
    camera.close()
    assert opened[-1][0] == chosen
    probes = len(opened)
    with camera:
        camera.read()
    assert [backend for backend, _ in opened[probes:]] == [chosen]


def test_remembered_backend_that_fails_is_forgotten():
    usb._remembered["7"] = MSMF
    camera = camera_on(lambda _, backend: Capture(opens=backend == DSHOW), (MSMF, DSHOW), read_timeout=2)
    with pytest.raises(CameraError):
        camera.open()
    with camera:
        assert camera.read().pixels.size


def test_settings_are_asked_for_in_order_and_read_back():
    capture = Capture()
    asked = CameraSettings(width=1280, height=720, fps=30, exposure=0.005, gain=3)
    with camera_on(lambda *_: capture, settings=asked) as camera:
        assert camera.settings() == asked
    order = [cv2.CAP_PROP_FOURCC, cv2.CAP_PROP_AUTO_EXPOSURE, cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT]
    assert capture.order[:4] == order
    assert capture.values[cv2.CAP_PROP_EXPOSURE] == 50


def test_nothing_is_changed_that_was_not_asked_for():
    capture = Capture()
    with camera_on(lambda *_: capture) as camera:
        assert camera.settings() == CameraSettings(width=64, height=48)
    assert capture.order == []


@pytest.mark.parametrize(("backend", "seconds", "value"), [(V4L2, 0.01, 100), (DSHOW, 2**-6, -6), (MSMF, 0.012, -6)])
def test_exposure_units(backend, seconds, value):
    assert exposure_to_device(seconds, backend) == value
    assert exposure_from_device(value, backend) == pytest.approx(seconds, rel=0.35)
    assert exposure_from_device(0, backend) is None


def test_no_such_device():
    camera = camera_on(lambda *_: Capture(opens=False))
    with pytest.raises(CameraError) as caught:
        camera.open()
    assert caught.value.code == ("camera_not_found" if sys.platform == "linux" else "camera_open_failed")


def test_kernel_list_names_each_camera_once(tmp_path):
    for number, (name, index) in enumerate([("Webcam", 0), ("Webcam", 1), ("Überkopf", 0)]):
        node = tmp_path / f"video{number}"
        node.mkdir()
        (node / "name").write_text(name + "\n", encoding="utf-8")
        (node / "index").write_text(f"{index}\n")
    (tmp_path / "video10").mkdir()
    found = usb.list_video4linux(tmp_path)
    assert [(str(info.source), info.title) for info in found] == [("usb:0", "Webcam"), ("usb:2", "Überkopf")]
    assert usb.list_video4linux(tmp_path / "nothing") == []


def test_listing_by_opening_is_not_held_up(monkeypatch):
    monkeypatch.setattr(usb, "PROBE_LIMIT", 0.4)
    hang = threading.Event()
    threads = []

    def opener(index: object, backend: int) -> Capture:
        if index == 2:
            threads.append(threading.current_thread())
            hang.wait(30)
        return Capture(opens=index == 0)

    started = time.monotonic()
    assert [str(info.source) for info in list_by_opening(opener, DSHOW)] == ["usb:0"]
    assert time.monotonic() - started < 0.4 + SLACK
    hang.set()
    threads[0].join(5)


def test_listing_is_quick_and_prints_nothing():
    script = "from inspector.cameras.registry import list_cameras; print(len(list_cameras()))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=30)
    assert done.stderr == ""
    assert int(done.stdout) >= 1
