"""What a label printer puts on paper: text, shapes and EAN-13 barcodes, as ink coverage."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.uint8]
"""(H, W) coverage, 255 is solid ink."""

_FINE = 4
"""Artwork is drawn this many times finer than the coverage that is handed out."""

_ODD = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
_PARITY = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")


def ean13_check(digits: str) -> int:
    """The thirteenth digit."""
    return -sum(int(digit) * (1, 3)[i % 2] for i, digit in enumerate(digits)) % 10


def ean13_modules(digits: str) -> str:
    """The 95 modules of an EAN-13 symbol (GS1 General Specifications) as 0 and 1.

    `digits` are the first 12; the check digit is added.
    """
    code = digits + str(ean13_check(digits))
    left = "".join(_left(int(digit), parity) for digit, parity in zip(code[1:7], _PARITY[int(code[0])], strict=True))
    right = "".join(_inverted(_ODD[int(digit)]) for digit in code[7:])
    return f"101{left}01010{right}101"


def _left(digit: int, parity: str) -> str:
    return _ODD[digit] if parity == "L" else _inverted(_ODD[digit])[::-1]


def _inverted(modules: str) -> str:
    return modules.translate(str.maketrans("01", "10"))


class Press:
    """A sheet for one ink. Artwork is placed in picture pixels; `take_off` gives `scale` times as many, anti-aliased.

    `ink` 0 leaves the paper bare.
    """

    def __init__(self, width: int, height: int, scale: int) -> None:
        self._size = (width * scale, height * scale)
        self._unit = scale * _FINE
        self._canvas = np.zeros((height * self._unit, width * self._unit), np.uint8)

    def text(self, words: str, x: float, y: float, height: float, weight: float, ink: int = 255) -> None:
        """Words with the left end of their baseline at (x, y); capitals `height` tall, strokes `weight` of that."""
        size = height * self._unit / 21  # a Hershey capital is 21 units tall
        stroke = max(1, round(height * weight * self._unit))
        cv2.putText(self._canvas, words, self._at(x, y), cv2.FONT_HERSHEY_SIMPLEX, size, ink, stroke, cv2.LINE_AA)

    def box(self, x: float, y: float, width: float, height: float, line: float = 0) -> None:
        """A rectangle: filled, or drawn with a line of this width."""
        last_x, last_y = self._at(x + width, y + height)
        thickness = round(line * self._unit) or cv2.FILLED
        cv2.rectangle(self._canvas, self._at(x, y), (last_x - 1, last_y - 1), 255, thickness)

    def polygon(self, corners: list[tuple[float, float]], line: float = 0, ink: int = 255) -> None:
        """A closed polygon: filled, or drawn with a line of this width."""
        points = np.asarray([self._at(x, y) for x, y in corners], np.int32)
        if line:
            cv2.polylines(self._canvas, [points], True, ink, round(line * self._unit), cv2.LINE_AA)
        else:
            cv2.fillPoly(self._canvas, [points], ink, cv2.LINE_AA)

    def circle(self, x: float, y: float, radius: float) -> None:
        """A filled circle."""
        cv2.circle(self._canvas, self._at(x, y), round(radius * self._unit), 255, cv2.FILLED, cv2.LINE_AA)

    def barcode(self, digits: str, x: float, y: float, module: float, height: float) -> None:
        """An EAN-13 symbol with its number below; guard bars reach down."""
        for i, dark in enumerate(ean13_modules(digits)):
            if dark == "1":
                guard = i < 3 or i >= 92 or 45 <= i < 50
                self.box(x + i * module, y, module, height + (5 * module if guard else 0))
        code = digits + str(ean13_check(digits))
        size = module * 6.2
        for group, left in ((code[0], -9), (code[1:7], 4), (code[7:], 50)):
            self.text(group, x + left * module, y + height + size + 2.2 * module, size, 0.15)

    def take_off(self) -> Ink:
        """The coverage, (height * scale, width * scale)."""
        return np.asarray(cv2.resize(self._canvas, self._size, interpolation=cv2.INTER_AREA), np.uint8)

    def _at(self, x: float, y: float) -> tuple[int, int]:
        return round(x * self._unit), round(y * self._unit)
