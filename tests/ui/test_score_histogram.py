"""The histogram with its movable thresholds: numbers without Qt, then real mouse, keys and buttons."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from inspector.ui.widgets.score_bins import BINS, as_scores, axis_range, binned, decimals_for
from inspector.ui.widgets.score_histogram import ScoreHistogram
from inspector.ui.widgets.threshold_pair import ThresholdPair

FINITE = st.floats(-1e6, 1e6).map(lambda value: round(value, 6))
GROUPS = st.lists(FINITE, max_size=30).map(as_scores)


@given(good=GROUPS, defect=GROUPS, pair=st.none() | st.tuples(FINITE, FINITE).map(lambda p: (min(p), max(p))))
def test_axis_holds_the_thresholds_and_every_score_is_counted(good, defect, pair) -> None:
    low, high = axis_range(good, [defect], pair)
    assert low < high
    if pair is not None:
        assert low <= pair[0] <= pair[1] <= high
    for scores in (good, defect):
        bins = binned(scores, low, high)
        assert len(bins.counts) == BINS
        assert bins.counts.sum() + bins.below + bins.above == len(scores)
        assert bins.heights.max(initial=0) in (0, 1)


def test_an_outlier_does_not_shrink_the_rest_to_a_line() -> None:
    good = np.r_[np.linspace(1, 2, 50), 1e9]
    low, high = axis_range(good, [as_scores([1e12])], (1.8, 1.8))
    assert high - low < 100
    assert binned(good, low, high).above == 1


@pytest.mark.parametrize("scores", [[], [3.0], [3.0] * 40, [0.0], [-5.0, -5.0], [float("nan"), 1.0]])
def test_axis_of_few_or_equal_scores(scores: list[float]) -> None:
    values = as_scores(scores)
    low, high = axis_range(values, [], None)
    assert low < high
    assert binned(values, low, high).counts.sum() == np.isfinite(scores).sum()


def test_decimals_follow_the_span() -> None:
    assert [decimals_for(span) for span in (5000.0, 5.0, 0.05, 1e-30)] == [0, 3, 5, 12]


@given(moves=st.lists(st.tuples(st.sampled_from(["review", "fail"]), FINITE), max_size=20), band=st.booleans())
def test_thresholds_stay_in_order(moves, band: bool) -> None:
    pair = ThresholdPair(1, 2, band=True) if band else ThresholdPair(2, 2)
    for which, value in moves:
        pair = pair.moved(which, value)
        assert pair.review <= pair.fail
        assert band or pair.review == pair.fail == value


@pytest.fixture
def histogram(qtbot: QtBot) -> ScoreHistogram:
    widget = ScoreHistogram()
    qtbot.addWidget(widget)
    widget.resize(700, 360)
    generator = np.random.default_rng(1)
    widget.set_scores(generator.normal(2, 0.3, 80), generator.normal(4, 0.6, 20))
    widget.set_thresholds(2.8, 3.2)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


def at(histogram: ScoreHistogram, score: float, beside: float = 0) -> QPoint:
    return QPoint(round(histogram.plot.pixel_of(score) + beside), 80)


def drag(histogram: ScoreHistogram, start: QPoint, *stops: QPoint) -> None:
    target = histogram.plot.viewport()
    QTest.mousePress(target, Qt.MouseButton.LeftButton, pos=start)
    for stop in stops:
        QTest.mouseMove(target, stop)
    QTest.mouseRelease(target, Qt.MouseButton.LeftButton, pos=stops[-1])


def test_dragging_tells_while_moving_and_once_at_release(histogram: ScoreHistogram) -> None:
    changed: list[tuple[float, float]] = []
    committed: list[tuple[float, float]] = []
    histogram.thresholds_changed.connect(lambda *pair: changed.append(pair))
    histogram.thresholds_committed.connect(lambda *pair: committed.append(pair))
    # A finger lands 20 pixels beside the line; the line keeps that distance.
    drag(histogram, at(histogram, 3.2, 20), at(histogram, 3.5, 20), at(histogram, 3.6, 20))
    assert len(changed) == 2
    assert changed[-1] == committed[0] == histogram.thresholds()
    assert len(committed) == 1
    assert histogram.thresholds() == (2.8, pytest.approx(3.6, abs=0.02))


def test_lines_do_not_pass_each_other(histogram: ScoreHistogram) -> None:
    drag(histogram, at(histogram, 2.8), at(histogram, 4.0))
    assert histogram.thresholds() == (3.2, 3.2)
    # Now they lie on one another: the direction says which one is meant.
    drag(histogram, at(histogram, 3.2), at(histogram, 2.5))
    review, fail = histogram.thresholds()
    assert review == pytest.approx(2.5, abs=0.02)
    assert fail == 3.2


def test_a_press_far_from_the_lines_moves_nothing(histogram: ScoreHistogram) -> None:
    drag(histogram, at(histogram, 1.5), at(histogram, 3.0))
    assert histogram.thresholds() == (2.8, 3.2)


def test_setting_is_not_echoed_and_keeps_every_digit(histogram: ScoreHistogram, qtbot: QtBot) -> None:
    exact = 2.123456789012345
    with (
        qtbot.assertNotEmitted(histogram.thresholds_changed),
        qtbot.assertNotEmitted(histogram.thresholds_committed),
    ):
        histogram.set_thresholds(exact, exact)
        histogram.set_scores([1.0], [2.0], [1.5])
    assert histogram.thresholds() == (exact, exact)


def test_band_switch_merges_at_the_fail_line_and_opens_below_it(histogram: ScoreHistogram, qtbot: QtBot) -> None:
    with qtbot.waitSignal(histogram.thresholds_committed):
        histogram.band.click()
    assert histogram.thresholds() == (3.2, 3.2)
    assert not histogram.review.isVisible()
    with qtbot.waitSignal(histogram.thresholds_committed):
        histogram.band.click()
    review, fail = histogram.thresholds()
    assert review < fail == 3.2


def test_step_buttons_slider_keys_and_typing_commit(histogram: ScoreHistogram, qtbot: QtBot) -> None:
    before = histogram.thresholds()[1]
    with qtbot.waitSignal(histogram.thresholds_committed):
        qtbot.mouseClick(histogram.fail.more, Qt.MouseButton.LeftButton)
    stepped = histogram.thresholds()[1]
    assert stepped > before
    with qtbot.waitSignal(histogram.thresholds_committed):
        qtbot.keyClick(histogram.fail.slider, Qt.Key.Key_Right)
    assert histogram.thresholds()[1] > stepped
    histogram.fail.spin.selectAll()
    with qtbot.waitSignal(histogram.thresholds_committed):
        qtbot.keyClicks(histogram.fail.spin, "50")
        qtbot.keyClick(histogram.fail.spin, Qt.Key.Key_Return)
    assert histogram.thresholds()[1] == 50
    assert histogram.plot.span[1] > 50


def test_without_thresholds_nothing_can_be_moved(qtbot: QtBot) -> None:
    widget = ScoreHistogram()
    qtbot.addWidget(widget)
    widget.resize(600, 300)
    with qtbot.waitExposed(widget):
        widget.show()
    with qtbot.assertNotEmitted(widget.thresholds_changed):
        drag(widget, at(widget, 0.0), at(widget, 0.5))
    assert not widget.fail.isEnabled()
    assert not widget.grab().isNull()


def test_what_is_drawn_follows_the_axis(histogram: ScoreHistogram) -> None:
    """The right end of the axis is painted after other scores came in, which a remembered rectangle would cut off."""
    histogram.set_scores([100.0, 101.0], [900.0])
    histogram.set_thresholds(500.0, 500.0)
    picture = histogram.plot.grab().toImage()
    right = picture.pixelColor(picture.width() - 8, picture.height() // 2)
    left = picture.pixelColor(8, picture.height() // 2)
    assert right.red() > right.green()  # the zone that fails
    assert left.green() > left.red()  # the zone that passes
