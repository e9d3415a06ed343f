"""Item models behind lists and tables."""
