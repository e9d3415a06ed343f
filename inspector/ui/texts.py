"""Words and sentences people read that come from below `ui/`, passed through Qt's translation."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLocale

from inspector import messages
from inspector.data.dataset import Label, Split
from inspector.errors import InspectorError
from inspector.evaluation.judge import Verdict

_LABELS = {Label.GOOD: "Good", Label.DEFECT: "Defect", Label.UNSURE: "Unsure", Label.NONE: "Not labelled"}
_SPLITS = {Split.TRAIN: "Training", Split.TEST: "Test"}
_VERDICTS = {
    Verdict.PASS: "PASS",
    Verdict.REVIEW: "REVIEW",
    Verdict.FAIL: "FAIL",
    Verdict.NOT_INSPECTED: "NOT INSPECTED",
}


def translated(text: str) -> str:
    """A sentence or word declared outside `ui/`, in the person's language."""
    return QCoreApplication.translate("messages", text)


def error_sentence(error: InspectorError) -> str:
    """What happened, why, and what to do."""
    return messages.fill(translated(messages.template(error)), error.parameters)


def stage_name(stage: str) -> str:
    """What long work is busy with."""
    return translated(messages.STAGES.get(stage, stage))


def label_word(label: Label) -> str:
    """A label as a word."""
    return translated(_LABELS[label])


def split_word(split: Split) -> str:
    """A split as a word."""
    return translated(_SPLITS[split])


def verdict_word(verdict: Verdict) -> str:
    """A verdict as the word on the tile."""
    return translated(_VERDICTS[verdict])


def no_map_text() -> str:
    """Said where a map would be looked for."""
    return QCoreApplication.translate("messages", "This method makes no map: it judges the picture as a whole.")


def duration(seconds: float) -> str:
    """A rough length of time: nobody needs the seconds of an hour."""
    whole = max(round(seconds), 0)
    if whole < 60:
        return QCoreApplication.translate("messages", "{n} s").format(n=max(whole, 1))
    if whole < 3600:
        return QCoreApplication.translate("messages", "{n} min").format(n=round(whole / 60))
    return QCoreApplication.translate("messages", "{h} h {n} min").format(h=whole // 3600, n=whole % 3600 // 60)


def number(value: int) -> str:
    """A whole number with the person's thousands separators."""
    return QLocale().toString(value)
