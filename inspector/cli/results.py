"""Results as people read them in a terminal. No figure without its n."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from inspector.cli.console import complain, print_table
from inspector.evaluation.judge import Verdict
from inspector.messages import sentence

if TYPE_CHECKING:
    from inspector.jobs.demo import DemoResult, ProductResult
    from inspector.jobs.estimate import TrainingEstimate
    from inspector.jobs.evaluate import EvaluationResult
    from inspector.jobs.figures import RateFigure
    from inspector.jobs.pairing import BenchmarkRow
    from inspector.jobs.predict import PredictionResult
    from inspector.jobs.samples import Skipped
    from inspector.jobs.train import TrainingResult
    from inspector.runtime.manifest import ThresholdPart, TilingPart


def show_estimate(expected: TrainingEstimate) -> None:
    """One line on stderr before training starts, and a second one where memory is short."""
    from inspector.jobs.estimate import gigabytes, rounded

    seconds = round(rounded(expected.seconds))
    span = f"{seconds} s" if seconds < 60 else f"{seconds // 60} min"
    complain(f"About {span} and {gigabytes(expected.peak_bytes)} GB of memory.")
    if expected.shortage:
        complain(sentence(expected.shortage))


def show_training(result: TrainingResult) -> None:
    """What was made, from how much, how long it took, and how good it is as far as that is known."""
    metrics = result.metrics
    rows = [
        ("Model", str(result.out)),
        ("Method", f"{result.detector}, {result.backbone}" if result.backbone else result.detector),
        ("Learned from", f"{result.images} good images"),
        *_tile_rows(result.tiling),
        ("Thresholds", _thresholds(result.thresholds)),
        ("Fit", f"{result.fit_s:.1f} s of {result.total_s:.1f} s, at most {result.peak_rss_mb:.0f} MB"),
        *_figure_rows(metrics),
    ]
    print_table(("Training", ""), rows)
    _show_skipped(result.skipped)
    for remark in result.remarks:
        complain(remark)


def show_evaluation(result: EvaluationResult) -> None:
    """Ranking, verdicts by truth, and times."""
    timing = result.timing
    rows = [
        ("Images", f"{result.n_good} good, {result.n_defect} defective"),
        ("Left out", f"{result.excluded_training_images} images that the model has learned from"),
        ("Thresholds", _thresholds(result.thresholds)),
        *_figure_rows(result.model_dump()),
        ("One image", f"{_number(timing.median_ms, 1)} ms median, {_number(timing.p95_ms, 1)} ms 95th percentile"),
        ("Loading", f"{timing.load_s:.2f} s ({result.engine}, {timing.provider})"),
    ]
    print_table(("Evaluation", ""), rows)
    counts = result.confusion
    verdicts = [(truth, *(str(counts[truth][name]) for name in ("pass", "review", "fail"))) for truth in counts]
    print_table(("Truth", "Pass", "Review", "Fail"), verdicts)
    _show_skipped(result.skipped)


def show_prediction(result: PredictionResult) -> None:
    """One line per image."""
    rows = [(str(image.path), _number(image.score, 4), image.verdict.value) for image in result.images]
    print_table(("Image", "Score", "Verdict"), rows)


def show_benchmark(rows: Sequence[BenchmarkRow]) -> None:
    """One line per pairing."""
    titles = (
        "Data set", "Method", "Seed", "Good", "Defects", "Image AUROC (95 %)", "Pixel AUROC", "AUPRO",
        "Defects passed", "Fit s", "MB", "ms", "95 % ms",
    )  # fmt: skip
    print_table(titles, [_benchmark_row(row) for row in rows])
    for note in dict.fromkeys(row.pixel_note for row in rows if row.pixel_note):
        complain(note)


def show_demo(result: DemoResult) -> None:
    """Per product and over all: verdicts, escapes, overkill, ranking, times."""
    titles = ("Product", "Pass", "Review", "Fail", "Not insp.", "Escapes", "Overkill", "Image AUROC", "AUPRO", "ms")
    rows = [_demo_row(item.title, item) for item in result.products]
    rows.append(_demo_row("All (AUROC, AUPRO: mean)", result))
    print_table(titles, rows, "Simulated parts (rates with their exact 95 % interval)")


def _demo_row(title: str, part: ProductResult | DemoResult) -> tuple[str, ...]:
    counts = (str(part.verdicts.get(verdict, 0)) for verdict in Verdict)
    rates = (_short_rate(part.false_accept), _short_rate(part.false_reject))
    ranked = (_number(part.image_auroc, 4), _number(part.aupro, 4))
    return title, *counts, *rates, *ranked, _number(part.timing.median_ms, 1)


def _short_rate(rate: RateFigure) -> str:
    return f"{rate.count} of {rate.n} ({rate.low:.0%}-{rate.high:.0%})"


def _benchmark_row(row: BenchmarkRow) -> tuple[str, ...]:
    interval = "" if row.auroc_low is None else f" ({row.auroc_low:.3f}-{row.auroc_high:.3f})"
    pixels = (_number(value, 3) for value in (row.pixel_auroc, row.aupro))
    counts = (str(value) if value is not None else "-" for value in (row.n_good, row.n_defect))
    passed = "not available" if row.false_accept is None else _short_rate(row.false_accept)
    costs = (_number(row.fit_s, 1), _number(row.peak_rss_mb, 0), _number(row.median_ms, 1), _number(row.p95_ms, 1))
    accuracy = f"{_number(row.image_auroc, 3)}{interval}"
    return row.dataset, row.detector, str(row.seed), *counts, accuracy, *pixels, passed, *costs


def _tile_rows(tiling: TilingPart | None) -> list[tuple[str, str]]:
    if tiling is None:
        return []
    return [("Tiles", f"{tiling.size} pixels, {tiling.overlap} of them shared with the next")]


def _figure_rows(figures: dict[str, Any]) -> list[tuple[str, str]]:
    n = f"n = {figures['n_good']} good, {figures['n_defect']} defective"
    pixels = f"n = {figures['n_pixel_images']} images, {figures['n_regions']} defects"
    return [
        ("Image AUROC", f"{_number(figures['image_auroc'], 4)} ({n})"),
        ("F1 at the threshold", _number(figures["f1"], 4)),
        ("Pixel AUROC", f"{_number(figures['pixel_auroc'], 4)} ({pixels})"),
        ("AUPRO", f"{_number(figures['aupro'], 4)} ({pixels})"),
        ("Defects that passed", _rate(figures["false_accept"])),
        ("Good parts that failed", _rate(figures["false_reject"])),
    ]


def _thresholds(part: ThresholdPart) -> str:
    limits = f"{part.fail:.4g}" if part.review == part.fail else f"{part.review:.4g} to {part.fail:.4g}"
    return (
        f"{limits} ({part.method}, good scores {part.good_scores}, n = {part.n_good} good, {part.n_defect} defective)"
    )


def _rate(rate: dict[str, Any] | RateFigure) -> str:
    given = rate if isinstance(rate, dict) else rate.model_dump()
    if not given["n"]:
        return "not available: none was judged"
    interval = f"{given['low']:.1%} to {given['high']:.1%}"
    return f"{given['count']} of {given['n']} ({given['rate']:.1%}, 95 % interval {interval})"


def _number(value: float | None, digits: int) -> str:
    return "not available" if value is None else f"{value:.{digits}f}"


def _show_skipped(skipped: Sequence[Skipped]) -> None:
    """Left out is never left unsaid."""
    if skipped:
        complain(f"{len(skipped)} images were left out:")
    for item in skipped:
        complain(f"  {item.reason}")
