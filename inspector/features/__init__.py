"""Backbones and where their weights come from: embedded, from a file, downloaded (torch, imported lazily)."""
