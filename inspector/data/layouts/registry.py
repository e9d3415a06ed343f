"""The layouts, in the order in which they are tried: the more particular before the more general."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from inspector.data.dataset import Sample
from inspector.data.layouts import btad, cifar10, kolektor, kolektor2, mvtec, mvtec2, shanghaitech, visa


@dataclass(frozen=True, slots=True)
class Layout:
    """`recognises` looks at names only; `samples` lists them in a fixed order. Both may raise OSError."""

    title: str
    recognises: Callable[[Path], bool]
    samples: Callable[[Path], Iterator[Sample]]


LAYOUTS = (
    Layout("MVTec AD 2", mvtec2.recognises, mvtec2.samples),
    Layout("MVTec AD", mvtec.recognises, mvtec.samples),
    Layout("BTAD", btad.recognises, btad.samples),
    Layout("VisA", visa.recognises, visa.samples),
    Layout("Kolektor SDD2", kolektor2.recognises, kolektor2.samples),
    Layout("Kolektor SDD", kolektor.recognises, kolektor.samples),
    Layout("CIFAR-10", cifar10.recognises, cifar10.samples),
    Layout("ShanghaiTech", shanghaitech.recognises, shanghaitech.samples),
)


def layout_of(path: Path) -> Layout | None:
    """The layout of what is at a path, None for any other folder. Raises OSError where it cannot be listed."""
    return next((layout for layout in LAYOUTS if layout.recognises(path)), None)
