"""The inspection pane: choose a source, start, and see every part judged live."""

from __future__ import annotations

import math

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from inspector.data.layout import ProjectLayout
from inspector.errors import InspectorError
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.station.counters import Counts
from inspector.station.status import LoopStatus, State
from inspector.ui.context import AppContext
from inspector.ui.errors import ask
from inspector.ui.panes.inspection.control_bar import ControlBar
from inspector.ui.panes.inspection.counters_panel import CountersPanel
from inspector.ui.panes.inspection.display_bar import DisplayBar
from inspector.ui.panes.inspection.fault_banner import FaultBanner
from inspector.ui.panes.inspection.history import History
from inspector.ui.panes.inspection.live_camera import LiveCamera
from inspector.ui.panes.inspection.model import ActiveModel
from inspector.ui.panes.inspection.part_view import PartView
from inspector.ui.panes.inspection.parts import LivePart
from inspector.ui.panes.inspection.session import LiveSession, RunRequest
from inspector.ui.panes.inspection.thresholds_panel import ThresholdsPanel
from inspector.ui.panes.inspection.timing_panel import TimingPanel
from inspector.ui.panes.inspection.truth import TruthTally
from inspector.ui.throttle import Throttle
from inspector.ui.widgets.filmstrip import Filmstrip
from inspector.ui.widgets.source_selector import source_from
from inspector.ui.widgets.verdict_tile import VerdictTile

SIDE_WIDTH, NARROW_SIDE_WIDTH = 510, 360
"""With and without the thresholds, in device-independent pixels."""
_ALIVE = (State.STARTING, State.RUNNING, State.RECONNECTING)
_FIGURES_MS = 250
_HISTOGRAM_MS = 1000


