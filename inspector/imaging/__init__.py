"""Frames, crops, image files, colour, regions, masks, overlay rendering and simulated parts (numpy, OpenCV)."""
