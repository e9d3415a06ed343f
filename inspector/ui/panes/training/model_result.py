"""Everything the pane shows of one trained model, read from its bundle and the project in a worker thread. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.data.dataset import Label
from inspector.data.models import ModelRow
from inspector.data.rows import SampleRow
from inspector.data.samples import SampleStore
from inspector.runtime.bundle import Bundle, load_bundle
from inspector.runtime.scores import ScoreRow
from inspector.ui.models.score_table import ScoredImage
from inspector.ui.panes.training.evidence import Evidence


@dataclass(frozen=True)
class ModelResult:
    """One model with its scores and the images behind them."""

    row: ModelRow
    bundle: Bundle
    evidence: Evidence
    images: list[ScoredImage]


def load_result(samples: SampleStore, row: ModelRow) -> ModelResult:
    """Read a model's bundle and find its images in the project by content. Raises `BundleError`, `ProjectError`."""
    bundle = load_bundle(row.folder, verify=False)
    known = {sample.sha256: sample for sample in samples.rows(samples.ids())}
    images = [_image(score, known.get(score.sha256)) for score in bundle.scores]
    return ModelResult(row, bundle, Evidence.of(bundle.scores, kept_away=bundle.manifest.training.held_out > 0), images)


def _image(score: ScoreRow, sample: SampleRow | None) -> ScoredImage:
    return ScoredImage(
        name=sample.name if sample else score.name,
        label=Label(score.label),
        kind=sample.kind if sample else score.kind,
        score=score.score,
        held_out=not score.cross_validated,
        sha256=score.sha256,
        sample_id=sample.id if sample else None,
        path=sample.path if sample else None,
        label_now=sample.label if sample else Label(score.label),
    )
