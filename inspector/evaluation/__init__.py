"""Metrics with sample sizes, threshold calibration and the judge that turns raw scores into verdicts."""
