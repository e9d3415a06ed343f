"""Dialogs that more than one part opens."""
