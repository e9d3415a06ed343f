"""The last parts and which of them is looked at: the newest one, or one that was tapped while live goes on."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from inspector.evaluation.judge import Thresholds
from inspector.ui.panes.inspection.bridge import STRIP
from inspector.ui.panes.inspection.parts import LivePart
from inspector.ui.pictures import to_qimage
from inspector.ui.widgets.filmstrip import Filmstrip, StripItem


class History(QObject):
    """Feeds a filmstrip. While a part is held, the strip stands still, so that it can be tapped; what comes meanwhile
    is kept aside and shown again with `release`."""

    held_changed = Signal()
    """A part was tapped, or live is shown again."""

    def __init__(self, strip: Filmstrip, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._strip = strip
        self._parts: list[LivePart] = []
        self._items: dict[int, StripItem] = {}
        self._held: list[LivePart] = []
        self._number: int | None = None
        strip.chosen.connect(self.hold)

    @property
    def held(self) -> LivePart | None:
        """The part that is looked at instead of the newest one."""
        return next((part for part in self._held if part.number == self._number), None)

    @property
    def newest(self) -> LivePart | None:
        """The last part that came."""
        return self._parts[-1] if self._parts else None

    @property
    def shown(self) -> LivePart | None:
        """The part to be looked at."""
        return self.held or self.newest

    def clear(self) -> None:
        """Forget all parts."""
        self._parts, self._held, self._number = [], [], None
        self._refresh()
        self.held_changed.emit()

    def add(self, parts: list[LivePart]) -> None:
        """Newer parts, oldest first."""
        self._parts = [*self._parts, *parts][-STRIP:]
        if not self._held:
            self._refresh()

    def judge(self, thresholds: Thresholds) -> None:
        """Judge all parts again."""
        self._parts = [part.judged_by(thresholds) for part in self._parts]
        self._held = [part.judged_by(thresholds) for part in self._held]
        self._refresh()

    @Slot(int)
    def hold(self, number: int) -> None:
        """Look at one part; tapping it again goes back to live."""
        if number == self._number:
            self.release()
            return
        self._held = self._held or list(self._parts)
        self._number = number
        self._strip.set_chosen(number)
        self.held_changed.emit()

    @Slot()
    def release(self) -> None:
        """Back to live."""
        self._held, self._number = [], None
        self._refresh()
        self.held_changed.emit()

    def _refresh(self) -> None:
        shown = self._held or self._parts
        self._items = {part.number: self._item(part) for part in shown}
        self._strip.set_items(list(self._items.values()))
        self._strip.set_chosen(self._number)

    def _item(self, part: LivePart) -> StripItem:
        """The part's item; its thumbnail is converted only once."""
        known = self._items.get(part.number)
        picture = known.thumbnail if known is not None else None
        if picture is None and part.thumbnail is not None:
            picture = to_qimage(part.thumbnail)
        text = "–" if part.score is None else f"{part.score:.3g}"
        return StripItem(part.number, part.verdict, picture, text)
