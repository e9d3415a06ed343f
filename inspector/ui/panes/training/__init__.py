"""The training pane: choose a method, train, look at what came out, set thresholds."""
