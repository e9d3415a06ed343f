"""Bringing anomaly maps back to the crops they belong to, alike for every detector."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def to_crop(anomaly_map: NDArray[np.float32], size: tuple[int, ...]) -> NDArray[np.float32]:
    """A map at the network's input size brought to the crop's (height, width), bilinear; values stay raw."""
    if anomaly_map.shape == size:
        return np.array(anomaly_map, np.float32)  # a view would keep the whole batch's output alive
    resized = cv2.resize(anomaly_map, (size[1], size[0]), interpolation=cv2.INTER_LINEAR)
    return resized.astype(np.float32, copy=False)
