"""The main window: wires navigation, panes, menus and status bar, and does nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QEvent, Qt, QUrl, Slot
from PySide6.QtGui import QAction, QActionGroup, QCloseEvent, QDesktopServices, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from inspector import __version__, paths
from inspector.ui.context import AppContext
from inspector.ui.demo import DemoStarter
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.errors import show_error
from inspector.ui.icons import icon
from inspector.ui.navigation import NavigationRail, Place
from inspector.ui.project_actions import ProjectActions
from inspector.ui.project_status import ProjectStatus
from inspector.ui.recent import RecentProjects
from inspector.ui.start_page import StartPage
from inspector.ui.theme import Theme
from inspector.ui.widgets.progress_strip import ProgressStrip

if TYPE_CHECKING:
    from inspector.ui.panes.inspection import InspectionPane

MESSAGE_MS = 6000


def _project_pane(context: AppContext) -> QWidget:
    from inspector.ui.panes.project import ProjectPane

    return ProjectPane(context)


def _training_pane(context: AppContext) -> QWidget:
    from inspector.ui.panes.training import TrainingPane

    return TrainingPane(context)


def _inspection_pane(context: AppContext) -> QWidget:
    from inspector.ui.panes.inspection import InspectionPane

    return InspectionPane(context)


def _records_pane(context: AppContext) -> QWidget:
    from inspector.ui.panes.records import RecordsPane

    return RecordsPane(context)


PANES: dict[Place, Callable[[AppContext], QWidget]] = {
    Place.PROJECT: _project_pane,
    Place.TRAINING: _training_pane,
    Place.INSPECTION: _inspection_pane,
    Place.RECORDS: _records_pane,
}
"""Each pane is imported and built when it is first gone to, so that the window is there at once."""


class MainWindow(QMainWindow):
    """Panes own themselves; they meet only in the context."""

    def __init__(self, context: AppContext, theme: Theme) -> None:
        super().__init__()
        self.context = context
        self._theme = theme
        self._panes: dict[Place, QWidget] = {}
        self._place = Place.START
        self.recent = RecentProjects(context.settings, self)
        self.project_actions = ProjectActions(context, self.recent, self)
        self.demo = DemoStarter(context, self)
        self.rail = NavigationRail(self)
        self.start_page = StartPage(self.recent, self.demo.menu, self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.start_page)
        self._status = ProjectStatus(context, self)
        self.setWindowIcon(icon("inspector", size=64))
        self.setMinimumSize(960, 640)
        self.resize(1280, 800)
        self._lay_out()
        self._make_menus()
        self._connect()
        self._project_changed()
        self.recent.check()

    def _lay_out(self) -> None:
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stack, 1)
        column.addWidget(ProgressStrip(self.project_actions.runner, self))
        column.addWidget(ProgressStrip(self.demo.runner, self))
        central = QWidget(self)
        row = QHBoxLayout(central)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.rail)
        row.addWidget(content, 1)
        self.setCentralWidget(central)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addPermanentWidget(self._status)

    def _make_menus(self) -> None:
        project = self.menuBar().addMenu(self.tr("Project"))
        self.project_actions.fill(project)
        project.addSeparator()
        project.addAction(self._make_action(self.tr("Quit"), self.close, QKeySequence.StandardKey.Quit))
        view = self.menuBar().addMenu(self.tr("View"))
        self._make_theme_choices(view.addMenu(self.tr("Theme")))
        self._full_screen = self._make_action(self.tr("Full screen"), self.toggle_full_screen, "F11")
        self._full_screen.setCheckable(True)
        view.addAction(self._full_screen)
        self.addAction(self._full_screen)  # its key works while the menu bar is hidden
        help_menu = self.menuBar().addMenu(self.tr("Help"))
        help_menu.addMenu(self.demo.menu)
        help_menu.addAction(self._make_action(self.tr("Open log folder"), self._open_logs))
        help_menu.addAction(self._make_action(self.tr("About Inspector"), self._show_about))

    def _make_theme_choices(self, menu: Any) -> None:
        group = QActionGroup(self)
        choices = {"system": self.tr("As the system"), "light": self.tr("Light"), "dark": self.tr("Dark")}
        for choice, text in choices.items():
            action = QAction(text, self)
            action.setCheckable(True)
            action.setChecked(choice == self._theme.choice)
            action.setData(choice)
            group.addAction(action)
            menu.addAction(action)
        group.triggered.connect(self._choose_theme)

    def _make_action(
        self, text: str, slot: Callable[[], Any], key: QKeySequence.StandardKey | str | None = None
    ) -> QAction:
        action = QAction(text, self)
        if key is not None:
            action.setShortcut(QKeySequence(key))
        action.triggered.connect(slot)
        return action

    def _connect(self) -> None:
        self.context.project_changed.connect(self._project_changed)
        self.context.failed.connect(self.show_failure)
        self.context.status.connect(self._show_status)
        self.rail.chosen.connect(self.go_to)
        self.start_page.new_wanted.connect(self.project_actions.ask_new)
        self.start_page.open_wanted.connect(self.project_actions.ask_open)
        self.start_page.recent_wanted.connect(self.project_actions.open_project)
        self.project_actions.opened.connect(self._project_opened)
        self.project_actions.renamed.connect(self._status.refresh)
        self.project_actions.renamed.connect(self._show_title)
        self.project_actions.runner.started.connect(self._show_busy)
        self.project_actions.runner.finished.connect(self._show_busy)
        self.demo.runner.started.connect(self._show_busy)
        self.demo.runner.finished.connect(self._show_busy)
        self.demo.prepared.connect(self.project_actions.open_project)
        self.demo.runner.failed.connect(self.context.failed)

    # going places

    @property
    def place(self) -> Place:
        """What is shown."""
        return self._place

    def pane(self, place: Place) -> QWidget:
        """The pane of a place, built at the first call."""
        if place not in self._panes:
            self._panes[place] = PANES[place](self.context)
            self._stack.addWidget(self._panes[place])
        return self._panes[place]

    @Slot(object)
    def go_to(self, place: Place) -> None:
        """Show a place; without a project that is the start page."""
        if self.context.project is None:
            place = Place.START
        self._place = place
        self._stack.setCurrentWidget(self.start_page if place is Place.START else self.pane(place))
        self.rail.show_place(place, enabled=self.context.project is not None)

    @Slot()
    def _project_changed(self) -> None:
        if self.context.project is None:
            self.go_to(Place.START)
        self._show_title()

    @Slot()
    def _project_opened(self) -> None:
        if self.demo.waiting:
            self.go_to(Place.INSPECTION)
            self.demo.inspect(cast("InspectionPane", self.pane(Place.INSPECTION)))
        else:
            self.go_to(Place.PROJECT)
        self._save_settings()

    @Slot()
    def _show_title(self) -> None:
        project = self.context.project
        self.setWindowTitle(self.tr("Inspector") if project is None else f"{project.name} · {self.tr('Inspector')}")

    @Slot()
    def _show_busy(self) -> None:
        self.start_page.set_busy(self.project_actions.runner.running or self.demo.runner.running)

    # messages

    @Slot(object)
    def show_failure(self, error: BaseException) -> None:
        """Tell the person what went wrong."""
        show_error(self, error)

    @Slot(str)
    def _show_status(self, text: str) -> None:
        self.statusBar().showMessage(text, MESSAGE_MS)

    # menus

    @Slot(QAction)
    def _choose_theme(self, action: QAction) -> None:
        self.context.settings.theme = action.data()
        self._theme.choose(action.data())
        self._save_settings()

    @Slot()
    def toggle_full_screen(self) -> None:
        """Fill the screen, and hide all but the pane; again, or Escape, brings everything back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.WindowStateChange:
            full = self.isFullScreen()
            self._full_screen.setChecked(full)
            for widget in (self.menuBar(), self.rail, self.statusBar()):
                widget.setVisible(not full)
        super().changeEvent(event)

    @Slot()
    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(paths.log_folder())))

    @Slot()
    def _show_about(self) -> None:
        text = self.tr(
            "Inspector {version}\n\nTeach a computer what a good part looks like, then have every part judged live."
            "\n\nApache License 2.0. Built with Qt (LGPL), PyTorch, OpenCV and ONNX Runtime."
        )
        MessageDialog(text.format(version=__version__), self, title=self.tr("About Inspector")).open()

    def _save_settings(self) -> None:
        try:
            self.context.settings.save()
        except OSError as error:
            self._show_status(self.tr("The settings could not be saved: {reason}").format(reason=error))

    # the end

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop everything that runs, then let go of the project."""
        self.context.blockSignals(True)
        for pane in self._panes.values():
            pane.shutdown()  # type: ignore[attr-defined]
        self._panes.clear()
        self.demo.shutdown()
        self.project_actions.shutdown()
        self._status.close_down()
        self.recent.close()
        self.context.set_project(None)
        self._save_settings()
        event.accept()
