"""The training pane: choose a method, train, look at what came out, set thresholds."""

from inspector.ui.panes.training.pane import TrainingPane

__all__ = ["TrainingPane"]
