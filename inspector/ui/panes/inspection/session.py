"""One run of the inspection loop as the window sees it: prepared and ended in a worker, watched through a bridge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from inspector.cameras.base import Camera, CameraSource
from inspector.cameras.registry import open_camera
from inspector.evaluation.judge import Thresholds
from inspector.runtime.bundle import load_bundle
from inspector.runtime.engine import Engine
from inspector.runtime.engines import open_engine
from inspector.station.clock import Clock
from inspector.station.counters import Counts
from inspector.station.gate import Mode
from inspector.station.grabbing import GrabLimits
from inspector.station.loop import InspectionLoop, LoopSettings
from inspector.station.mailbox import Mailbox
from inspector.station.recording import RecordWriter
from inspector.station.records import RecordStore
from inspector.station.stages import Latency
from inspector.tasks import CancelToken, Progress
from inspector.ui.panes.inspection.bridge import LiveBridge
from inspector.ui.workers import TaskRunner

STREAM_FROZEN_AFTER = 50
"""A compressed stream may repeat a still scene to the byte until its next key frame; a sensor never does."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What to inspect, by which model, and where to keep the records. `read_timeout` in seconds."""

    source: CameraSource
    model: Path
    records: Path
    mode: Mode
    thresholds: Thresholds
    read_timeout: float


@dataclass(frozen=True, slots=True)
class Run:
    """What one run owns."""

    loop: InspectionLoop
    writer: RecordWriter
    store: RecordStore

    def close(self) -> None:
        """End the threads and write what waits; may take seconds."""
        self.loop.stop()
        self.writer.close()
        self.store.close()


def prepare(request: RunRequest, bridge: LiveBridge) -> Run:
    """Check the model and open the records; the loop opens source and engine when it is started.

    Raises `BundleError`, `StationError`.
    """
    bundle = load_bundle(request.model)
    store = RecordStore(request.records)
    writer = RecordWriter(store, str(request.source), bundle.manifest.name)

    def camera() -> Camera:
        return open_camera(request.source, read_timeout=request.read_timeout)

    def engine() -> Engine:
        return open_engine(bundle)

    frozen_after = STREAM_FROZEN_AFTER if request.source.kind == "url" else GrabLimits().frozen_after
    settings = LoopSettings(mode=request.mode, grab=GrabLimits(frozen_after=frozen_after))
    loop = InspectionLoop(
        camera,
        engine,
        bundle.manifest.region.build(),
        request.thresholds,
        listeners=[bridge],
        recorder=writer,
        viewer=bridge,
        settings=settings,
    )
    return Run(loop, writer, store)


class LiveSession(QObject):
    """Starts and stops without blocking the window; one run at a time."""

    status_changed = Signal(object)
    """A `LoopStatus`."""
    failed = Signal(object)
    """The run could not be prepared: an exception. `ended` follows."""
    ended = Signal()
    """Everything is closed; `start` may be called again."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bridge = LiveBridge(self)
        self.bridge.status_arrived.connect(self.status_changed)
        self._preparer = TaskRunner(self)
        self._preparer.failed.connect(self.failed)
        self._preparer.finished.connect(self._prepared)
        self._closer = TaskRunner(self)
        self._closer.failed.connect(self.failed)
        self._closer.finished.connect(self._closed)
        self._clock = Clock()
        # What a worker has opened is handed over here and not by a signal: none is lost when the window closes.
        self._opened: Mailbox[Run] = Mailbox()
        self._run: Run | None = None
        self._watched: InspectionLoop | None = None
        self._active = False
        self._stopping = False

    @property
    def active(self) -> bool:
        """True from `start` until `ended`."""
        return self._active

    @property
    def stopping(self) -> bool:
        """True from `stop` until `ended`."""
        return self._active and self._stopping

    def start(self, request: RunRequest) -> None:
        """Begin a run; ignored while one is active."""
        if self._active:
            return
        self._active, self._stopping = True, False

        def task(progress: Progress, cancel: CancelToken) -> None:
            self._opened.put(prepare(request, self.bridge))

        self._preparer.start(task)

    def stop(self) -> None:
        """End the run; `ended` follows."""
        if self._active and not self._stopping:
            self._stopping = True
            self._close_run()

    def trigger(self) -> None:
        """Ask for one inspection, in triggered mode."""
        if self._run is not None:
            self._run.loop.trigger()

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge by these from the next frame on."""
        if self._run is not None:
            self._run.loop.set_thresholds(thresholds)

    def shown(self, judged_at: float) -> None:
        """The verdict given at this moment (`Inspection.judged_at`) has just been drawn."""
        if self._watched is not None:
            self._watched.stages.add_display((self._clock.now() - judged_at) * 1000)

    def counts(self) -> Counts | None:
        """The counters of the run or, when it has ended, of the last one; None before the first."""
        return self._watched.counters.read() if self._watched is not None else None

    def stages(self) -> dict[str, Latency]:
        """The figures of each stage of that run."""
        return self._watched.stages.read() if self._watched is not None else {}

    @property
    def dropped(self) -> int:
        """Frames of that run that were replaced by a newer one before the engine was free."""
        return self._watched.dropped if self._watched is not None else 0

    def reset_counters(self) -> None:
        """Count from nothing."""
        if self._watched is not None:
            self._watched.counters.reset()
            self._watched.stages.reset()

    def shutdown(self) -> None:
        """End everything and wait for it, for closing the window."""
        self._preparer.stop()
        self._closer.stop()
        self.bridge.stop()
        run = self._run or self._opened.get(0)
        self._run, self._active = None, False
        if run is not None:
            run.close()

    @Slot()
    def _prepared(self) -> None:
        self._run = self._opened.get(0)
        if self._run is None:
            self._end()
        elif self._stopping:
            self._close_run()
        else:
            self._watched = self._run.loop
            self.bridge.start()
            self._run.loop.start()

    def _close_run(self) -> None:
        run = self._run
        if run is None:
            return  # still being prepared: closed as soon as it is

        def task(progress: Progress, cancel: CancelToken) -> None:
            run.close()

        self._closer.start(task)

    @Slot()
    def _closed(self) -> None:
        self.bridge.stop()
        self._run = None
        self._end()

    def _end(self) -> None:
        self._active = False
        self.ended.emit()
