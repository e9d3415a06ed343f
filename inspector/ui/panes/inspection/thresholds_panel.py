"""The thresholds over the histogram of calibration and live scores; moving them judges again without inferring."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from inspector.data.dataset import Label
from inspector.evaluation.judge import Thresholds
from inspector.ui.errors import ask
from inspector.ui.panes.inspection.model import ActiveModel
from inspector.ui.theme import TOUCH, set_role
from inspector.ui.widgets.score_histogram import ScoreHistogram


class ThresholdsPanel(QFrame):
    """Edits the thresholds of an `ActiveModel`. `thresholds_changed` carries `Thresholds` while they are moved."""

    thresholds_changed = Signal(object)

    def __init__(self, model: ActiveModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self._model = model
        self.thresholds: Thresholds | None = None
        self._known: tuple[str, Thresholds | None] | None = None
        self.histogram = ScoreHistogram(self)
        self.origin = QLabel(self)
        self.origin.setWordWrap(True)
        set_role(self.origin, "muted")
        self.save = self._button(self.tr("Save to model"), self._ask_save)
        self.discard = self._button(self.tr("Discard"), self._discard)
        self.discard.setToolTip(self.tr("Back to the thresholds that are stored in the model."))
        self.undo = self._button(self.tr("Undo saving"), self._undo)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.histogram.band)
        buttons.addStretch(1)
        for button in (self.save, self.discard, self.undo):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(4)
        layout.addWidget(self.histogram, 1)
        layout.addWidget(self.origin)
        layout.addLayout(buttons)
        self.histogram.thresholds_changed.connect(self._moved)
        self.histogram.thresholds_committed.connect(self._moved)
        model.changed.connect(self._show_model)
        self._show_model()

    @property
    def unsaved(self) -> bool:
        """True while the thresholds are not those in the model."""
        return self.thresholds is not None and self.thresholds != self._model.stored

    def _button(self, text: str, slot: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setMinimumHeight(TOUCH)
        button.clicked.connect(slot)
        return button

    @Slot()
    def _show_model(self) -> None:
        stored, bundle = self._model.stored, self._model.bundle
        known = None if bundle is None else (bundle.manifest.id, stored)
        if known == self._known:  # renamed, or news of another model: what was moved by hand stays
            self._show_state()
            return
        self._known = known
        self.histogram.set_scores(self._model.scores(Label.GOOD), self._model.scores(Label.DEFECT))
        self.histogram.setEnabled(stored is not None)
        self.thresholds = stored
        self._show_state()
        if stored is not None:
            self.histogram.set_thresholds(stored.review, stored.fail)
            self.thresholds_changed.emit(stored)

    @Slot(float, float)
    def _moved(self, review: float, fail: float) -> None:
        self._take(Thresholds(review, fail))

    def _take(self, thresholds: Thresholds) -> None:
        if thresholds != self.thresholds:
            self.thresholds = thresholds
            self._show_state()
            self.thresholds_changed.emit(thresholds)

    def _show_state(self) -> None:
        self.save.setEnabled(self.unsaved)
        self.discard.setEnabled(self.unsaved)
        self.undo.setVisible(self._model.can_undo)
        self.origin.setText(self._origin())

    def _origin(self) -> str:
        if self._model.bundle is None:
            return self.tr("No model is active. Train one, or choose one in Training.")
        if self.unsaved:
            return self.tr("Moved by hand, in force now, not yet stored in the model.")
        part = self._model.bundle.manifest.thresholds
        ways = {
            "good_quantile": self.tr("From the scores of {n_good} good samples."),
            "best_f1": self.tr("Best F1 on {n_good} good and {n_defect} defect samples."),
            "no_escape": self.tr("No escape among {n_defect} defect samples, {n_good} good ones beside them."),
            "manual": self.tr("Set by hand, {n_good} good and {n_defect} defect scores in view."),
        }
        return ways[part.method].format(n_good=part.n_good, n_defect=part.n_defect)

    @Slot()
    def _ask_save(self) -> None:
        text = self.tr(
            "Store these thresholds in the model? Every inspection with it begins with them from now on. "
            "The ones stored before can be brought back."
        )
        ask(self, text, self.tr("Save"), self.save_now)

    @Slot()
    def save_now(self) -> None:
        """Write the thresholds into the model."""
        if self.thresholds is not None:
            self._model.save(self.thresholds)

    @Slot()
    def _discard(self) -> None:
        stored = self._model.stored
        if stored is not None:
            self.histogram.set_thresholds(stored.review, stored.fail)
            self._take(stored)

    @Slot()
    def _undo(self) -> None:
        self._model.undo()
