"""The trained models of a project as a list: name, method, date, how well, and which one inspects."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractListModel, QDateTime, QLocale, QModelIndex, QPersistentModelIndex, Qt, Signal

from inspector.data.models import ModelRow
from inspector.detectors.registry import detector_ids, detector_type

Index = QModelIndex | QPersistentModelIndex

DETAILS_ROLE = Qt.ItemDataRole.UserRole + 1
ACTIVE_ROLE = Qt.ItemDataRole.UserRole + 2


class ModelList(QAbstractListModel):
    """Shows rows it is given. Editing a name asks for it: `rename_wanted(id, name)`."""

    rename_wanted = Signal(int, str)

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._models: list[ModelRow] = []

    def set_models(self, models: list[ModelRow]) -> None:
        """Show these models. Rows stay where they are if only their content differs."""
        if [model.id for model in models] == [model.id for model in self._models]:
            before, self._models = self._models, models
            for row, model in enumerate(models):
                if model != before[row]:  # telling more would overwrite a name that is being typed
                    self.dataChanged.emit(self.index(row), self.index(row))
            return
        self.beginResetModel()
        self._models = models
        self.endResetModel()

    def model(self, row: int) -> ModelRow:
        """The model in a row."""
        return self._models[row]

    def row_of(self, model_id: int) -> int | None:
        """The row of a model, None if it is not there."""
        return next((row for row, model in enumerate(self._models) if model.id == model_id), None)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._models)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsEditable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        model = self._models[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return model.name
        if role == DETAILS_ROLE:
            return self._details(model)
        if role == ACTIVE_ROLE:
            return model.active
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            active = self.tr("active") if model.active else self.tr("not active")
            return f"{model.name}, {active}\n{self._details(model)}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        name = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not index.isValid() or not name:
            return False
        model = self._models[index.row()]
        if name != model.name:
            self.rename_wanted.emit(model.id, name)
        return True

    def _details(self, model: ModelRow) -> str:
        title = detector_type(model.detector).title if model.detector in detector_ids() else model.detector
        date = QLocale().toString(_local(model), QLocale.FormatType.ShortFormat)
        return f"{title} · {date}\n{self._quality(model)}"

    def _quality(self, model: ModelRow) -> str:
        auroc = model.metrics.get("image_auroc")
        good, defect = model.metrics.get("n_good", 0), model.metrics.get("n_defect", 0)
        if auroc is None:
            return self.tr("AUROC not available: no defects")
        value = QLocale().toString(float(auroc), "f", 3)
        return self.tr("AUROC {value} (n = {good} good + {defect} defect)").format(
            value=value, good=good, defect=defect
        )


def _local(model: ModelRow) -> QDateTime:
    return QDateTime.fromSecsSinceEpoch(int(model.created_at.timestamp()))
