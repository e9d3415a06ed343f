"""One judged frame and what is known of it: what recorder, outputs and the live pane receive."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.detectors.base import Prediction
from inspector.errors import InspectorError
from inspector.evaluation.judge import Thresholds, Verdict
from inspector.imaging.frame import Crop, Frame
from inspector.station.stages import StageTimes


@dataclass(frozen=True, slots=True)
class Inspection:
    """Frame, prediction, the thresholds in force and the verdict.

    `crop` and `prediction` are None when nothing could be judged; `fault` is then the error code that says why, `error`
    the error itself (for its sentence) and the verdict is NOT_INSPECTED. `trigger_id` names the trigger that asked for
    this inspection, if one did. `latency_ms` runs from capture to verdict, `stages` says where it went (None without a
    frame), `judged_at` is its end in monotonic seconds: for the recorder the moment at which it is asked, for everyone
    else the moment at which it has agreed. `model_id` is the bundle's id. `number` counts from 1 per started loop.
    """

    number: int
    frame: Frame | None
    crop: Crop | None
    prediction: Prediction | None
    thresholds: Thresholds
    verdict: Verdict
    model_id: str
    latency_ms: float
    fault: str | None = None
    error: InspectorError | None = None
    trigger_id: str | None = None
    stages: StageTimes | None = None
    judged_at: float = 0.0