class InspectionPane(QWidget):
    """Wires the session to what shows it. The tile tells the newest verdict, or that nothing is inspected while the
    source is lost; the picture may be an older part, or the camera's own, and then says so."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context
        self.model = ActiveModel(context, self)
        self.session = LiveSession(self)
        self.controls = ControlBar(source_from(context.settings.inspection_source), self)
        self.banner = FaultBanner(self)
        self.view = PartView(self)
        self.display = DisplayBar(context.settings, self)
        self.camera = LiveCamera(self.session.bridge, context.settings.show_camera, self)
        self.strip = Filmstrip(self)
        self.history = History(self.strip, self)
        self.tile = VerdictTile(self)
        self.counters = CountersPanel(self)
        self.thresholds = ThresholdsPanel(self.model, self)
        self.timing = TimingPanel(self)
        self.tally = TruthTally()
        self._undrawn: float | None = None
        """When the verdict was given that the tile has not drawn yet (monotonic seconds)."""
        self._running: str | None = None
        """Id of the model that inspects now."""
        self._state = State.STOPPED
        self._status_fault: InspectorError | None = None
        self._figures = Throttle(_FIGURES_MS, self)
        self._histogram = Throttle(_HISTOGRAM_MS, self)
        self._lay_out()
        self._connect()
        self._show_state()
        self.model.read()
        self.controls.source.refresh()

    def shutdown(self) -> None:
        """Stop inspecting and everything that runs; called before the window closes."""
        self._figures.drop()
        self._histogram.drop()
        self.session.shutdown()
        self.model.shutdown()
        self.controls.source.shutdown()
        self.banner.clear()

    def _lay_out(self) -> None:
        left = QVBoxLayout()
        left.setSpacing(8)
        left.addWidget(self.banner)
        left.addWidget(self.view, 1)
        left.addWidget(self.display)
        left.addWidget(self.strip)
        self._side = side = QWidget(self)
        right = QVBoxLayout(side)
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(8)
        right.addWidget(self.tile, 2)
        right.addWidget(self.counters)
        right.addWidget(self.timing, 3)
        right.addWidget(self.thresholds, 3)
        body = QHBoxLayout()
        body.setContentsMargins(12, 8, 12, 8)
        body.setSpacing(12)
        body.addLayout(left, 5)
        body.addWidget(side, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.controls)
        layout.addLayout(body, 1)
        self.timing.hide()
        self._show_thresholds(True)

    def _connect(self) -> None:
        self.context.project_changed.connect(self._leave_project)
        self.controls.start_wanted.connect(self.start)
        self.controls.stop_wanted.connect(self.stop)
        self.controls.trigger_wanted.connect(self.session.trigger)
        self.controls.thresholds_shown.connect(self._show_thresholds)
        self.controls.full_screen_wanted.connect(self._toggle_full_screen)
        self.controls.source.changed.connect(self._source_changed)
        self.session.status_changed.connect(self._show_status)
        self.session.failed.connect(self.context.failed)
        self.session.ended.connect(self._run_ended)
        self.session.bridge.parts_arrived.connect(self._show_parts)
        self.model.changed.connect(self._model_changed)
        self.model.saved.connect(self._thresholds_saved)
        self.thresholds.thresholds_changed.connect(self._judge_again)
        self.display.changed.connect(self._look_changed)
        self.display.camera_wanted.connect(self.camera.want)
        self.camera.changed.connect(self._camera_changed)
        self.history.held_changed.connect(self._show_part)
        self.view.back_wanted.connect(self.history.release)
        self.counters.reset_requested.connect(self._ask_reset)
        self.counters.timing_shown.connect(self._show_timing)
        self.tile.painted.connect(self._verdict_drawn)
        self._figures.ready.connect(self._show_figures)
        self._histogram.ready.connect(self._show_live_scores)

    # running

    @Slot()
    def start(self) -> None:
        """Begin to inspect with what is chosen."""
        project, source, thresholds = self.context.project, self.controls.source.source, self.thresholds.thresholds
        if project is None or source is None or self.model.bundle is None or thresholds is None:
            return
        self.context.settings.inspection_source = (source.kind, source.address)
        self.tally = TruthTally()
        self.counters.show_truth(self.tally)
        self.history.clear()
        self.camera.begin()
        self.tile.show_verdict(None)
        self._running = self.model.bundle.manifest.id
        self.session.start(
            RunRequest(
                source=source,
                model=self.model.bundle.folder,
                records=ProjectLayout(project.folder).records,
                mode=self.controls.mode,
                thresholds=thresholds,
                read_timeout=self.context.settings.camera_read_timeout_s,
            )
        )
        self._show_status(LoopStatus(State.STARTING))

    @Slot()
    def stop(self) -> None:
        """End inspecting."""
        self.banner.clear()
        self.session.stop()
        self._show_state()

    @Slot()
    def _run_ended(self) -> None:
        self.tile.show_verdict(None)
        self._running = None
        self.camera.end()
        self._figures.drop()
        self._show_figures()
        self._show_state()

    @Slot()
    def _leave_project(self) -> None:
        self._running = None
        self.camera.end()
        self.session.stop()
        self.banner.clear()
        self.history.clear()
        self._show_part()

    @Slot(object)
    def _show_status(self, status: LoopStatus) -> None:
        self._status_fault = status.fault
        self.camera.set_lost(status.fault is not None)
        if status.state is not State.STOPPED:
            self._state = status.state
        if status.fault is not None:
            self.banner.show_fault(status.fault, status.retry_at)
            self._show_tile()
        elif status.state in (State.STARTING, State.RUNNING):
            self.banner.clear()
        if status.state in (State.ENDED, State.FAILED):
            self.session.stop()
        self._show_state()

    def _show_state(self) -> None:
        active, stopping = self.session.active, self.session.stopping
        if not active and self._state not in (State.ENDED, State.FAILED):
            self._state = State.STOPPED
        ready = self.model.bundle is not None and self.controls.source.source is not None
        self.controls.show_state(active=active, stopping=stopping, ready=ready)
        self.controls.state.setText(self._state_text(stopping))
        self.tile.set_idle_text(self._state_text(stopping))
        self.view.set_placeholder(self._advice())

    def _state_text(self, stopping: bool) -> str:
        texts = {
            State.STOPPED: self.tr("Stopped"),
            State.STARTING: self.tr("Starting…"),
            State.RUNNING: self.tr("Running"),
            State.RECONNECTING: self.tr("Reconnecting…"),
            State.ENDED: self.tr("Source ended"),
            State.FAILED: self.tr("Failed"),
        }
        return self.tr("Stopping…") if stopping and self._state in _ALIVE else texts[self._state]

    def _advice(self) -> str:
        if self.model.bundle is None:
            return self.tr("No model is active yet. Label good samples, train in Training, then come back.")
        if self.controls.source.source is None:
            return self.tr("Choose a source above.")
        if self._state is State.RECONNECTING:
            return self.tr("No picture")
        if self.camera.shown:
            return self.tr("Waiting for the next picture…")
        if self.session.active:
            return self.tr("Waiting for the first picture…")
        return self.tr("Press Start to inspect with the model {name}.").format(name=self.model.title)

    # parts

    @Slot(list)
    def _show_parts(self, parts: list[LivePart]) -> None:
        if self._running is None:
            return  # the last ones of a project that was left
        self.history.add(parts)
        for part in parts:
            self.tally.add(part)
        self._show_tile()
        self._await_drawing(parts[-1])
        self._show_part_fault(parts[-1].inspection.error)
        if self.history.held is None and not self.camera.shown:
            self._show_part()
        self._figures.submit(None)
        self._histogram.submit(None)

    def _show_tile(self) -> None:
        part = self.history.newest
        if self._running is None:
            return
        if self._status_fault is not None:  # a part that was judged late must not look like the state of the line
            self.tile.show_verdict(Verdict.NOT_INSPECTED, self._state_text(stopping=False))
            return
        if part is None:
            return
        words = [self.tr("Part {number}").format(number=part.number)]
        if part.score is not None:
            words.append(self.tr("score {score}").format(score=f"{part.score:.4g}"))
        if part.truth is not None:
            words.append(self.tr("truth: {kind}").format(kind=part.truth.kind or self.tr("good")))
        self.tile.show_verdict(part.verdict, " · ".join(words))

    def _await_drawing(self, part: LivePart) -> None:
        """Time how long the screen needs, for a verdict that is about to be drawn there."""
        seen = self.tile.isVisible() and not self.window().isMinimized()
        told = self._status_fault is None and part.verdict is not Verdict.NOT_INSPECTED
        self._undrawn = part.inspection.judged_at if seen and told else None

    def _show_part_fault(self, error: InspectorError | None) -> None:
        """Faults of single parts; one of the source stays until the source answers."""
        if self._status_fault is not None or self._state not in _ALIVE:
            return
        if error is not None:
            self.banner.show_fault(error)
        else:
            self.banner.clear()

    @Slot()
    def _show_part(self) -> None:
        if not self.isVisible():
            return
        thresholds = self.thresholds.thresholds
        fail = thresholds.fail if thresholds is not None else math.inf
        held = self.history.held
        if held is None and self.camera.shown:
            self.view.show_camera(self.camera.picture)
        else:
            self.view.show_part(self.history.shown, self.display.look, fail, held=held is not None)
        self.thresholds.histogram.set_mark(held.score if held is not None else None)

    @Slot()
    def _camera_changed(self) -> None:
        if self.history.held is not None:
            return
        if self.camera.picture is None:
            self.view.set_placeholder(self._advice())
            self._show_part()
        elif self.isVisible():
            self.view.show_camera(self.camera.picture)

    @Slot(object)
    def _show_figures(self, _: object = None) -> None:
        counts = self.session.counts()
        if counts is not None:
            self.counters.show_counts(counts)
            self._show_stages(counts)
        self.counters.show_truth(self.tally)

    def _show_stages(self, counts: Counts) -> None:
        if self.timing.isVisible():
            self.timing.show_figures(self.session.stages(), counts.latency, counts.rate, self.session.dropped)

    @Slot()
    def _verdict_drawn(self) -> None:
        if self._undrawn is not None:
            self.session.shown(self._undrawn)
            self._undrawn = None
            self._figures.submit(None)

    @Slot(object)
    def _show_live_scores(self, _: object) -> None:
        if self.thresholds.isVisible():
            self.thresholds.histogram.set_live(self.session.bridge.scores())

    # what the person changes

    @Slot(object)
    def _judge_again(self, thresholds: Thresholds) -> None:
        if self.model.bundle is not None and self._running == self.model.bundle.manifest.id:
            self.session.set_thresholds(thresholds)
        self.history.judge(thresholds)
        self._show_tile()
        self._show_part()

    @Slot()
    def _look_changed(self) -> None:
        self.session.bridge.set_look(self.display.look)
        self._show_part()

    @Slot()
    def _model_changed(self) -> None:
        bundle = self.model.bundle
        if bundle is not None:
            self.display.set_range(*bundle.display_range)
            self.display.set_has_map(bundle.manifest.has_map)
        if self._running is not None and (bundle is None or bundle.manifest.id != self._running):
            self.context.status.emit(self.tr("Inspection was stopped because another model is active now."))
            self.stop()
        self._show_state()

    @Slot()
    def _source_changed(self) -> None:
        self._show_state()

    @Slot()
    def _thresholds_saved(self) -> None:
        self.context.status.emit(self.tr("The thresholds are stored in the model."))

    @Slot()
    def _ask_reset(self) -> None:
        ask(self, self.tr("Set all counters to zero?"), self.tr("Reset"), self.reset_counters)

    @Slot()
    def reset_counters(self) -> None:
        """Count from nothing."""
        self.session.reset_counters()
        self.tally = TruthTally()
        self._show_figures()

    @Slot(bool)
    def _show_thresholds(self, shown: bool) -> None:
        self.thresholds.setVisible(shown)
        self._make_room(self.counters.timing, shown)

    @Slot(bool)
    def _show_timing(self, shown: bool) -> None:
        self.timing.setVisible(shown)
        self._make_room(self.controls.thresholds, shown)
        self._show_figures()

    def _make_room(self, other: QPushButton, shown: bool) -> None:
        """There is room for one of thresholds and timing: showing one puts the other away."""
        if shown:
            other.setChecked(False)
        wide = self.controls.thresholds.isChecked() or self.counters.timing.isChecked()
        self._side.setMinimumWidth(SIDE_WIDTH if wide else NARROW_SIDE_WIDTH)

    @Slot()
    def _toggle_full_screen(self) -> None:
        window = self.window()
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.controls.press_space()
        elif event.key() == Qt.Key.Key_Escape and self.history.held is not None:
            self.history.release()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._show_part()
        self.controls.start.setFocus()
