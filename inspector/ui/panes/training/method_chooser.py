"""The list of methods, by families; what cannot be used now is grey and says why."""

from __future__ import annotations

from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from inspector.detectors.base import Detector
from inspector.detectors.registry import DEFAULT_DETECTOR, detector_type, families
from inspector.errors import TrainingError
from inspector.ui.texts import error_sentence, translated

_SHOWN = 14


class MethodChooser(QComboBox):
    """Each entry's data is a method's id; the families' names between them cannot be chosen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marked_defects = 0
        self.setAccessibleName(self.tr("Method"))
        self.setMaxVisibleItems(_SHOWN)
        for title, ids in families():
            self._add_heading(translated(title))
            for name in ids:
                self.addItem(f"  {translated(detector_type(name).title)}", name)
        self.setCurrentIndex(self.findData(DEFAULT_DETECTOR))
        self._offer()

    @property
    def detector(self) -> type[Detector]:
        """The chosen method."""
        return detector_type(self.currentData())

    @property
    def obstacle(self) -> str:
        """Why the chosen method cannot be used, "" where it can."""
        return needs_defects_sentence(self.detector) if self._lacks_defects(self.detector) else ""

    def set_marked_defects(self, count: int) -> None:
        """How many defects there are to learn from."""
        self._marked_defects = count
        self._offer()

    def _add_heading(self, title: str) -> None:
        self.addItem(title)
        heading = self._item(self.count() - 1)
        heading.setEnabled(False)
        font = heading.font()
        font.setBold(True)
        heading.setFont(font)

    def _offer(self) -> None:
        """Grey out what cannot be used, and say why."""
        for row in range(self.count()):
            name = self.itemData(row)
            if name is None:
                continue
            kind = detector_type(name)
            lacking = self._lacks_defects(kind)
            self._item(row).setEnabled(not lacking)
            self._item(row).setToolTip(needs_defects_sentence(kind) if lacking else translated(kind.summary))

    def _item(self, row: int) -> QStandardItem:
        model = self.model()
        assert isinstance(model, QStandardItemModel)
        return model.item(row)

    def _lacks_defects(self, kind: type[Detector]) -> bool:
        return kind.needs_defects and not self._marked_defects


def needs_defects_sentence(kind: type[Detector]) -> str:
    """Why a method cannot be used where no defect is marked for training."""
    return error_sentence(TrainingError("training_needs_defects", method=translated(kind.title)))
