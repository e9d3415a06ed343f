"""What can be done with whole projects: new, open, rename, duplicate, close. The work runs in the background."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QFileDialog, QInputDialog, QMenu, QWidget

from inspector.tasks import CancelToken, Progress
from inspector.ui.context import AppContext
from inspector.ui.dialogs.new_project import NewProjectDialog
from inspector.ui.recent import RecentProjects
from inspector.ui.workers import TaskRunner

if TYPE_CHECKING:
    from inspector.data.project import Project


class ProjectActions(QObject):
    """Owns the actions of the project menu. `opened` comes after the context has switched to another project.

    Tasks put what they open into a list of unclaimed projects: one that is opened while the window closes is let go of.
    """

    opened = Signal()
    renamed = Signal()

    def __init__(self, context: AppContext, recent: RecentProjects, window: QWidget) -> None:
        super().__init__(window)
        self._context = context
        self._recent = recent
        self._window = window
        self._unclaimed: list[Project] = []
        self._next: Callable[[Progress, CancelToken], Any] | None = None
        self.runner = TaskRunner(self)
        self.runner.result.connect(self._finished)
        self.runner.failed.connect(context.failed)
        self.runner.started.connect(self._update)
        self.runner.finished.connect(self._go_on)
        self.runner.finished.connect(self._update)
        key = QKeySequence.StandardKey
        self.new = self._make(self.tr("New project…"), self.ask_new, key.New)
        self.open = self._make(self.tr("Open project…"), self.ask_open, key.Open)
        self.rename = self._make(self.tr("Rename project…"), self.ask_rename)
        self.duplicate = self._make(self.tr("Duplicate project…"), self.ask_duplicate)
        self.close = self._make(self.tr("Close project"), self.close_project, key.Close)
        context.project_changed.connect(self._update)
        self._update()

    def fill(self, menu: QMenu) -> None:
        """Put the actions into the project menu."""
        self.recent_menu = QMenu(self.tr("Recent projects"), menu)
        self._recent.changed.connect(self._fill_recent)
        menu.addActions([self.new, self.open])
        menu.addMenu(self.recent_menu)
        menu.addSeparator()
        menu.addActions([self.rename, self.duplicate, self.close])
        self._fill_recent()

    def shutdown(self) -> None:
        """Stop what is running; a copy that is not complete is removed."""
        self.runner.stop()
        for project in self._unclaimed:
            project.close()

    # what the person asks for

    @Slot()
    def ask_new(self) -> None:
        """Ask for name and place of a new project."""
        dialog = NewProjectDialog(self.tr("New project"), self.tr("Create"), parent=self._window)
        dialog.chosen.connect(self.create_project)
        dialog.open()

    @Slot()
    def ask_open(self) -> None:
        """Ask for a project's folder."""
        dialog = QFileDialog(self._window, self.tr("Open the folder of a project"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.open_project)
        dialog.open()

    @Slot()
    def ask_rename(self) -> None:
        """Ask for another name of the open project."""
        project = self._context.project
        if project is not None:
            dialog = QInputDialog(self._window)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.setWindowTitle(self.tr("Rename project"))
            dialog.setLabelText(self.tr("Name of the project (its folder keeps its name):"))
            dialog.setTextValue(project.name)
            dialog.textValueSelected.connect(self.rename_project)
            dialog.open()

    @Slot()
    def ask_duplicate(self) -> None:
        """Ask for name and place of a copy."""
        project = self._context.project
        if project is not None:
            name = self.tr("{name} copy").format(name=project.name)
            dialog = NewProjectDialog(self.tr("Duplicate project"), self.tr("Duplicate"), name, self._window)
            dialog.chosen.connect(self.duplicate_project)
            dialog.open()

    # doing it

    @Slot(str, object)
    def create_project(self, name: str, folder: Path) -> None:
        """Make a project and switch to it."""
        self._start(_create_task(name, folder, self._unclaimed))

    @Slot(str)
    def open_project(self, folder: str | Path) -> None:
        """Switch to the project in a folder."""
        project = self._context.project
        if project is not None and project.folder == Path(folder).absolute():
            self.opened.emit()
        else:
            self._start(_open_task(Path(folder), self._unclaimed))

    @Slot(str, object)
    def duplicate_project(self, name: str, folder: Path) -> None:
        """Copy the open project and switch to the copy."""
        if self._context.project is not None:
            self._start(_duplicate_task(self._context.project, name, folder, self._unclaimed))

    @Slot(str)
    def rename_project(self, name: str) -> None:
        """Give the open project another name."""
        project = self._context.project
        if project is not None:
            self._start(_rename_task(project, name))

    @Slot()
    def close_project(self) -> None:
        """Go back to the start page."""
        self._context.set_project(None)
        self._recent.check()

    def _start(self, task: Callable[[Progress, CancelToken], Any]) -> None:
        """Run a task, now or after the one that runs; of several that wait, the newest."""
        if self.runner.running:
            self._next = task
        else:
            self.runner.start(task)

    @Slot()
    def _go_on(self) -> None:
        task, self._next = self._next, None
        if task is not None:
            self.runner.start(task)

    @Slot(object)
    def _finished(self, project: Project) -> None:
        if project is self._context.project:
            self.renamed.emit()
            return
        self._unclaimed.remove(project)
        self._context.set_project(project)
        self._recent.remember(project.folder)
        self.opened.emit()

    @Slot()
    def _update(self) -> None:
        idle, has_project = not self.runner.running, self._context.project is not None
        for action in (self.new, self.open):
            action.setEnabled(idle)
        for action in (self.rename, self.duplicate, self.close):
            action.setEnabled(idle and has_project)

    @Slot()
    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        for item in self._recent.items():
            action = self.recent_menu.addAction(str(item.folder))
            action.setData(item.folder)
            action.setEnabled(item.reason is None)
            action.setToolTip(item.reason or "")
            action.triggered.connect(self._open_recent)
        self.recent_menu.setToolTipsVisible(True)
        self.recent_menu.setEnabled(not self.recent_menu.isEmpty())

    @Slot()
    def _open_recent(self) -> None:
        action = self.sender()
        if isinstance(action, QAction):
            self.open_project(action.data())

    def _make(self, text: str, slot: Callable[[], None], key: QKeySequence.StandardKey | None = None) -> QAction:
        action = QAction(text, self)
        if key is not None:
            action.setShortcut(key)
        action.triggered.connect(slot)
        return action


Task = Callable[[Progress, CancelToken], "Project"]


def _create_task(name: str, folder: Path, opened: list[Project]) -> Task:
    def task(progress: Progress, cancel: CancelToken) -> Project:
        from inspector.data.project import Project

        progress(0, 0, "opening")
        opened.append(Project.create(folder, name))
        return opened[-1]

    return task


def _open_task(folder: Path, opened: list[Project]) -> Task:
    def task(progress: Progress, cancel: CancelToken) -> Project:
        from inspector.data.project import Project

        progress(0, 0, "opening")
        opened.append(Project.open(folder))
        return opened[-1]

    return task


def _duplicate_task(project: Project, name: str, folder: Path, opened: list[Project]) -> Task:
    def task(progress: Progress, cancel: CancelToken) -> Project:
        from inspector.data.project import Project

        copy = project.duplicate(folder, name, progress, cancel)
        progress(0, 0, "opening")
        opened.append(Project.open(copy))
        return opened[-1]

    return task


def _rename_task(project: Project, name: str) -> Task:
    def task(progress: Progress, cancel: CancelToken) -> Project:
        project.rename(name)
        return project

    return task
