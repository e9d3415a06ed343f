"""Where the time between capture and screen goes, as a small table; shown when somebody asks."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from inspector.station.stages import DISPLAY, STAGES, Latency
from inspector.ui.texts import number
from inspector.ui.theme import set_role

TOTAL = "total"
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class TimingPanel(QFrame):
    """One line for each stage: half of the parts below, 95 % below, and the largest, in milliseconds."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "card")
        self.cells: dict[str, tuple[QLabel, QLabel, QLabel]] = {}
        self.head = QLabel(self)
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        set_role(self.summary, "muted")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(16)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        self._add_head()
        for stage in (*STAGES[:-1], TOTAL, DISPLAY):
            self._add_row(stage)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(6)
        layout.addLayout(self._grid, 1)
        layout.addWidget(self.summary)
        self.show_figures({}, None, None, 0)

    def _titles(self) -> dict[str, tuple[str, str]]:
        """The name of each line, and what it means."""
        return {
            "capture": (self.tr("Camera"), self.tr("Decode and fetch the picture; exposure and cable are not seen.")),
            "queue": (self.tr("Waiting"), self.tr("Until the model was free for the picture.")),
            "preprocess": (self.tr("Prepare"), self.tr("Cut out the region, bring it to the model's size.")),
            "infer": (self.tr("Model"), self.tr("The model itself.")),
            "postprocess": (self.tr("Heatmap"), self.tr("Bring the heatmap to the size of the picture.")),
            "judge": (self.tr("Judge and record"), self.tr("Compare with the thresholds, hand over for recording.")),
            TOTAL: (self.tr("Camera to verdict"), self.tr("All of the above together.")),
            DISPLAY: (self.tr("Verdict to screen"), self.tr("Until the verdict was drawn in this window.")),
        }

    def _add_head(self) -> None:
        texts = (self.tr("Median"), self.tr("95 %"), self.tr("Largest"))
        for column, label in enumerate((self.head, *(QLabel(text, self) for text in texts))):
            set_role(label, "muted")
            self._grid.addWidget(label, 0, column, _RIGHT if column else _LEFT)

    def _add_row(self, stage: str) -> None:
        row = self._grid.rowCount()
        text, meaning = self._titles()[stage]
        title = QLabel(text, self)
        cells = (QLabel(self), QLabel(self), QLabel(self))
        for column, label in enumerate((title, *cells)):
            label.setToolTip(meaning)
            if stage == TOTAL:
                set_role(label, "heading")
            self._grid.addWidget(label, row, column, _RIGHT if column else _LEFT)
        self.cells[stage] = cells

    def show_figures(
        self, stages: Mapping[str, Latency], total: Latency | None, rate: float | None, dropped: int
    ) -> None:
        """Bring the table up to date; `rate` in parts per second, `dropped` frames since the start."""
        self.head.setText(self.tr("Milliseconds (n = {n})").format(n=0 if total is None else total.n))
        for stage, cells in self.cells.items():
            figures = total if stage == TOTAL else stages.get(stage)
            values = (None,) * 3 if figures is None else (figures.median, figures.p95, figures.maximum)
            for cell, value in zip(cells, values, strict=True):
                cell.setText("–" if value is None else f"{value:.1f}")
        self.summary.setText(
            self.tr("{rate} parts/s, {dropped} pictures skipped since the start").format(
                rate="–" if rate is None else f"{rate:.1f}", dropped=number(dropped)
            )
        )
