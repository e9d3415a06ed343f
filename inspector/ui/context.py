"""What panes share, passed through their constructors: settings, the open project, and news about both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from inspector.settings import Settings

if TYPE_CHECKING:
    from inspector.data.project import Project


class AppContext(QObject):
    """Held by the main window. Panes read it and listen; only the window's project actions call `set_project`."""

    project_changed = Signal()
    """Another project (or none) is open."""
    samples_changed = Signal()
    """Samples were added, removed or labelled."""
    models_changed = Signal()
    """A model was added, removed, renamed or activated, or its thresholds were saved."""
    status = Signal(str)
    """A short sentence for the status bar."""
    failed = Signal(object)
    """An exception to show: an `InspectorError` as a sentence, anything else in the crash dialog."""

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.project: Project | None = None

    def set_project(self, project: Project | None) -> None:
        """Switch projects; the one before is closed after every pane has let go of it."""
        before = self.project
        self.project = project
        self.project_changed.emit()
        if before is not None:
            before.close()
