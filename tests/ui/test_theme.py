"""Colours that everybody can tell apart, text that can be read, and switching between light and dark."""

from __future__ import annotations

from dataclasses import fields
from itertools import combinations

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from inspector.ui.theme import DARK, LIGHT, Colours, Theme, colours_of, make_palette, make_style_sheet

# How the eye without one kind of cone sees linear RGB (Machado, Oliveira and Fernandes 2009, severity 1).
SEEN = {
    "all": np.eye(3),
    "no long": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "no middle": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "no short": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}


def linear(colour: str) -> np.ndarray:
    shown = np.array(QColor(colour).getRgbF()[:3])
    return np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)


def lab(colour: str, seen: np.ndarray) -> np.ndarray:
    rgb = np.clip(seen @ linear(colour), 0, 1).astype(np.float32)
    return cv2.cvtColor(rgb.reshape(1, 1, 3), cv2.COLOR_LRGB2Lab).ravel()


def luminance(colour: str) -> float:
    return float(linear(colour) @ (0.2126, 0.7152, 0.0722))


def contrast(first: str, second: str) -> float:
    lighter, darker = sorted((luminance(first), luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("seen", SEEN.values(), ids=SEEN)
def test_verdicts_differ_for_every_eye(colours: Colours, seen: np.ndarray) -> None:
    verdicts = {name: getattr(colours, name) for name in ("passed", "review", "failed", "idle")}
    for (first, one), (second, other) in combinations(verdicts.items(), 2):
        distance = np.linalg.norm(lab(one, seen) - lab(other, seen))
        assert distance > 15, f"{first} and {second} look alike: {distance:.1f}"


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(colours: Colours) -> None:
    pairs = [("text", "window"), ("text", "surface"), ("muted", "window"), ("muted", "surface"),
             ("text", "accent_soft"), ("text", "error_soft"), ("on_accent", "accent"), ("on_passed", "passed"),
             ("on_review", "review"), ("on_failed", "failed"), ("on_idle", "idle")]  # fmt: skip
    for text, ground in pairs:
        assert contrast(getattr(colours, text), getattr(colours, ground)) >= 4.5, f"{text} on {ground}"


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_is_one_and_the_sheet_is_filled_in(colours: Colours) -> None:
    assert all(QColor(getattr(colours, field.name)).isValid() for field in fields(colours))
    assert "$" not in make_style_sheet(colours).replace("($name)", "")


def test_widgets_know_the_colours_they_are_on(theme: Theme, qtbot: QtBot) -> None:
    label = QLabel("text")
    qtbot.addWidget(label)
    label.setPalette(make_palette(DARK))
    assert colours_of(label) is DARK


def test_choosing_a_theme_reaches_every_widget(theme: Theme, qapp: QApplication, qtbot: QtBot) -> None:
    label = QLabel("text")
    qtbot.addWidget(label)
    try:
        with qtbot.waitSignal(theme.changed):
            theme.choose("dark")
        assert colours_of(label) is DARK
        assert DARK.surface in qapp.styleSheet()
    finally:
        theme.choose("light")
    assert colours_of(label) is LIGHT
