"""One palette and one style sheet, made from named colours; light and dark, following the system.

A widget asks `colours_of(widget)` when it paints and repaints on `QEvent.PaletteChange`; there is no global state. The
style sheet knows these dynamic properties, set by `set_role`:

    QPushButton, QToolButton   "primary" (the one main action), "danger", "big" (64 px, gloves), "quiet" (no frame)
    QLabel                     "title", "heading", "muted", "figure" (a large number), "note" (over a picture)
    QFrame                     "card" (a raised panel), "bar" (a strip at an edge)
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from string import Template
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from inspector import paths

Choice = Literal["system", "light", "dark"]

TOUCH = 44
"""Smallest side of anything a finger has to hit, in device-independent pixels."""

SMALLEST_POINTS = 10.5
"""The system's own font is used, but never smaller than this: it is read standing, at arm's length."""


@dataclass(frozen=True, slots=True)
class Colours:
    """Named colours as `#rrggbb`. `passed`, `review`, `failed` and `idle` (not inspected) keep apart for the three
    common kinds of colour blindness, which a test computes; `good`, `defect`, `unsure` label samples."""

    window: str
    surface: str
    raised: str
    border: str
    text: str
    muted: str
    accent: str
    on_accent: str
    accent_soft: str
    passed: str
    review: str
    failed: str
    idle: str
    on_passed: str
    on_review: str
    on_failed: str
    on_idle: str
    error_soft: str
    canvas: str
    plot_grid: str
    plot_good: str
    plot_defect: str
    plot_live: str

    @property
    def good(self) -> str:
        """A sample labelled good."""
        return self.passed

    @property
    def defect(self) -> str:
        """A sample labelled defect."""
        return self.failed

    @property
    def unsure(self) -> str:
        """A sample nobody is sure of."""
        return self.review


LIGHT = Colours(
    window="#f2f4f7",
    surface="#ffffff",
    raised="#ffffff",
    border="#cdd4de",
    text="#17202c",
    muted="#566274",
    accent="#1f5fbf",
    on_accent="#ffffff",
    accent_soft="#dce8fa",
    passed="#007a5e",
    review="#f0b429",
    failed="#c2320f",
    idle="#6f6b80",
    on_passed="#ffffff",
    on_review="#231a00",
    on_failed="#ffffff",
    on_idle="#ffffff",
    error_soft="#fbe6e0",
    canvas="#dfe3e9",
    plot_grid="#d6dce5",
    plot_good="#007a5e",
    plot_defect="#c2320f",
    plot_live="#3d4f9f",
)

DARK = Colours(
    window="#14181e",
    surface="#1b2129",
    raised="#232b35",
    border="#3a4552",
    text="#e8edf3",
    muted="#a2afbf",
    accent="#6ea8ff",
    on_accent="#0a1a33",
    accent_soft="#22385a",
    passed="#1fae8a",
    review="#ffd15c",
    failed="#e8552f",
    idle="#8d8aa0",
    on_passed="#00251b",
    on_review="#231a00",
    on_failed="#1f0500",
    on_idle="#14131a",
    error_soft="#42241c",
    canvas="#0e1115",
    plot_grid="#333d49",
    plot_good="#1fae8a",
    plot_defect="#e8552f",
    plot_live="#9db2ff",
)


def colours_for(palette: QPalette) -> Colours:
    """The named colours that belong to a palette: dark ones on a dark window."""
    return DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT


def colours_of(widget: QWidget) -> Colours:
    """The named colours a widget should paint with now."""
    return colours_for(widget.palette())


def set_role(widget: QWidget, *roles: str) -> None:
    """Give a widget roles of the style sheet (see the module's docstring) and restyle it."""
    widget.setProperty("role", " ".join(roles))
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def style_plot(plot: Any) -> None:
    """Colour a pyqtgraph `PlotWidget` by the palette it has now: background, axes and grid."""
    colours = colours_of(plot)
    plot.setBackground(colours.surface)
    for side in ("left", "bottom", "right", "top"):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(colours.border)
        axis.setTextPen(colours.muted)


def make_palette(colours: Colours) -> QPalette:
    """The palette of named colours."""
    palette = QPalette()
    role = QPalette.ColorRole
    pairs = {
        role.Window: colours.window, role.WindowText: colours.text, role.Base: colours.surface,
        role.AlternateBase: colours.window, role.Text: colours.text, role.Button: colours.raised,
        role.ButtonText: colours.text, role.BrightText: colours.failed, role.ToolTipBase: colours.raised,
        role.ToolTipText: colours.text, role.PlaceholderText: colours.muted, role.Highlight: colours.accent,
        role.HighlightedText: colours.on_accent, role.Accent: colours.accent, role.Link: colours.accent,
        role.LinkVisited: colours.accent, role.Light: colours.raised, role.Midlight: colours.border,
        role.Mid: colours.border, role.Dark: colours.border, role.Shadow: colours.border,
    }  # fmt: skip
    for item, value in pairs.items():
        palette.setColor(item, QColor(value))
    for item in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, item, _mix(colours.muted, colours.window))
    return palette


def make_style_sheet(colours: Colours) -> str:
    """`resources/theme.qss` with the named colours filled in."""
    template = Template(paths.resource("theme.qss").read_text(encoding="utf-8"))
    values = {field.name: getattr(colours, field.name) for field in fields(colours)}
    pictures = paths.resource("theme").as_posix()
    dark = "dark" if colours is DARK else "light"
    return template.substitute(values, touch=TOUCH, pictures=pictures, scheme=dark)


def _mix(first: str, second: str) -> QColor:
    a, b = QColor(first), QColor(second)
    return QColor((a.red() + b.red()) // 2, (a.green() + b.green()) // 2, (a.blue() + b.blue()) // 2)


class Theme(QObject):
    """Applies the chosen theme to the application and follows the system while the choice is `system`."""

    changed = Signal()

    def __init__(self, application: QApplication, choice: Choice = "system") -> None:
        super().__init__(application)
        self._application = application
        self._choice: Choice = choice
        self._applied: Colours | None = None
        application.setStyle("Fusion")
        font = application.font()
        font.setPointSizeF(max(font.pointSizeF(), SMALLEST_POINTS))
        application.setFont(font)
        application.styleHints().colorSchemeChanged.connect(self._apply)
        self._apply()

    @property
    def choice(self) -> Choice:
        """What the person asked for."""
        return self._choice

    @property
    def colours(self) -> Colours:
        """The colours in force."""
        if self._choice == "system":
            return DARK if self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
        return DARK if self._choice == "dark" else LIGHT

    def choose(self, choice: Choice) -> None:
        """Switch to light, dark or whatever the system has."""
        self._choice = choice
        self._apply()

    @Slot()
    def _apply(self) -> None:
        colours = self.colours
        if colours is self._applied:
            return
        self._applied = colours
        self._application.setPalette(make_palette(colours))
        self._application.setStyleSheet(make_style_sheet(colours))
        self.changed.emit()
