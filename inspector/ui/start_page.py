"""What the window shows while no project is open: new, open, recent ones, and the demo."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal, SignalInstance, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from inspector.ui.icons import icon
from inspector.ui.recent import RecentProject, RecentProjects
from inspector.ui.theme import colours_of

WIDTH = 860


class StartPage(QWidget):
    """Only asks; the window does it."""

    new_wanted = Signal()
    open_wanted = Signal()
    recent_wanted = Signal(object)

    def __init__(self, recent: RecentProjects, demo_menu: QMenu, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recent = recent
        title = QLabel(self.tr("Inspector"), self)
        title.setProperty("role", "title")
        lead = QLabel(
            self.tr("Show it good parts, let it learn what they have in common, and have every part judged live."), self
        )
        lead.setWordWrap(True)
        lead.setProperty("role", "muted")
        self._buttons = [
            self._make_button("new", self.tr("New project…"), self.new_wanted, "big primary"),
            self._make_button("open", self.tr("Open project…"), self.open_wanted, "big"),
            self._make_button("demo", self.tr("Try the demo"), None, "big"),
        ]
        self._buttons[-1].setMenu(demo_menu)
        row = QHBoxLayout()
        row.setSpacing(12)
        for button in self._buttons:
            row.addWidget(button, 1)
        self.list = self._make_list()
        self._heading = QLabel(self.tr("Recent projects"), self)
        self._heading.setProperty("role", "heading")
        column = QVBoxLayout()
        column.setSpacing(14)
        for item in (title, lead):
            column.addWidget(item)
        column.addSpacing(10)
        column.addLayout(row)
        column.addSpacing(18)
        column.addWidget(self._heading)
        column.addWidget(self.list, 20)
        column.addStretch(1)
        frame = QFrame(self)
        frame.setLayout(column)
        frame.setMaximumWidth(WIDTH)
        outer = QHBoxLayout(self)
        outer.setContentsMargins(32, 48, 32, 32)
        outer.addStretch(1)
        outer.addWidget(frame, 20)
        outer.addStretch(1)
        recent.changed.connect(self.refresh)
        self.refresh()

    def _make_button(self, name: str, text: str, wanted: SignalInstance | None, role: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setIconSize(QSize(24, 24))
        button.setProperty("role", role)
        button.setProperty("icon_name", name)
        if wanted is not None:
            button.clicked.connect(wanted)
        return button

    def _make_list(self) -> QListWidget:
        shown = QListWidget(self)
        shown.setProperty("role", "rows")
        shown.setAccessibleName(self.tr("Recent projects"))
        shown.setSpacing(2)
        shown.setWordWrap(True)
        shown.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        shown.itemClicked.connect(self._clicked)
        shown.itemActivated.connect(self._clicked)
        return shown

    def set_busy(self, busy: bool) -> None:
        """While a project is being opened, nothing else can be."""
        for button in self._buttons:
            button.setEnabled(not busy)
        self.list.setEnabled(not busy)

    @Slot()
    def refresh(self) -> None:
        """Show the recent projects as they are known now."""
        items = self._recent.items()
        self._heading.setVisible(bool(items))
        self.list.setVisible(bool(items))
        self.list.clear()
        for item in items:
            self.list.addItem(_make_line(item))
        self._draw_icons()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_icons()
        super().changeEvent(event)

    def _draw_icons(self) -> None:
        colours = colours_of(self)
        for button in self._buttons:
            primary = "primary" in button.property("role")
            button.setIcon(icon(button.property("icon_name"), colours.on_accent if primary else colours.accent, 24))

    @Slot(QListWidgetItem)
    def _clicked(self, item: QListWidgetItem) -> None:
        folder: Path = item.data(Qt.ItemDataRole.UserRole)
        self.recent_wanted.emit(folder)


def _make_line(project: RecentProject) -> QListWidgetItem:
    line = QListWidgetItem(f"{project.folder.name}\n{project.reason or project.folder}")
    line.setData(Qt.ItemDataRole.UserRole, project.folder)
    line.setToolTip(str(project.folder))
    if project.reason is not None:
        line.setFlags(Qt.ItemFlag.NoItemFlags)
    return line
