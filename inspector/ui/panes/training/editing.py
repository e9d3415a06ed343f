"""What can be changed about a trained model and its images: thresholds and labels, each undoable, saved in order."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoCommand, QUndoStack

from inspector.data.dataset import Label
from inspector.data.rows import LabelState
from inspector.data.samples import SampleStore
from inspector.runtime.bundle import save_thresholds
from inspector.runtime.manifest import ThresholdPart
from inspector.ui.models.score_table import ScoredImage
from inspector.ui.panes.training.model_result import ModelResult
from inspector.ui.workers import JobQueue


@dataclass(frozen=True)
class _Saving:
    """Thresholds on their way into a bundle; the key of the job."""

    model_id: int


@dataclass(frozen=True)
class _Labelling:
    """A label on its way into the project; the key of the job."""

    number: int


class ResultEditor(QObject):
    """Applies a change at once and saves it in the background.

    `thresholds_changed(ThresholdPart)` and `label_changed(sha256, Label)` say what to show; `thresholds_saved` and
    `labels_saved` that it is on the disk. `stale`: it is not; read again what is.
    """

    thresholds_changed = Signal(object)
    thresholds_saved = Signal()
    label_changed = Signal(str, object)
    labels_saved = Signal()
    stale = Signal()
    failed = Signal(object)

    def __init__(self, queue: JobQueue, parent: QObject | None = None) -> None:
        """`queue` has one thread, so that changes reach the disk in their order."""
        super().__init__(parent)
        self.undo_stack = QUndoStack(self)
        self._queue = queue
        self._queue.done.connect(self._done)
        self._queue.failed.connect(self._refused)
        self._result: ModelResult | None = None
        self._part: ThresholdPart | None = None
        self._count = 0

    @property
    def thresholds(self) -> ThresholdPart | None:
        """The thresholds in force, saved or about to be."""
        return self._part

    def set_result(self, result: ModelResult | None) -> None:
        """Work on another model; what was done to the one before can no longer be undone."""
        self._result = result
        self._part = None if result is None else result.bundle.manifest.thresholds
        self.undo_stack.clear()

    def set_thresholds(self, part: ThresholdPart) -> None:
        """Use other thresholds for the model at hand."""
        if self._part is not None and part != self._part:
            self.undo_stack.push(_ThresholdCommand(self, self._part, part))

    def set_label(self, store: SampleStore, image: ScoredImage, label: Label) -> None:
        """Correct what the project says of an image."""
        if image.sample_id is not None and label is not image.label_now:
            self.undo_stack.push(_LabelCommand(self, store, image, label))

    def apply_thresholds(self, part: ThresholdPart) -> None:
        """For the undo commands: show and save."""
        if self._result is None:
            return
        folder = self._result.row.folder
        self._part = part
        self.thresholds_changed.emit(part)

        def save() -> ThresholdPart:
            return save_thresholds(folder, part).thresholds

        self._queue.submit(_Saving(self._result.row.id), save)

    def apply_label(self, command: _LabelCommand, forward: bool) -> None:
        """For the undo commands: show and save."""
        self._count += 1
        image = command.image
        self._queue.submit(_Labelling(self._count), command.save if forward else command.take_back)
        self.label_changed.emit(image.sha256, command.label if forward else image.label_now)

    @Slot(object, object)
    def _done(self, key: object, outcome: object) -> None:
        if isinstance(key, _Labelling):
            self.labels_saved.emit()
        elif isinstance(key, _Saving):
            self.thresholds_saved.emit()

    @Slot(object, object)
    def _refused(self, key: object, error: BaseException) -> None:
        if not isinstance(key, _Saving | _Labelling):
            return
        self.undo_stack.clear()
        self.failed.emit(error)
        self.stale.emit()


class _ThresholdCommand(QUndoCommand):
    def __init__(self, editor: ResultEditor, before: ThresholdPart, after: ThresholdPart) -> None:
        super().__init__(editor.tr("thresholds"))
        self._editor = editor
        self._before = before
        self._after = after

    def redo(self) -> None:
        self._editor.apply_thresholds(self._after)

    def undo(self) -> None:
        self._editor.apply_thresholds(self._before)


class _LabelCommand(QUndoCommand):
    def __init__(self, editor: ResultEditor, store: SampleStore, image: ScoredImage, label: Label) -> None:
        super().__init__(editor.tr("label"))
        self._editor = editor
        self._store = store
        self._before: list[LabelState] = []
        self.image = image
        self.label = label

    def redo(self) -> None:
        self._editor.apply_label(self, forward=True)

    def undo(self) -> None:
        self._editor.apply_label(self, forward=False)

    def save(self) -> None:
        """In the queue's thread: label, and remember what was there."""
        if self.image.sample_id is not None:
            self._before = self._store.set_label([self.image.sample_id], self.label)

    def take_back(self) -> None:
        """In the queue's thread: what was there before."""
        self._store.restore(self._before)
