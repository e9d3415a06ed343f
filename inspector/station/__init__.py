"""The inspection loop: grab, infer, judge, record, show; plain threads, no Qt, no torch."""
