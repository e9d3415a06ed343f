"""The sentences of the training pane about figures: each says what was measured, on what, and on how much."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QLocale

from inspector.evaluation.intervals import Rate
from inspector.runtime.manifest import ThresholdPart, TilingPart
from inspector.ui.texts import duration, number

if TYPE_CHECKING:
    from inspector.jobs.estimate import TrainingEstimate

_ENOUGH_GOOD = 20


translate = QCoreApplication.translate


def say(text: str, **values: object) -> str:
    """A translated sentence, filled in."""
    return text.format(**values)


def percent(share: float, decimals: int = 1) -> str:
    """0.123 as 12.3 %, in the person's way of writing numbers."""
    return f"{QLocale().toString(100 * share, 'f', decimals)} %"


def rate_count(rate: Rate) -> str:
    """`3 of 60`; what has no sample says so."""
    return (
        say(translate("training", "{count} of {n}"), count=number(rate.count), n=number(rate.n))
        if rate.n
        else say(translate("training", "none to judge"))
    )


def rate_interval(rate: Rate) -> str:
    """The share with its exact 95 % interval."""
    if rate.value is None:
        return "–"
    values = {"share": percent(rate.value), "low": percent(rate.low), "high": percent(rate.high)}
    return say(translate("training", "{share}  (95 %: {low} to {high})"), **values)


def threshold_origin(part: ThresholdPart) -> str:
    """How thresholds were obtained."""
    if part.method == "manual":
        return say(translate("training", "Set by hand."))
    count = number(part.n_good)
    good = {
        "cross_validated": say(
            translate("training", "{n} good parts, each scored by a model that had not seen it (cross-validated)"),
            n=count,
        ),
        "held_out": say(translate("training", "{n} good parts that were held out"), n=count),
        "augmented": say(translate("training", "altered copies of the only good part")),
        "none": say(translate("training", "no good parts")),
    }[part.good_scores]
    if part.method == "good_quantile":
        target = percent(part.target_reject_rate or 0.0)
        return say(
            translate("training", "From {good}; meant to reject {target} of good parts."), good=good, target=target
        )
    defects = number(part.n_defect)
    if part.method == "best_f1":
        return say(translate("training", "Best F1 on {good} and {defects} defects."), good=good, defects=defects)
    return say(
        translate("training", "Set so that none of {defects} known defects passes; {good}."), good=good, defects=defects
    )


def in_sample_warning(part: ThresholdPart) -> str:
    """What has to be said where a threshold is judged on the images it was chosen on."""
    if part.method in ("best_f1", "no_escape", "manual"):
        return say(
            translate(
                "training", "The threshold was chosen on these very images: expect new parts to do somewhat worse."
            )
        )
    return ""


def measured_on(metrics: Mapping[str, Any]) -> str:
    """On which images the figures of a model were measured."""
    good, defect = number(metrics.get("n_good", 0)), number(metrics.get("n_defect", 0))
    if not metrics.get("n_defect"):
        return translate("training", "No picture is labelled as defect, so it is not known how well defects are found.")
    if metrics.get("good_scores") == "held_out":
        return say(
            translate("training", "Measured on {good} good and {defect} defective pictures that training never saw."),
            good=good,
            defect=defect,
        )
    if metrics.get("good_scores") == "calibration":
        sentence = translate(
            "training",
            "Measured on {defect} defective pictures that training never saw and {good} good ones that were kept away "
            "from learning and set the thresholds. Hold good pictures out for a stricter test.",
        )
        return say(sentence, good=good, defect=defect)
    sentence = translate(
        "training",
        "Measured on {defect} defective pictures that training never saw and {good} good ones that it learned from, "
        "each scored by a model that had not seen it (cross-validated). "
        "Hold good pictures out for a stricter test.",
    )
    return say(sentence, good=good, defect=defect)


def judged_in_tiles(tiling: TilingPart | None) -> str:
    """How a model looks at a picture, "" where it looks at the whole."""
    if tiling is None:
        return ""
    return say(translate("training", "Pictures are judged in tiles of {size} pixels."), size=number(tiling.size))


def figure(metrics: Mapping[str, Any], name: str) -> tuple[str, str]:
    """(value, n or reason) of one of a model's figures: never a number without its n, never a gap without a reason."""
    value = metrics.get(name)
    if value is None:
        return say(translate("training", "not available")), _why_missing(metrics, name)
    if name in ("pixel_auroc", "aupro"):
        n = say(
            translate("training", "n = {images} pictures, {regions} defect areas"),
            **_counts(metrics, "n_pixel_images", "n_regions"),
        )
    else:
        n = say(translate("training", "n = {images} good + {regions} defect"), **_counts(metrics, "n_good", "n_defect"))
    return QLocale().toString(float(value), "f", 3), n


def _counts(metrics: Mapping[str, Any], images: str, regions: str) -> dict[str, str]:
    return {"images": number(metrics.get(images, 0)), "regions": number(metrics.get(regions, 0))}


def _why_missing(metrics: Mapping[str, Any], name: str) -> str:
    if not metrics.get("n_defect"):
        return say(translate("training", "no picture is labelled as defect"))
    if name in ("pixel_auroc", "aupro"):
        return say(translate("training", "no defect has an outline (mask), or the method makes no map"))
    return say(translate("training", "no good picture was scored"))


def live_figure(stage: str) -> str:
    """What the figure of a stage means that is drawn while training runs, "" where there is nothing to say."""
    if stage == "coreset":
        return translate(
            "training", "Distance of the patch that the memory covers worst: it falls as the memory fills."
        )
    if stage in ("learning", "distilling"):
        return translate("training", "Loss of each step: it falls while the network learns, not evenly.")
    if stage in ("cross_validation", "scoring"):
        return translate("training", "Score of each picture, one after the other.")
    return ""


def training_material(train: int, good_held_out: int, defects: int) -> tuple[str, str]:
    """(what will be learned from and tested on, a warning or "")."""
    facts = say(
        translate(
            "training",
            "{train} good pictures to learn from. {good} good and {defects} defects are held out to test with.",
        ),
        train=number(train),
        good=number(good_held_out),
        defects=number(defects),
    )
    if train == 0:
        return facts, say(
            translate("training", "No good picture yet: label some as good in Project. Nothing can be learned before.")
        )
    if train < _ENOUGH_GOOD:
        few = translate("training", "{train} are few. It works, but {enough} or more make thresholds dependable.")
        return facts, say(few, train=number(train), enough=_ENOUGH_GOOD)
    if defects == 0:
        return facts, say(
            translate("training", "Without any labelled defect nobody can tell how many would escape. A few help much.")
        )
    return facts, ""


def training_cost(expected: TrainingEstimate) -> str:
    """What a training will take, no finer than that can be said."""
    from inspector.jobs.estimate import gigabytes, rounded

    memory = QLocale().toString(float(gigabytes(expected.peak_bytes)), "f", 1)
    text = translate("training", "About {time} and {memory} GB of memory.")
    return say(text, time=duration(rounded(expected.seconds)), memory=memory)
