"""Comparing methods on the open project and other data."""

from inspector.ui.panes.training.compare.view import CompareView as CompareView
