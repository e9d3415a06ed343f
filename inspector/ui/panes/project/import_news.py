"""What is said about imports: a banner when one has ended, a table of what could not be used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from inspector.data.dataset import Label
from inspector.data.rows import ImportDuplicate, ImportProblem, ImportReport, SampleQuery
from inspector.data.samples import SampleStore
from inspector.ui.panes.project.editing import SampleEditor
from inspector.ui.texts import number
from inspector.ui.widgets.banner import Banner
from inspector.ui.workers import JobQueue

KEYS = ("problems", "unlabelled", "forget")
"""Of the jobs submitted here; their answers come as (store, answer)."""


class ImportNews(QObject):
    """Tells through the pane's banner, and reads through its queue."""

    forgotten = Signal()
    """The list of unusable files was emptied."""
    failed = Signal(object)

    def __init__(self, banner: Banner, queue: JobQueue, editor: SampleEditor) -> None:
        super().__init__(banner)
        self._banner = banner
        self._queue = queue
        self._editor = editor
        self._store: SampleStore | None = None
        self._report: ImportReport | None = None
        self._unlabelled: list[int] = []
        queue.done.connect(self._done)
        queue.failed.connect(self._refused)

    def set_store(self, store: SampleStore | None) -> None:
        """Another project: nothing was imported yet."""
        self._store = store
        self._report = None
        self._banner.hide()

    def tell(self, report: ImportReport) -> None:
        """Say what an import did, and offer to label what nobody has labelled."""
        self._report = report
        parts = [self.tr("Pictures added: {count}").format(count=number(len(report.added)))]
        if report.duplicates:
            parts.append(self.tr("there already: {count}").format(count=number(len(report.duplicates))))
        if report.problems:
            parts.append(self.tr("not usable: {count}").format(count=number(len(report.problems))))
        self._banner.say(", ".join(parts) + ".", error=bool(report.problems))
        if report.problems or report.duplicates:
            self._banner.offer(self.tr("Details…"), self._open_last)
        store = self._store
        if report.added and store is not None:
            self._queue.submit("unlabelled", lambda: (store, _unlabelled(store, report.added)))

    @Slot()
    def tell_cancelled(self) -> None:
        """Say that an import was cancelled."""
        self._banner.say(self.tr("The import was cancelled. What had been copied until then stays in the project."))

    @Slot()
    def show_problems(self) -> None:
        """Open the table of all files that could not be used so far."""
        store = self._store
        if store is not None:
            self._queue.submit("problems", lambda: (store, store.problems()))

    @Slot(object, object)
    def _done(self, key: Any, outcome: Any) -> None:
        if key not in KEYS or outcome[0] is not self._store:
            return
        if key == "problems":
            self._open(outcome[1], ())
        elif key == "forget":
            self.forgotten.emit()
        else:
            self._offer_to_label(outcome[1])

    @Slot(object, object)
    def _refused(self, key: Any, error: BaseException) -> None:
        if key in KEYS:
            self.failed.emit(error)

    def _offer_to_label(self, ids: list[int]) -> None:
        self._unlabelled = ids
        if ids:
            text = self.tr("Label the new ones as good ({count})").format(count=number(len(ids)))
            self._banner.offer(text, self._label_good)

    @Slot()
    def _label_good(self) -> None:
        self._editor.label(self._unlabelled, Label.GOOD)
        self._banner.hide()

    @Slot()
    def _open_last(self) -> None:
        if self._report is not None:
            self._open(self._report.problems, self._report.duplicates)

    def _open(self, problems: Sequence[ImportProblem], duplicates: Sequence[ImportDuplicate]) -> None:
        from inspector.ui.dialogs.import_report import ImportReportDialog

        dialog = ImportReportDialog(problems, duplicates, self._banner.window())
        dialog.forget_wanted.connect(self._forget)
        dialog.open()

    @Slot()
    def _forget(self) -> None:
        store = self._store
        if store is not None:
            self._queue.submit("forget", lambda: _forgotten(store))


def _unlabelled(store: SampleStore, ids: Sequence[int]) -> list[int]:
    """Those of `ids` that nobody has labelled; data sets in a known layout bring their labels."""
    return sorted(set(ids).intersection(store.ids(SampleQuery(label=Label.NONE))))


def _forgotten(store: SampleStore) -> tuple[SampleStore, None]:
    store.clear_problems()
    return store, None
