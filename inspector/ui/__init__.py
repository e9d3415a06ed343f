"""Everything Qt: the main window, panes, widgets, models, dialogs, workers and theme."""
