"""The camera's own picture instead of the judged part: whether it is wanted, and whether there is one to show."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from inspector.imaging.frame import Image
from inspector.ui.panes.inspection.bridge import LiveBridge


class LiveCamera(QObject):
    """Follows one run at a time. Sources that wait for the engine have no picture of their own: `shown` stays False
    for them, and the judged part is shown whatever was chosen."""

    changed = Signal()
    """There is another picture, or none any more."""

    def __init__(self, bridge: LiveBridge, wanted: bool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._running = False
        self._lost = False
        self._shown = False
        self._picture: Image | None = None
        bridge.set_watching(wanted)
        bridge.picture_arrived.connect(self._show)

    @property
    def shown(self) -> bool:
        """True while the place of the judged part belongs to the camera."""
        return self._shown

    @property
    def picture(self) -> Image | None:
        """The newest picture; None while the camera delivers nothing: what is old is not live."""
        return self._picture

    @Slot(bool)
    def want(self, wanted: bool) -> None:
        """Show the camera, or the judged parts."""
        self._bridge.set_watching(wanted)
        if not wanted:
            self._forget()

    def begin(self) -> None:
        """A run begins."""
        self._running, self._lost = True, False
        self._forget()

    def end(self) -> None:
        """The run is over."""
        self._running = False
        self._forget()

    def set_lost(self, lost: bool) -> None:
        """While the source is lost, nothing that still comes from it is shown."""
        self._lost = lost
        if lost:
            self._show(None)

    @Slot(object)
    def _show(self, picture: Image | None) -> None:
        if picture is not None and (self._lost or not self._running):
            return
        self._picture = picture
        self._shown = self._shown or picture is not None
        self.changed.emit()

    def _forget(self) -> None:
        self._shown, self._picture = False, None
        self.changed.emit()
