"""The inspection loop: a grab thread fills a one-slot mailbox, an inference thread judges what it finds there.

    camera ─▶ grab thread ─▶ mailbox ─▶ inference thread ─▶ recorder
                          │                               └▶ delivery queue and thread of each listener
                          └▶ slot and thread of the viewer (live sources: every frame, judged or not)

A live source that is faster than the engine loses frames, never freshness: the newest one wins. A source that waits (a
folder, a file) loses none. Whatever cannot be judged is NOT_INSPECTED, with the fault that says why; a lost source is
reported once and opened again until it answers.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from inspector.cameras.base import Camera
from inspector.errors import InspectorError, StationError
from inspector.evaluation.judge import Thresholds
from inspector.imaging.frame import Crop, Frame, Image
from inspector.runtime.engine import Engine
from inspector.station.clock import Clock
from inspector.station.counters import Counters
from inspector.station.delivery import Listener, Recorder
from inspector.station.gate import Gate, Mode, Trigger
from inspector.station.grabbing import Grabber, GrabLimits
from inspector.station.judging import Outcome, rejudge
from inspector.station.mailbox import Mailbox
from inspector.station.publishing import Publisher
from inspector.station.stages import StageStatistics
from inspector.station.status import LoopStatus, State, StatusBoard
from inspector.station.viewing import Viewer, Viewing

logger = logging.getLogger(__name__)


class Cropper(Protocol):
    """Cuts the judged region out of a frame: `imaging.regions.Region`."""

    def crop(self, pixels: Image) -> Crop:
        """Raises `InspectorError` when the frame does not hold the region."""


@dataclass(frozen=True, slots=True)
class LoopSettings:
    """Times in seconds. A frame of a live source older than `max_age` when the engine gets to it is not judged; one
    that delivers nothing for `stall_after` is stalled; a trigger waits `trigger_timeout` for its frame. `tick` is how
    often the last two are looked at, `stop_timeout` how long `stop` waits for all threads, `queue` how many inspections
    may wait for a listener."""

    mode: Mode = Mode.FREE_RUN
    max_age: float = 1.0
    stall_after: float = 6.0
    trigger_timeout: float = 3.0
    tick: float = 0.1
    stop_timeout: float = 5.0
    queue: int = 4
    grab: GrabLimits = field(default_factory=GrabLimits)


@dataclass(frozen=True, slots=True)
class _Offered:
    """A frame for the engine, and when (monotonic seconds) the grab thread had it ready."""

    frame: Frame
    live: bool
    at: float


class InspectionLoop:
    """Used once: `start`, then `stop`. All methods may be called from any thread, and none but `stop` blocks.

    `open_camera` makes an unopened camera, `open_engine` loads the model; both are called in the loop's own threads.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        open_engine: Callable[[], Engine],
        region: Cropper,
        thresholds: Thresholds,
        *,
        listeners: Sequence[Listener] = (),
        recorder: Recorder | None = None,
        viewer: Viewer | None = None,
        settings: LoopSettings | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._open_engine = open_engine
        self._region = region
        self._settings = settings or LoopSettings()
        self._clock = clock or Clock()
        self._publisher = Publisher(thresholds, listeners, recorder, self._clock, self._settings.queue)
        self._publish = self._publisher.publish
        self._viewing = Viewing(viewer) if viewer is not None else None
        self._stop = threading.Event()
        self._mailbox: Mailbox[_Offered] = Mailbox()
        self._gate = Gate(self._settings.mode)
        self._live_since: float | None = None
        self._in_fault = False
        self._board = StatusBoard(self._publisher.status)
        self._grabber = Grabber(open_camera, self, self._stop, self._clock, self._settings.grab)
        self._threads = [self._thread("grab", self._grab), self._thread("inference", self._infer)]

    # --- for those who run it

    @property
    def status(self) -> LoopStatus:
        """State, fault and time of the next attempt."""
        return self._board.status

    @property
    def thresholds(self) -> Thresholds:
        """Those in force for the next frame."""
        return self._publisher.thresholds

    @property
    def counters(self) -> Counters:
        """How many parts had which verdict, and how fast it goes."""
        return self._publisher.counters

    @property
    def stages(self) -> StageStatistics:
        """Where the time of the inspected parts went."""
        return self._publisher.stages

    @property
    def paused(self) -> bool:
        """True between `pause` and `resume`."""
        return self._gate.paused

    @property
    def dropped(self) -> int:
        """Frames of a live source that were replaced by a newer one before the engine was free."""
        return self._mailbox.dropped

    def start(self) -> None:
        """Begin; returns at once. Raises `RuntimeError` if it was started before."""
        if self._threads[0].ident is not None:
            raise RuntimeError("an inspection loop is started once")
        self._board.starting()
        self._publisher.start()
        if self._viewing is not None:
            self._viewing.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """End all threads and wait for them, at most `stop_timeout` seconds altogether (real time).

        False if a camera, an engine or a listener held its thread longer than that; the thread is then left behind.
        """
        self._stop.set()
        self._mailbox.clear()
        self._mailbox.close()
        self._grabber.interrupt()
        deadline = time.monotonic() + self._settings.stop_timeout
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(deadline - time.monotonic(), 0.0))
        self._board.stopped()
        delivered = self._publisher.close(deadline)
        shown = self._viewing is None or self._viewing.end(deadline)
        left = [thread.name for thread in self._threads if thread.is_alive()]
        if left:
            logger.error("did not end in time: %s", ", ".join(left))
        return delivered and shown and not left

    def pause(self) -> None:
        """Judge nothing; the source stays open."""
        self._gate.pause()

    def resume(self) -> None:
        """Judge again, beginning with a frame captured from now on."""
        self._gate.resume()

    def set_thresholds(self, thresholds: Thresholds) -> None:
        """Judge by these from the next frame on."""
        self._publisher.thresholds = thresholds

    rejudge = staticmethod(rejudge)

    def trigger(self) -> str:
        """Ask for one inspection of the first frame captured from now on; the id is found in the inspection.

        Every trigger has exactly one inspection. It is NOT_INSPECTED when the loop is not running, when the trigger
        before is not done, or when no frame comes in time. Raises `RuntimeError` in free run.
        """
        if self._gate.mode is not Mode.TRIGGERED:
            raise RuntimeError("the loop runs free")
        trigger = self._gate.new_trigger(self._clock.now())
        status = self.status
        if status.state is not State.RUNNING or self.paused:
            self._refuse_trigger(trigger, status.fault or StationError("trigger_not_ready"))
        elif not self._gate.arm(trigger):
            self._refuse_trigger(trigger, StationError("trigger_overrun"))
        elif self.status.state is not State.RUNNING:
            # The source was lost between the first look and arming: whoever withdraws the trigger answers it.
            self._withdraw_trigger(self.status.fault or StationError("trigger_not_ready"))
        return trigger.id

    # --- the grab thread

    def _grab(self) -> None:
        try:
            self._grabber.run()
        except InspectorError as error:
            self._fail(error)
        else:
            self._mailbox.close()

    def source_open(self, live: bool) -> None:
        """The source answers: watch it if it is live. What it is worth shows with the first frame."""
        self._live_since = self._clock.now() if live else None
        if not live or not self._in_fault:
            self._recover()

    def wait_until_wanted(self, timeout: float) -> bool:
        """Whether a source that waits is to be read now."""
        return self._gate.wait_until_wanted(timeout)

    def frame_read(self, frame: Frame, live: bool) -> None:
        """A usable frame: show it if it is live, and leave it for the engine if it is to be judged."""
        if live:
            self._live_since = self._clock.now()
        self._recover()
        if live and self._viewing is not None:
            self._viewing.offer(frame)
        admitted = self._gate.admit(frame)
        if admitted is None or self._stop.is_set():
            return
        offered = _Offered(admitted, live, self._clock.now())
        if live:
            self._mailbox.put(offered)
        else:
            self._mailbox.put_when_empty(offered)

    def frame_refused(self, frame: Frame | None, fault: InspectorError) -> None:
        """A damaged picture: the part it showed was not inspected."""
        trigger = self._gate.withdraw()
        if not self.paused and (trigger is not None or self._gate.mode is Mode.FREE_RUN):
            self._publish(Outcome(frame, error=fault, trigger_id=trigger.id if trigger else None))

    def source_lost(self, frame: Frame | None, fault: InspectorError, retry_at: float) -> None:
        """Report the fault once, however many attempts follow."""
        self._live_since = None
        self._lose(frame, fault, retry_at)

    def _lose(self, frame: Frame | None, fault: InspectorError, retry_at: float | None) -> None:
        first, self._in_fault = not self._in_fault, True
        self._board.source_lost(fault, retry_at)
        trigger = self._gate.withdraw()
        if first or trigger is not None:
            self._publish(Outcome(frame, error=fault, trigger_id=trigger.id if trigger else None))

    def _recover(self) -> None:
        self._in_fault = False
        self._board.source_open()

    # --- the inference thread

    def _infer(self) -> None:
        try:
            engine = self._open_engine()
        except InspectorError as error:
            self._fail(error)
            return
        try:
            self._publisher.model_id = engine.manifest.id
            self._board.engine_ready()
            closed = False
            while self._judge_next(engine) or not closed:
                closed = self._mailbox.closed  # looked at before the mailbox, so that a last frame is not missed
        finally:
            engine.close()
        if not self._stop.is_set():
            self._board.ended()
            self._withdraw_trigger(StationError("trigger_not_ready"))

    def _judge_next(self, engine: Engine) -> bool:
        """Judge what is in the mailbox; False if nothing came within a tick."""
        item = self._mailbox.get(self._settings.tick)
        if item is None:
            self._watch()
            return False
        self._gate.taken()
        outcome = self._inspect(engine, item)
        if not self._stop.is_set():
            self._publish(outcome)
        return True

    def _inspect(self, engine: Engine, offered: _Offered) -> Outcome:
        frame, taken = offered.frame, self._clock.now()
        outcome, age = Outcome(frame, marks=(offered.at, taken)), taken - frame.monotonic
        if offered.live and age > self._settings.max_age:
            return replace(outcome, error=StationError("frame_stale", source=frame.source, age=round(age, 1)))
        try:
            crop = self._region.crop(frame.pixels)
            outcome = replace(outcome, crop=crop, marks=(*outcome.marks, self._clock.now()))
            prediction = engine.infer(crop.pixels)
            return replace(outcome, prediction=prediction, marks=(*outcome.marks, self._clock.now()))
        except InspectorError as error:
            return replace(outcome, error=error)
        except Exception as error:  # whatever an engine raises, this part was not inspected
            logger.exception("the engine failed")
            return replace(outcome, error=StationError("engine_failed", reason=str(error) or type(error).__name__))

    def _watch(self) -> None:
        """What only the passing of time shows: a source that has fallen silent, a trigger without a frame."""
        now, since = self._clock.now(), self._live_since
        if since is not None and now - since > self._settings.stall_after:
            self._live_since = None
            self._lose(None, StationError("camera_stalled", seconds=round(now - since, 1)), None)
        expired = self._gate.expired(now - self._settings.trigger_timeout)
        if expired is not None:
            self._refuse_trigger(expired, StationError("trigger_timeout", seconds=self._settings.trigger_timeout))

    # --- both

    def _refuse_trigger(self, trigger: Trigger, fault: InspectorError) -> None:
        self._publish(Outcome(None, error=fault, trigger_id=trigger.id))

    def _withdraw_trigger(self, fault: InspectorError) -> None:
        trigger = self._gate.withdraw()
        if trigger is not None:
            self._refuse_trigger(trigger, fault)

    def _fail(self, fault: InspectorError) -> None:
        """Nothing more can be judged: end both threads, say why."""
        logger.error("the inspection loop ended: %s", fault)
        self._board.failed(fault)
        self._withdraw_trigger(fault)
        self._stop.set()
        self._mailbox.close()

    def _thread(self, name: str, work: Callable[[], None]) -> threading.Thread:
        return threading.Thread(target=self._guarded, args=(work,), name=f"inspector-{name}", daemon=True)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception as error:  # the last line of defence: no thread ends in silence
            logger.exception("a thread of the inspection loop crashed")
            self._fail(StationError("loop_crashed", reason=str(error) or type(error).__name__))
