"""Which frames are judged: all of them (free run), one for each trigger, or none (paused)."""

from __future__ import annotations

import itertools
import threading
from dataclasses import dataclass, replace
from enum import StrEnum

from inspector.imaging.frame import Frame


class Mode(StrEnum):
    """FREE_RUN: every frame that can be kept up with. TRIGGERED: the first frame captured after each trigger."""

    FREE_RUN = "free_run"
    TRIGGERED = "triggered"


@dataclass(frozen=True, slots=True)
class Trigger:
    """`at` is in monotonic seconds."""

    id: str
    at: float


class Gate:
    """Between the grab thread and the mailbox. Each trigger gets exactly one outcome, or none is promised:

    `arm` refuses a trigger while the one before it still waits for its frame or its frame waits for the engine. What
    becomes of an armed trigger is told once: by `admit`, `expired` or `withdraw`.
    """

    def __init__(self, mode: Mode) -> None:
        self._changed = threading.Condition()
        self._mode = mode
        self._paused = False
        self._armed: Trigger | None = None
        self._in_flight = False
        self._numbers = itertools.count(1)

    @property
    def mode(self) -> Mode:
        """Fixed for the life of a loop."""
        return self._mode

    @property
    def paused(self) -> bool:
        """True between `pause` and `resume`."""
        with self._changed:
            return self._paused

    def pause(self) -> None:
        """Let nothing through."""
        with self._changed:
            self._paused = True

    def resume(self) -> None:
        """Let frames through again."""
        with self._changed:
            self._paused = False
            self._changed.notify_all()

    def new_trigger(self, now: float) -> Trigger:
        """A trigger with a new id; it has no effect before `arm`."""
        return Trigger(str(next(self._numbers)), now)

    def arm(self, trigger: Trigger) -> bool:
        """Judge the first frame captured after it; False if the one before it is not done."""
        with self._changed:
            if self._armed is not None or self._in_flight:
                return False
            self._armed = trigger
            self._changed.notify_all()
            return True

    def admit(self, frame: Frame) -> Frame | None:
        """The frame if it is to be judged, stamped with its trigger; None if not."""
        with self._changed:
            if self._paused:
                return None
            if self._mode is Mode.FREE_RUN:
                return frame
            if self._armed is None or frame.monotonic <= self._armed.at:
                return None
            stamped = replace(frame, trigger_id=self._armed.id)
            self._armed, self._in_flight = None, True
            return stamped

    def taken(self) -> None:
        """The engine has begun with the frame admitted last."""
        with self._changed:
            self._in_flight = False

    def expired(self, before: float) -> Trigger | None:
        """Withdraw the trigger if it was armed at or before this time and still waits for its frame."""
        with self._changed:
            if self._armed is None or self._armed.at > before:
                return None
            return self.withdraw()

    def withdraw(self) -> Trigger | None:
        """Give up the trigger that waits for its frame, if there is one."""
        with self._changed:
            trigger, self._armed = self._armed, None
            return trigger

    def wait_until_wanted(self, timeout: float) -> bool:
        """For sources that lose nothing by waiting: True as soon as the next frame would be admitted."""
        with self._changed:
            return self._changed.wait_for(self._wanted, timeout)

    def _wanted(self) -> bool:
        return not self._paused and (self._mode is Mode.FREE_RUN or self._armed is not None)
