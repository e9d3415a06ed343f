"""The project pane: collect samples, look at them, label them."""

from inspector.ui.panes.project.pane import ProjectPane

__all__ = ["ProjectPane"]
