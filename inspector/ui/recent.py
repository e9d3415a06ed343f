"""The projects opened lately, and whether they can be reached now."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from inspector.data.layout import is_project
from inspector.settings import Settings
from inspector.ui.workers import JobQueue


@dataclass(frozen=True, slots=True)
class RecentProject:
    """`reason` says why it cannot be opened, None if it can or if nobody has looked yet."""

    folder: Path
    reason: str | None = None


class RecentProjects(QObject):
    """Looks at the folders in the background: one on a sleeping network drive takes seconds to answer."""

    changed = Signal()

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._reasons: dict[Path, str | None] = {}
        self._queue = JobQueue("recent", self)
        self._queue.done.connect(self._looked)

    def items(self) -> list[RecentProject]:
        """The newest first."""
        return [RecentProject(folder, self._reasons.get(folder)) for folder in self._settings.recent_projects]

    def check(self) -> None:
        """Look again; `changed` follows."""
        folders = tuple(self._settings.recent_projects)
        self._queue.submit("look", lambda: {folder: _state(folder) for folder in folders})

    def remember(self, folder: Path) -> None:
        """Put a project first."""
        self._settings.remember_project(folder)
        self.check()

    def close(self) -> None:
        """End the thread."""
        self._queue.clear()
        self._queue.close()

    @Slot(object, object)
    def _looked(self, _: Any, states: dict[Path, str]) -> None:
        texts = {
            "there": None,
            "gone": self.tr("The folder is not there: moved, deleted, or its drive is not connected."),
            "other": self.tr("There is no project in this folder any more."),
        }
        self._reasons = {folder: texts[state] for folder, state in states.items()}
        self.changed.emit()


def _state(folder: Path) -> str:
    try:
        if is_project(folder):
            return "there"
        return "other" if folder.is_dir() else "gone"
    except OSError:
        return "gone"
