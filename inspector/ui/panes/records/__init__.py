"""The pane that shows what the station recorded."""

from inspector.ui.panes.records.pane import RecordsPane

__all__ = ["RecordsPane"]
