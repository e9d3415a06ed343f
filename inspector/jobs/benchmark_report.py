"""`results.html` of a benchmark: one table, accuracy against latency, and each pairing's scores, in a single file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from inspector.jobs.figures import RateFigure
from inspector.jobs.pairing import BenchmarkRow
from inspector.runtime.axis import log_range, log_ticks
from inspector.runtime.report import STYLE
from inspector.runtime.score_svg import GOOD, INK, score_histogram

_WIDTH, _HEIGHT, _MARGIN = 800, 360, 46
_WIDER = """
body { max-width: 90rem; } table { font-size: 14px; } td, th { padding-right: .9rem; } figure { margin: 0; }
.pairs { display: grid; gap: 1rem 2rem; grid-template-columns: repeat(auto-fill, minmax(24rem, 1fr)); }
"""
_TITLES = (
    "Data set", "Method", "Preset", "Seed", "Features", "n good", "n defects", "Image AUROC", "Pixel AUROC", "AUPRO",
    "n maps", "Defects passed", "Good failed", "Fit s", "ms median", "ms 95 %", "Memory MB", "Model MB",
)  # fmt: skip


def benchmark_report(rows: Sequence[BenchmarkRow]) -> str:
    """The whole document."""
    done = [row for row in rows if row.problem is None]
    pairs = "".join(_figure(row) for row in done)
    notes = dict.fromkeys(row.pixel_note for row in done if row.pixel_note)
    sections = [
        "<h1>Methods compared</h1>",
        _table(rows),
        *(f'<p class="note">{escape(note)}</p>' for note in notes),
        *(f"<p>{escape(f'{row.dataset}, {row.title}: {row.problem}')}</p>" for row in rows if row.problem),
        "<h2>Accuracy against latency</h2>",
        accuracy_against_latency(done),
        "<h2>Scores</h2>",
        f'<div class="pairs">{pairs}</div>',
    ]
    head = f'<meta charset="utf-8"><title>Methods compared</title><style>{STYLE}{_WIDER}</style>'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{"".join(sections)}</body></html>\n'


def accuracy_against_latency(rows: Sequence[BenchmarkRow]) -> str:
    """Image AUROC with its interval over the median time of a picture (logarithmic), as an inline SVG."""
    shown = [(row, row.image_auroc, row.median_ms) for row in rows]
    known = [(row, accuracy, ms) for row, accuracy, ms in shown if accuracy is not None and ms]
    if not known:
        return "<p>No pairing has both an image AUROC and a time.</p>"
    bottom = max(0.0, math.floor(10 * min(accuracy for _, accuracy, _ in known) - 0.5) / 10)
    left, right = log_range([ms for _, _, ms in known])
    several = len({row.source for row, _, _ in known}) > 1

    def place(accuracy: float, ms: float) -> tuple[float, float]:
        across = (math.log10(ms) - left) / (right - left)
        up = (max(accuracy, bottom) - bottom) / (1 - bottom)
        return _MARGIN + across * (_WIDTH - 2 * _MARGIN), _HEIGHT - _MARGIN - up * (_HEIGHT - 2 * _MARGIN)

    parts = [_line(*place(level, 10**left), *place(level, 10**right), "#d6dce5") for level in _levels(bottom)]
    parts += [_label(6, place(level, 10**left)[1] + 5, f"{level:.3g}") for level in _levels(bottom)]
    parts += [_label(place(bottom, ms)[0], _HEIGHT - 22, f"{ms:g}") for ms in log_ticks(left, right)]
    parts.append(_label(_WIDTH / 2 - 70, _HEIGHT - 4, "milliseconds a picture"))
    for row, accuracy, ms in known:
        x, y = place(accuracy, ms)
        low, high = place(row.auroc_low or accuracy, ms)[1], place(row.auroc_high or accuracy, ms)[1]
        parts.append(_line(x, low, x, high, GOOD))
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{GOOD}"><title>{escape(_name(row))}</title></circle>'
        )
        parts.append(_label(x + 8, y - 6, f"{row.title}, {row.dataset}" if several else row.title))
    caption = '<p class="note">Image AUROC upwards, with its 95 % interval; better is higher and further left.</p>'
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(parts)}</svg>{caption}'


def _levels(bottom: float) -> list[float]:
    return [bottom + step * (1 - bottom) / 4 for step in range(5)]


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _label(x: float, y: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" fill="{INK}">{escape(text)}</text>'


def _figure(row: BenchmarkRow) -> str:
    drawn = score_histogram(row.scores_good, row.scores_defect, row.review or 0.0, row.fail or 0.0)
    return f"<figure><figcaption>{escape(_name(row))}</figcaption>{drawn}</figure>"


def _name(row: BenchmarkRow) -> str:
    return f"{row.title}, {row.dataset}, seed {row.seed}"


def _table(rows: Sequence[BenchmarkRow]) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in _TITLES)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in _cells(row))}</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"


def _cells(row: BenchmarkRow) -> list[str]:
    return [
        row.dataset, row.title, row.preset, str(row.seed), row.backbone or "",
        _number(row.n_good, 0), _number(row.n_defect, 0), with_interval(row),
        _number(row.pixel_auroc, 4), _number(row.aupro, 4), _number(row.n_pixel_images, 0),
        _rate(row.false_accept), _rate(row.false_reject), _number(row.fit_s, 1),
        _number(row.median_ms, 1), _number(row.p95_ms, 1), _number(row.peak_rss_mb, 0),
        _number(None if row.bundle_bytes is None else row.bundle_bytes / 1e6, 1),
    ]  # fmt: skip


def with_interval(row: BenchmarkRow) -> str:
    """The image AUROC with its 95 % interval."""
    if row.image_auroc is None or row.auroc_low is None or row.auroc_high is None:
        return ""
    return f"{row.image_auroc:.4f} [{row.auroc_low:.3f}, {row.auroc_high:.3f}]"


def _rate(rate: RateFigure | None) -> str:
    return "" if rate is None else f"{rate.count} of {rate.n} [{rate.low:.1%}, {rate.high:.1%}]"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
