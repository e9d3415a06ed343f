"""The end of the loop: outcomes are numbered, judged, recorded, counted and delivered, in one order for all."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from inspector.errors import InspectorError
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.station.clock import Clock
from inspector.station.counters import Counters
from inspector.station.delivery import Delivery, Listener, Recorder
from inspector.station.inspection import Inspection
from inspector.station.judging import Outcome, judge, timed, withhold
from inspector.station.stages import StageStatistics
from inspector.station.status import LoopStatus

logger = logging.getLogger(__name__)


class Publisher:
    """Called from the loop's threads; never waits for a listener. `model_id` is empty until the engine is loaded."""

    def __init__(
        self,
        thresholds: Thresholds,
        listeners: Sequence[Listener],
        recorder: Recorder | None,
        clock: Clock,
        queue: int,
    ) -> None:
        self.thresholds = thresholds
        self.model_id = ""
        self.counters = Counters()
        self.stages = StageStatistics()
        self._recorder = recorder
        self._clock = clock
        self._lock = threading.Lock()
        self._number = 0
        self._started = False
        self._deliveries = [Delivery(item, str(number), queue) for number, item in enumerate(listeners, 1)]

    def start(self) -> None:
        """Begin to deliver."""
        self._started = True
        for delivery in self._deliveries:
            delivery.start()

    def publish(self, outcome: Outcome) -> None:
        """Make an inspection of it and send it on."""
        with self._lock:
            self._number += 1
            now = self._clock.now()
            recorded = self._record(judge(outcome, self._number, self.thresholds, self.model_id, now))
            inspection = timed(recorded, outcome.marks, self._clock.now())
            self._count(inspection)
            for delivery in self._deliveries:
                delivery.inspection(inspection)

    def status(self, status: LoopStatus) -> None:
        """Send a change of status on."""
        for delivery in self._deliveries:
            delivery.status(status)

    def close(self, deadline: float) -> bool:
        """Deliver what waits, until `deadline` (`time.monotonic()`); False if a listener held its thread longer."""
        for delivery in self._deliveries:
            delivery.close()
        ended = [delivery.join(deadline) for delivery in self._deliveries] if self._started else []
        return all(ended)

    def _count(self, inspection: Inspection) -> None:
        self.counters.add(inspection, inspection.judged_at)
        if inspection.stages is not None and inspection.verdict is not Verdict.NOT_INSPECTED:
            self.stages.add(inspection.stages)

    def _record(self, inspection: Inspection) -> Inspection:
        """The inspection as it may be shown: without evidence there is no verdict."""
        if self._recorder is None:
            return inspection
        try:
            self._recorder.submit(inspection)
        except InspectorError as error:
            logger.error("inspection %d was not recorded: %s", inspection.number, error)
            return withhold(inspection, error)
        return inspection
