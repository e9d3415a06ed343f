"""The demo in the window: prepares a simulated product's project in the background, then it can be opened."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from inspector.cameras.base import CameraSource
from inspector.tasks import CancelToken, Progress
from inspector.ui.context import AppContext
from inspector.ui.workers import TaskRunner

if TYPE_CHECKING:
    from inspector.jobs.demo import DemoJob, DemoProject
    from inspector.ui.panes.inspection import InspectionPane


class DemoStarter(QObject):
    """`prepared` names the folder of a project with a trained, active model; once it is open, `inspect` starts."""

    prepared = Signal(object)

    def __init__(self, context: AppContext, window: QWidget) -> None:
        super().__init__(window)
        self._context = context
        self._source: CameraSource | None = None
        self._pane: InspectionPane | None = None
        self.runner = TaskRunner(self)
        self.runner.result.connect(self._ready)
        self.menu = QMenu(self.tr("Try the demo"), window)
        self.menu.aboutToShow.connect(self._fill)

    def start(self, job: DemoJob) -> None:
        """Prepare the first product of a demo; what was prepared before is used again."""
        project = self._context.project
        folder = job.project_folder(job.products[0])
        if project is not None and project.folder == folder.absolute():
            self._announce(job.line(job.products[0]).address, folder)
        elif not self.runner.running:
            self.runner.start(_demo_task(job))

    @property
    def waiting(self) -> bool:
        """True from `prepared` until `inspect`."""
        return self._source is not None

    def inspect(self, pane: InspectionPane) -> None:
        """Inspect the product's simulated line as soon as the pane has read the model."""
        if self._source is not None:
            pane.controls.source.select(self._source)
            self._source = None
            self._pane = pane
            pane.model.changed.connect(self._model_read)
            self._model_read()

    @Slot()
    def _model_read(self) -> None:
        if self._pane is not None and self._pane.model.bundle is not None:
            self._pane.model.changed.disconnect(self._model_read)
            self._pane.start()
            self._pane = None

    def shutdown(self) -> None:
        """Stop preparing."""
        self.runner.stop()

    @Slot()
    def _fill(self) -> None:
        from inspector.imaging.simulation import products

        self.menu.clear()
        for product in products():
            action = self.menu.addAction(product.title)
            action.setData(product.id)
            action.triggered.connect(self._chosen)

    @Slot()
    def _chosen(self) -> None:
        from inspector.jobs.demo import DemoJob

        action = self.sender()
        if isinstance(action, QAction):
            self.start(DemoJob(products=(action.data(),)))

    @Slot(object)
    def _ready(self, project: DemoProject) -> None:
        self._announce(project.line.address, project.folder)

    def _announce(self, address: str, folder: object) -> None:
        self._source = CameraSource("simulated", address)
        self.prepared.emit(folder)


def _demo_task(job: DemoJob) -> Callable[[Progress, CancelToken], DemoProject]:
    def task(progress: Progress, cancel: CancelToken) -> DemoProject:
        from inspector.jobs.demo import prepare_demo

        return prepare_demo(job.model_copy(update={"products": job.products[:1]}), progress, cancel)[0]

    return task
