"""What a label printer puts on paper: text, signs and an EAN-13 barcode, as ink coverage."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]
"""(H, W) coverage, 255 is solid ink."""

FINE = 4
"""Artwork is drawn this many times finer than the coverage that is handed out."""

_LEFT_ODD = (
    "0001101",
    "0011001",
    "0010011",
    "0111101",
    "0100011",
    "0110001",
    "0101111",
    "0111011",
    "0110111",
    "0001011",
)
_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")


def ean13_modules(digits: str) -> str:
    """The 95 modules of an EAN-13 symbol (GS1 General Specifications) as 0 and 1; `digits` are the first 12.

    The check digit is added.
    """
    code = digits + str(ean13_check(digits))
    left = "".join(_left(int(d), parity) for d, parity in zip(code[1:7], _PARITY[int(code[0])], strict=True))
    right = "".join(_inverted(_LEFT_ODD[int(d)]) for d in code[7:])
    return f"101{left}01010{right}101"


def ean13_check(digits: str) -> int:
    """The thirteenth digit."""
    return -sum(int(d) * (1, 3)[i % 2] for i, d in enumerate(digits)) % 10


def _left(digit: int, parity: str) -> str:
    odd = _LEFT_ODD[digit]
    return odd if parity == "L" else _inverted(odd)[::-1]


def _inverted(modules: str) -> str:
    return modules.translate(str.maketrans("01", "10"))


class Press:
    """A sheet that artwork is put on in its own units, anti-aliased when taken off."""

    def __init__(self, width: int, height: int) -> None:
        self._size = (width, height)
        self._canvas = np.zeros((height * FINE, width * FINE), np.uint8)

    def text(self, words: str, x: float, y: float, height: float, weight: float = 0.13) -> None:
        """Words with their baseline's left end at (x, y); capitals `height` tall, strokes `weight` of that."""
        scale = height * FINE / 21  # a Hershey capital is 21 units tall
        stroke = max(1, round(height * weight * FINE))
        at = (round(x * FINE), round(y * FINE))
        cv2.putText(self._canvas, words, at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, stroke, cv2.LINE_AA)

    def box(self, x: float, y: float, width: float, height: float, line: float = 0) -> None:
        """A rectangle: filled, or drawn with a line of this width."""
        first, last = (
            (round(x * FINE), round(y * FINE)),
            (round((x + width) * FINE) - 1, round((y + height) * FINE) - 1),
        )
        cv2.rectangle(self._canvas, first, last, 255, round(line * FINE) or cv2.FILLED)

    def polygon(self, corners: list[tuple[float, float]], line: float = 0, ink: int = 255) -> None:
        """A closed polygon: filled, or drawn with a line of this width. `ink` 0 leaves the paper bare."""
        points = np.rint(np.asarray(corners) * FINE).astype(np.int32)
        if line:
            cv2.polylines(self._canvas, [points], True, ink, round(line * FINE), cv2.LINE_AA)
        else:
            cv2.fillPoly(self._canvas, [points], ink, cv2.LINE_AA)

    def circle(self, x: float, y: float, radius: float, ink: int = 255) -> None:
        """A filled circle."""
        cv2.circle(self._canvas, (round(x * FINE), round(y * FINE)), round(radius * FINE), ink, cv2.FILLED, cv2.LINE_AA)

    def barcode(self, digits: str, x: float, y: float, module: float, height: float) -> None:
        """An EAN-13 symbol with its number below; guard bars reach down."""
        modules = ean13_modules(digits)
        for i, dark in enumerate(modules):
            if dark == "1":
                guard = i < 3 or i >= 92 or 45 <= i < 50
                self.box(x + i * module, y, module, height + (5 * module if guard else 0))
        code = digits + str(ean13_check(digits))
        size = module * 6.2
        for group, left in ((code[0], -9), (code[1:7], 4), (code[7:], 50)):
            self.text(group, x + left * module, y + height + size + 2.2 * module, size, 0.15)

    def take_off(self) -> Ink:
        """The coverage at the sheet's own size."""
        return np.asarray(cv2.resize(self._canvas, self._size, interpolation=cv2.INTER_AREA), np.uint8)
