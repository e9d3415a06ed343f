"""Anomaly detectors: the seam, the registry and one file per method (torch, imported lazily)."""
