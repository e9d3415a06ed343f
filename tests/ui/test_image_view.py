"""Where the picture lies in its view, and what of it is painted."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from inspector.imaging.frame import Image
from inspector.ui.widgets.image_view import ImageView
from inspector.ui.widgets.viewport import FINEST, Viewport

SIZES = st.integers(1, 6000)
VIEWS = st.tuples(st.integers(50, 4000), st.integers(50, 3000))
EPSILON = 1e-6


@st.composite
def viewports(draw: st.DrawFn) -> tuple[Viewport, tuple[int, int], tuple[int, int]]:
    """A viewport after some zooming and dragging, with the sizes of image and view."""
    image, view = (draw(SIZES), draw(SIZES)), draw(VIEWS)
    viewport = Viewport()
    viewport.set_view_size(*view)
    viewport.set_image_size(*image)
    for factor, x, y in draw(st.lists(st.tuples(st.floats(0.1, 10), st.floats(0, 1), st.floats(0, 1)), max_size=4)):
        viewport.zoom(factor, x * view[0], y * view[1])
        viewport.pan(x * 500 - 250, y * 500 - 250)
    return viewport, image, view


@given(viewports(), st.floats(-100, 5000), st.floats(-100, 5000))
def test_view_and_image_points_correspond(state: tuple, x: float, y: float) -> None:
    viewport = state[0]
    assert viewport.to_view(*viewport.to_image(x, y)) == pytest.approx((x, y), abs=1e-6)


@given(viewports())
def test_no_gap_where_the_image_is_larger_and_centred_where_smaller(state: tuple) -> None:
    viewport, image, view = state
    for axis in (0, 1):
        first = viewport.offset[axis]
        last = first + image[axis] * viewport.scale
        if image[axis] * viewport.scale <= view[axis]:
            assert first == pytest.approx(view[axis] - last, abs=1e-6)
        else:
            assert first <= EPSILON
            assert last >= view[axis] - EPSILON


@given(viewports())
def test_fitting_shows_all_of_it_as_large_as_possible(state: tuple) -> None:
    viewport, image, view = state
    viewport.fit()
    shown = [image[axis] * viewport.scale for axis in (0, 1)]
    assert all(shown[axis] <= view[axis] * (1 + EPSILON) for axis in (0, 1))
    assert any(shown[axis] == pytest.approx(view[axis]) for axis in (0, 1))


@given(viewports(), st.floats(0, 1), st.floats(0, 1))
def test_zooming_in_keeps_the_point_under_the_cursor(state: tuple, x: float, y: float) -> None:
    viewport, image, view = state
    at = (x * view[0], y * view[1])
    before = viewport.to_image(*at)
    viewport.zoom(1.3, *at)
    after = viewport.to_image(*at)
    for axis in (0, 1):
        # Where the image was narrower than the view it is centred, and its edges hold it afterwards.
        if image[axis] * viewport.scale / 1.3 > view[axis] and viewport.scale < FINEST:
            assert after[axis] == pytest.approx(before[axis], abs=1e-3)


@given(viewports())
def test_the_scale_stays_within_bounds(state: tuple) -> None:
    viewport = state[0]
    assert min(viewport.fit_scale, 1.0) <= viewport.scale <= max(FINEST, viewport.fit_scale)


@given(viewports(), VIEWS)
def test_a_fitted_image_stays_fitted_when_the_view_is_resized(state: tuple, size: tuple[int, int]) -> None:
    viewport = state[0]
    viewport.fit()
    viewport.set_view_size(*size)
    assert viewport.scale == viewport.fit_scale


def test_an_image_of_the_same_size_keeps_zoom_and_place() -> None:
    viewport = Viewport()
    viewport.set_view_size(100, 100)
    viewport.set_image_size(200, 200)
    viewport.zoom(4, 20, 30)
    place = (viewport.scale, viewport.offset)
    viewport.set_image_size(200, 200)
    assert (viewport.scale, viewport.offset) == place
    viewport.set_image_size(300, 200)
    assert viewport.fitted


@pytest.fixture
def view(nothing_left_behind: None, qtbot: QtBot) -> ImageView:
    shown = ImageView(buttons=False)
    qtbot.addWidget(shown)
    shown.resize(400, 400)
    shown.show()
    qtbot.waitExposed(shown)
    return shown


def quarters(side: int) -> Image:
    """Red, green, blue and white quarters, BGR."""
    image = np.zeros((side, side, 3), np.uint8)
    half = side // 2
    image[:half, :half] = (0, 0, 255)
    image[:half, half:] = (0, 255, 0)
    image[half:, :half] = (255, 0, 0)
    image[half:, half:] = 255
    return image


def painted(view: ImageView, x: int, y: int) -> tuple[int, int, int]:
    colour = QColor(view.grab().toImage().pixel(x, y))
    return colour.red(), colour.green(), colour.blue()


@pytest.mark.parametrize("side", [8, 400, 3000], ids=["enlarged", "as it is", "shrunk"])
def test_channels_and_places_are_right_at_every_size(view: ImageView, side: int) -> None:
    view.set_image(quarters(side))
    assert painted(view, 100, 100) == (255, 0, 0)
    assert painted(view, 300, 100) == (0, 255, 0)
    assert painted(view, 100, 300) == (0, 0, 255)
    assert painted(view, 300, 300) == (255, 255, 255)


def test_a_cropped_view_of_an_array_is_shown_correctly(view: ImageView) -> None:
    view.set_image(quarters(500)[50:450, 50:450])
    assert painted(view, 10, 10) == (255, 0, 0)
    assert painted(view, 390, 390) == (255, 255, 255)


def test_an_overlay_is_stretched_and_blended(view: ImageView) -> None:
    view.set_image(np.zeros((300, 300, 3), np.uint8))
    overlay = np.zeros((3, 3, 4), np.uint8)
    overlay[1, 1] = (0, 0, 200, 255)
    view.set_overlay(overlay, 0.5)
    assert painted(view, 200, 200)[0] == pytest.approx(100, abs=3)
    assert painted(view, 20, 20) == (0, 0, 0)
    view.set_overlay_opacity(1.0)
    assert painted(view, 200, 200)[0] == pytest.approx(200, abs=3)
    view.set_overlay(None)
    assert painted(view, 200, 200) == (0, 0, 0)


def test_contours_lie_on_their_pixels_and_go_with_the_picture(view: ImageView) -> None:
    view.set_image(np.zeros((40, 40, 3), np.uint8))
    view.set_contours([np.array([[[10, 10]], [[30, 10]], [[30, 30]], [[10, 30]]])], QColor("#ffff00"))
    assert painted(view, 205, 105)[:2] == (255, 255)
    view.set_image(np.zeros((40, 40, 3), np.uint8))
    assert painted(view, 205, 105) == (0, 0, 0)


def wheel(view: ImageView, x: int, y: int, steps: int) -> None:
    here = QPointF(x, y)
    event = QWheelEvent(
        here, view.mapToGlobal(here), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


def test_wheel_drag_and_double_click(view: ImageView, qtbot: QtBot) -> None:
    view.set_image(quarters(400))
    with qtbot.waitSignal(view.scale_changed):
        wheel(view, 100, 100, 4)
    assert view.viewport.to_image(100, 100) == pytest.approx((100, 100))
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 200))
    qtbot.mouseMove(view, QPoint(180, 190))
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(180, 190))
    assert view.viewport.to_view(100, 100) == pytest.approx((80, 90))
    qtbot.mouseDClick(view, Qt.MouseButton.LeftButton)
    assert view.viewport.fitted


def test_keys_and_buttons_zoom(nothing_left_behind: None, qtbot: QtBot) -> None:
    view = ImageView()
    qtbot.addWidget(view)
    view.resize(400, 400)
    view.show()
    view.set_image(quarters(400))
    before = view.viewport.scale
    QApplication.sendEvent(view, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Plus, Qt.KeyboardModifier.NoModifier))
    assert view.viewport.scale > before
    QApplication.sendEvent(view, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_0, Qt.KeyboardModifier.NoModifier))
    assert view.viewport.scale == before


def test_without_a_picture_nothing_can_go_wrong(view: ImageView) -> None:
    view.set_placeholder("Nothing here")
    view.set_image(quarters(40))
    view.set_overlay(np.zeros((2, 2, 3), np.uint8), 1.0)
    view.set_image(None)
    wheel(view, 10, 10, 2)
    view.fit()
    assert not view.has_image
    view.grab()
