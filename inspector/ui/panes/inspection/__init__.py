"""The inspection pane."""

from inspector.ui.panes.inspection.pane import InspectionPane

__all__ = ["InspectionPane"]
