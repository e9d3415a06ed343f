"""Pieces that several detectors share. Modules here may import torch at the top; they are imported lazily."""
