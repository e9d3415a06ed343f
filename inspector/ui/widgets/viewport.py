"""Which part of an image a view shows: plain geometry, without Qt."""

from __future__ import annotations

FINEST = 64.0
"""View pixels per image pixel beyond which zooming in shows nothing new."""


class Viewport:
    """Maps image pixels to view pixels by one `scale` and an offset.

    The image never leaves the view: along an axis where it is smaller than the view it is centred, otherwise its edges
    never come further in than the view's. While `fitted`, it follows every change of size.
    """

    def __init__(self) -> None:
        self.scale = 1.0
        self.fitted = True
        self._image = (0, 0)
        self._view = (1.0, 1.0)
        self._offset = (0.0, 0.0)

    @property
    def offset(self) -> tuple[float, float]:
        """Where the image's top left corner lies in the view."""
        return self._offset

    @property
    def image_size(self) -> tuple[int, int]:
        """(width, height) in image pixels, (0, 0) without an image."""
        return self._image

    @property
    def fit_scale(self) -> float:
        """The scale at which the whole image just fits."""
        width, height = self._image
        return min(self._view[0] / width, self._view[1] / height) if width and height else 1.0

    def set_image_size(self, width: int, height: int) -> None:
        """Another image; one of the same size keeps zoom and place, so that pictures can be compared."""
        if (width, height) != self._image:
            self._image = (width, height)
            self.fit()

    def set_view_size(self, width: float, height: float) -> None:
        """The view was resized; the image point in its middle stays there."""
        middle = self.to_image(self._view[0] / 2, self._view[1] / 2)
        self._view = (max(width, 1.0), max(height, 1.0))
        if self.fitted:
            self.fit()
        else:
            self._place(middle, (self._view[0] / 2, self._view[1] / 2))

    def fit(self) -> None:
        """Show the whole image as large as possible."""
        self.scale = self.fit_scale
        self.fitted = True
        self._place((self._image[0] / 2, self._image[1] / 2), (self._view[0] / 2, self._view[1] / 2))

    def zoom(self, factor: float, x: float, y: float) -> None:
        """Change the scale by `factor`; the image point under view point (x, y) stays there where the edges allow."""
        point = self.to_image(x, y)
        coarsest = min(self.fit_scale, 1.0)
        self.scale = min(max(self.scale * factor, coarsest), max(FINEST, self.fit_scale))
        self.fitted = self.scale == coarsest == self.fit_scale
        self._place(point, (x, y))

    def pan(self, dx: float, dy: float) -> None:
        """Move the image by view pixels, as far as its edges allow."""
        self._offset = self._held(self._offset[0] + dx, self._offset[1] + dy)

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """View point to image point."""
        return (x - self._offset[0]) / self.scale, (y - self._offset[1]) / self.scale

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """Image point to view point."""
        return x * self.scale + self._offset[0], y * self.scale + self._offset[1]

    def _place(self, image_point: tuple[float, float], view_point: tuple[float, float]) -> None:
        self._offset = self._held(
            view_point[0] - image_point[0] * self.scale, view_point[1] - image_point[1] * self.scale
        )

    def _held(self, x: float, y: float) -> tuple[float, float]:
        return (
            _hold(x, self._image[0] * self.scale, self._view[0]),
            _hold(y, self._image[1] * self.scale, self._view[1]),
        )


def _hold(offset: float, image: float, view: float) -> float:
    if image <= view:
        return (view - image) / 2
    return min(max(offset, view - image), 0.0)
