"""Which layers of a backbone are used: the method's own choice, or some picked by hand."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from inspector.features.registry import BackboneInfo

_ROWS_SHOWN = 4
_ROW_HEIGHT = 36


class LayerChooser(QWidget):
    """`layers` is empty while the method chooses."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.by_method = QCheckBox(self.tr("The method chooses the layers"), self)
        self.by_method.setChecked(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName(self.tr("Layers, fine to coarse"))
        self.list.setFixedHeight(_ROWS_SHOWN * _ROW_HEIGHT)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.by_method)
        layout.addWidget(self.list)
        self.by_method.toggled.connect(self._switch)
        self.list.itemChanged.connect(self.changed)
        self.list.hide()

    def set_backbone(self, info: BackboneInfo) -> None:
        """Offer the layers of a backbone, its default ones ticked."""
        self.list.clear()
        for name in info.layers:
            item = QListWidgetItem(name)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsUserCheckable)
            ticked = name in info.default_layers
            item.setCheckState(Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)
            self.list.addItem(item)
        self.changed.emit()

    @property
    def layers(self) -> tuple[str, ...]:
        """What was picked, fine to coarse."""
        if self.by_method.isChecked():
            return ()
        items = [self.list.item(row) for row in range(self.list.count())]
        return tuple(item.text() for item in items if item.checkState() == Qt.CheckState.Checked)

    @property
    def complete(self) -> bool:
        """Whether there is something to use."""
        return self.by_method.isChecked() or bool(self.layers)

    @Slot(bool)
    def _switch(self, by_method: bool) -> None:
        self.list.setVisible(not by_method)
        self.changed.emit()
