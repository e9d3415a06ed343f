"""The simulated line as a camera: repeatable, and its truth can be asked for."""

from __future__ import annotations

import numpy as np
import pytest

from inspector.cameras.base import CameraSettings, CameraSource
from inspector.cameras.registry import list_cameras, open_camera
from inspector.cameras.simulated import list_simulated_cameras
from inspector.imaging.simulation import products, render, truth_of


def frames_of(address, count, settings=None):
    with open_camera(CameraSource("simulated", address), settings) as camera:
        return [camera.read() for _ in range(count)], camera.settings()


def test_frames_are_the_rendered_parts_with_their_truth():
    frames, _ = frames_of("washer?seed=3&defects=0.5&fps=0", 6)
    parts = [render("washer", 3, index, defect_rate=0.5) for index in range(6)]
    assert all(np.array_equal(frame.pixels, part.image) for frame, part in zip(frames, parts, strict=True))
    truths = [truth_of(frame.source, frame.sequence) for frame in frames]
    assert [(truth.label, truth.kind) for truth in truths if truth] == [(part.label, part.kind) for part in parts]


def test_pace_of_address_and_settings():
    frames, settings = frames_of("washer?fps=10", 4)
    assert settings.fps == 10
    assert frames[-1].monotonic - frames[0].monotonic >= 0.27
    assert frames_of("washer?fps=10", 1, CameraSettings(fps=0))[1].fps == 0


@pytest.mark.parametrize("product", [product.id for product in products()])
def test_every_product_is_listed_and_opens(product):
    sources = [info.source for info in list_simulated_cameras()]
    source = next(source for source in sources if source.address.partition("?")[0] == product)
    frames, settings = frames_of(source.address, 1)
    assert frames[0].pixels.shape == (settings.height, settings.width, 3)
    assert source in [info.source for info in list_cameras()]
