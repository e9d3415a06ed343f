"""Verdicts against the truth, where the source knows it: a simulated line. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.evaluation.judge import Verdict
from inspector.ui.panes.inspection.parts import LivePart


@dataclass
class TruthTally:
    """Escapes (defect parts that passed) of all defect parts, overkill (good parts that failed) of all good parts;
    only parts that were inspected count."""

    defects: int = 0
    escapes: int = 0
    good: int = 0
    overkill: int = 0

    def add(self, part: LivePart) -> None:
        """Count a part whose truth is known."""
        if part.truth is None or part.verdict is Verdict.NOT_INSPECTED:
            return
        if part.truth.label == "defect":
            self.defects += 1
            self.escapes += part.verdict is Verdict.PASS
        else:
            self.good += 1
            self.overkill += part.verdict is Verdict.FAIL

    @property
    def known(self) -> bool:
        """True once there is anything to tell."""
        return bool(self.defects or self.good)
