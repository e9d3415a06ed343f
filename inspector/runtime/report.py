"""`report.html`: what a training did, readable in any browser and complete in one file. No figure without its n."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from inspector.data.dataset import Label
from inspector.runtime.manifest import Manifest, ThresholdPart, TrainingPart
from inspector.runtime.score_svg import score_histogram
from inspector.runtime.scores import ScoreRow

_METHODS = {
    "good_quantile": "from good parts only, by a robust fit to their scores",
    "best_f1": "best F1 on the scored good and defective parts",
    "no_escape": "no scored defect passes",
    "manual": "set by hand",
}
_GOOD_SCORES = {
    "cross_validated": "each good part was scored by a detector that had not learned from it",
    "held_out": "the good parts were held out of training",
    "augmented": "too few good parts to hold one out: altered copies were scored, so the threshold is a first guess",
    "none": "no good scores stood behind it",
}
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; color: #1c2530; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .2rem 1.5rem .2rem 0; vertical-align: top; }
svg { width: 100%; height: auto; } .note { color: #55606c; }
"""


def report(manifest: Manifest, scores: list[ScoreRow]) -> str:
    """The whole document."""
    sections = [
        f"<h1>{escape(manifest.name)}</h1>",
        _table(_training_rows(manifest)),
        "<h2>Thresholds</h2>",
        _table(_threshold_rows(manifest.thresholds)),
        "<h2>Scores</h2>",
        _histogram(scores, manifest.thresholds),
        "<h2>Figures</h2>",
        _table(_metric_rows(manifest.metrics)) if manifest.metrics else "<p>No held-out images were scored.</p>",
    ]
    head = f'<meta charset="utf-8"><title>{escape(manifest.name)}</title><style>{STYLE}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(sections)}</body></html>\n'


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = (f"<tr><th>{escape(title)}</th><td>{escape(value)}</td></tr>" for title, value in rows)
    return f"<table>{''.join(cells)}</table>"


def _learned_from(training: TrainingPart) -> str:
    text = f"{training.images - training.held_out} good images"
    if training.held_out:
        text += f"; {training.held_out} more were kept away from learning and set the thresholds"
    return text + (f"; {training.defects} defects" if training.defects else "")


def _training_rows(manifest: Manifest) -> list[tuple[str, str]]:
    parameters = ", ".join(f"{name} = {value}" for name, value in manifest.parameters.items())
    rows = [
        ("Made", f"{manifest.created_at:%Y-%m-%d %H:%M} UTC, Inspector {manifest.software.get('inspector', '?')}"),
        ("Learned from", _learned_from(manifest.training)),
        ("Method", f"{manifest.detector} ({parameters})" if parameters else manifest.detector),
        ("Input", f"{manifest.preprocessing.width} × {manifest.preprocessing.height} pixels"),
        ("Training took", f"{manifest.training.fit_seconds:.1f} s, at most {manifest.training.peak_rss_mb:.0f} MB"),
    ]
    if not manifest.has_map:
        rows.append(("Map", "none: this method judges pictures as a whole and does not show where a defect is"))
    if manifest.tiling is not None:
        size, overlap = manifest.tiling.size, manifest.tiling.overlap
        rows.insert(3, ("Tiles", f"{size} × {size} pixels, sharing {overlap} with the next, each brought to the input"))
    if manifest.backbone is not None:
        backbone = manifest.backbone
        rows.insert(3, ("Features", f"{backbone.name} ({', '.join(backbone.layers)}), weights: {backbone.source}"))
    rows += [(name.replace("_", " ").capitalize(), f"{value:.4g}") for name, value in manifest.training.facts.items()]
    if manifest.parity is not None:
        parity = manifest.parity
        found = f"scores differ by at most {parity.max_score_difference:.2g} of their spread"
        rows.append(("ONNX Runtime and torch", f"{found}, {parity.tolerance:.2g} allowed (n = {parity.images})"))
        if parity.resize_score_difference is not None:
            moved = f"scores move by at most {parity.resize_score_difference:.2g} of their spread"
            rows.append(("Resized by the network instead", f"{moved}, for other programs that leave it to the network"))
    return rows


def _threshold_rows(thresholds: ThresholdPart) -> list[tuple[str, str]]:
    rows = [
        ("Review from", f"{thresholds.review:.6g}"),
        ("Fail above", f"{thresholds.fail:.6g}"),
        ("Obtained", _METHODS[thresholds.method]),
        ("Good scores", _GOOD_SCORES[thresholds.good_scores]),
        ("Scores used", f"{thresholds.n_good} good, {thresholds.n_defect} defective"),
    ]
    if thresholds.target_reject_rate is not None:
        rows.append(("Good parts to be rejected", f"{thresholds.target_reject_rate:.2%} was aimed at"))
    return rows


def _metric_rows(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name.replace("_", " "), _value(value)) for name, value in metrics.items()]


def _value(value: Any) -> str:
    if value is None:
        return "not available"
    if isinstance(value, dict) and {"count", "n", "low", "high"} <= value.keys():
        return f"{value['count']} of {value['n']} (95 % interval {value['low']:.2%} to {value['high']:.2%})"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _histogram(scores: list[ScoreRow], thresholds: ThresholdPart) -> str:
    good = [row.score for row in scores if row.label == Label.GOOD]
    defect = [row.score for row in scores if row.label == Label.DEFECT]
    return score_histogram(good, defect, thresholds.review, thresholds.fail)
