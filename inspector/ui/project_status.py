"""Which project is open and which model judges, at the right end of the status bar."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from inspector.ui.context import AppContext
from inspector.ui.workers import JobQueue


class ProjectStatus(QWidget):
    """Asks the project in the background, so that a slow drive never holds the window."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._queue = JobQueue("status", self)
        self._queue.done.connect(self._show)
        self._queue.failed.connect(self._fail)
        self.project_label = QLabel(self)
        self.model_label = QLabel(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.project_label)
        layout.addWidget(self.model_label)
        context.project_changed.connect(self._switch)
        context.models_changed.connect(self.refresh)

    @Slot()
    def refresh(self) -> None:
        """Read project and model again."""
        project = self._context.project
        if project is not None:
            self._queue.submit("status", lambda: (project, project.name, project.models.active()))

    def close_down(self) -> None:
        """End the thread."""
        self._queue.clear()
        self._queue.close()

    @Slot()
    def _switch(self) -> None:
        self._queue.clear()
        self._queue.wait()
        self.project_label.clear()
        self.model_label.clear()
        self.refresh()

    @Slot(object, object)
    def _show(self, _: Any, answer: Any) -> None:
        project, name, model = answer
        if project is self._context.project:
            self.project_label.setText(self.tr("Project: {name}").format(name=name))
            self.model_label.setText(
                self.tr("No model yet") if model is None else self.tr("Model: {name}").format(name=model.name)
            )

    @Slot(object, object)
    def _fail(self, _: Any, error: BaseException) -> None:
        self._context.failed.emit(error)
