"""Which samples the grid shows, and in which order: labels as buttons with their counts, search, split, sort."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLineEdit, QPushButton, QWidget

from inspector.data.dataset import Label, Split
from inspector.data.rows import SampleQuery, SampleSort
from inspector.ui.texts import label_word, number, split_word
from inspector.ui.theme import TOUCH
from inspector.ui.throttle import Throttle

TYPING_MS = 200
CHOICES: tuple[Label | None, ...] = (None, Label.GOOD, Label.DEFECT, Label.UNSURE, Label.NONE)


class FilterBar(QWidget):
    """Makes a `SampleQuery` of what was chosen."""

    query_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels = QButtonGroup(self)
        self._labels.setExclusive(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for place, label in enumerate(CHOICES):
            layout.addWidget(self._make_choice(place, label))
        self._problems = self._make_button(self.tr("Unreadable"))
        self._problems.setToolTip(self.tr("Only samples whose stored picture cannot be read"))
        self._problems.toggled.connect(self.query_changed)
        layout.addWidget(self._problems)
        layout.addStretch(1)
        self._typing = Throttle(TYPING_MS, self)
        self._typing.ready.connect(self._typed)
        self._search = QLineEdit(self)
        self._search.setPlaceholderText(self.tr("Search"))
        self._search.setToolTip(self.tr("In the name and the kind of defect"))
        self._search.setAccessibleName(self.tr("Search in the name and the kind of defect"))
        self._search.setClearButtonEnabled(True)
        self._search.setMinimumHeight(TOUCH - 10)
        self._search.setMinimumWidth(150)
        self._search.textChanged.connect(self._typing.submit)
        self._split = self._make_combo(self.tr("Training or test"), [(self.tr("Training + test"), None)])
        for split in Split:
            self._split.addItem(split_word(split), split)
        orders = [
            (self.tr("Oldest first"), (SampleSort.ADDED, False)),
            (self.tr("Newest first"), (SampleSort.ADDED, True)),
            (self.tr("By name"), (SampleSort.NAME, False)),
            (self.tr("By label"), (SampleSort.LABEL, False)),
        ]
        self._sort = self._make_combo(self.tr("Order"), orders)
        for widget in (self._search, self._split, self._sort):
            layout.addWidget(widget)
        self.set_counts(dict.fromkeys(Label, 0))

    def query(self) -> SampleQuery:
        """What is asked for now."""
        # Qt hands enumerations of text back as plain text.
        split = self._split.currentData()
        sort, descending = self._sort.currentData()
        return SampleQuery(
            label=CHOICES[self._labels.checkedId()],
            split=None if split is None else Split(split),
            text=self._search.text().strip(),
            problem=True if self._problems.isChecked() else None,
            sort=SampleSort(sort),
            descending=descending,
        )

    def set_counts(self, counts: dict[Label, int]) -> None:
        """Write the counts onto the buttons."""
        for place, label in enumerate(CHOICES):
            word = self.tr("All") if label is None else label_word(label)
            shown = sum(counts.values()) if label is None else counts[label]
            self._labels.button(place).setText(f"{word}  {number(shown)}")

    def choose_label(self, label: Label | None) -> None:
        """Show only samples with this label, or all."""
        self._labels.button(CHOICES.index(label)).click()

    def reset(self) -> None:
        """Show everything again, in the order of adding."""
        self.blockSignals(True)
        self._labels.button(0).setChecked(True)
        self._problems.setChecked(False)
        self._search.clear()
        self._typing.drop()
        self._split.setCurrentIndex(0)
        self._sort.setCurrentIndex(0)
        self.blockSignals(False)

    def close_down(self) -> None:
        """Stop waiting for typing to end."""
        self._typing.drop()

    def _make_choice(self, place: int, label: Label | None) -> QPushButton:
        button = self._make_button("")
        button.setChecked(label is None)
        self._labels.addButton(button, place)
        button.clicked.connect(self.query_changed)
        return button

    def _make_button(self, text: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setCheckable(True)
        button.setProperty("role", "chip")
        button.setMinimumHeight(TOUCH)
        return button

    def _make_combo(self, name: str, items: Sequence[tuple[str, object]]) -> QComboBox:
        combo = QComboBox(self)
        combo.setAccessibleName(name)
        combo.setMinimumHeight(TOUCH)
        for text, value in items:
            combo.addItem(text, value)
        combo.currentIndexChanged.connect(self.query_changed)
        return combo

    @Slot(object)
    def _typed(self, _: object) -> None:
        self.query_changed.emit()
