"""From a frame or a fault to an `Inspection`, and from an old inspection to what other thresholds say of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from inspector.detectors.base import Prediction, Timing
from inspector.errors import InspectorError
from inspector.evaluation.judge import Thresholds, Verdict, judge_score
from inspector.imaging.frame import Crop, Frame
from inspector.station.inspection import Inspection
from inspector.station.stages import stage_times


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one part, before it has a number: a prediction of its crop, or the error that prevented it.
    `marks` as in `stages.stage_times`: empty for a frame that was never offered to the engine."""

    frame: Frame | None
    crop: Crop | None = None
    prediction: Prediction | None = None
    error: InspectorError | None = None
    trigger_id: str | None = None
    marks: tuple[float, ...] = ()


def judge(outcome: Outcome, number: int, thresholds: Thresholds, model_id: str, now: float) -> Inspection:
    """The inspection of an outcome at `now` (monotonic seconds); only a prediction without an error can be a PASS."""
    frame, error = outcome.frame, outcome.error
    judged = outcome.prediction if error is None else None
    inspection = Inspection(
        number=number,
        frame=frame,
        crop=outcome.crop,
        prediction=judged,
        thresholds=thresholds,
        verdict=Verdict.NOT_INSPECTED if judged is None else judge_score(judged.score, thresholds),
        model_id=model_id,
        latency_ms=0.0,
        fault=error.code if error is not None else None,
        error=error,
        trigger_id=outcome.trigger_id or (frame.trigger_id if frame is not None else None),
    )
    return timed(inspection, outcome.marks, now)


def timed(inspection: Inspection, marks: tuple[float, ...], now: float) -> Inspection:
    """The same inspection with its verdict given at `now` (monotonic seconds)."""
    if inspection.frame is None:
        return replace(inspection, judged_at=now)
    engine = inspection.prediction.timing if inspection.prediction is not None else Timing()
    stages = stage_times(inspection.frame.monotonic, marks, engine, now)
    return replace(inspection, latency_ms=stages.total, stages=stages, judged_at=now)


def rejudge(inspection: Inspection, thresholds: Thresholds) -> Inspection:
    """The same part under other thresholds, without inferring again; what was not inspected stays so."""
    if inspection.prediction is None or inspection.fault is not None:
        return replace(inspection, thresholds=thresholds)
    verdict = judge_score(inspection.prediction.score, thresholds)
    return replace(inspection, thresholds=thresholds, verdict=verdict)


def withhold(inspection: Inspection, error: InspectorError) -> Inspection:
    """The same part with its verdict taken back, because of something that happened after it was judged."""
    return replace(inspection, verdict=Verdict.NOT_INSPECTED, fault=error.code, error=error)
