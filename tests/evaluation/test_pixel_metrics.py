from itertools import pairwise

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from inspector.evaluation.pixel_metrics import PixelAccumulator


def test_aupro_worked_out_by_hand() -> None:
    # Regions: A (2 pixels, values 9 and 3), B (1 pixel, value 7). Normal pixels: 8, 5, 4, 2 and six of 0 -> 10 normal.
    values = np.array([[9, 3, 0, 7, 0], [0, 0, 0, 0, 0], [8, 5, 4, 2, 0]], np.float32)
    values[1, :3] = 0
    mask = np.zeros((3, 5), bool)
    mask[0, [0, 1, 3]] = True
    accumulator = PixelAccumulator()
    accumulator.add(values, mask)
    figures = accumulator.figures(fpr_limit=0.25)
    normal = 12
    # thresholds downwards: 9: (0, .25) 8: (1/12, .25) 7: (1/12, .75) 5: (2/12, .75) 4: (3/12, .75): area to 0.25
    expected = (0.25 * (1 / normal) + 0.75 * (2 / normal)) / 0.25
    assert figures.normal_pixels == normal
    assert figures.regions == 2
    assert figures.aupro == pytest.approx(expected)
    assert figures.auroc == pytest.approx(roc_auc_score(mask.ravel(), values.ravel()))


def brute_force_aupro(maps: list[NDArray[np.float32]], masks: list[NDArray[np.bool_]], limit: float) -> float:
    regions = []
    for values, mask in zip(maps, masks, strict=True):
        count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
        regions += [values[labels == index] for index in range(1, count)]
    normal = np.concatenate([values[~mask] for values, mask in zip(maps, masks, strict=True)])
    points = [(0.0, 0.0)]
    for threshold in np.unique(np.concatenate([values.ravel() for values in maps]))[::-1]:
        overlap = np.mean([(region >= threshold).mean() for region in regions])
        points.append((float((normal >= threshold).mean()), float(overlap)))
    area = 0.0
    for (x0, y0), (x1, y1) in pairwise(points):
        if x0 < limit and x1 > x0:
            end = min(x1, limit)
            y_end = y0 + (y1 - y0) * (end - x0) / (x1 - x0)
            area += (end - x0) * (y0 + y_end) / 2
    return area / limit


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.05, 0.3, 1.0]))
def test_agrees_with_scikit_learn_and_with_the_definition(seed: int, limit: float) -> None:
    rng = np.random.default_rng(seed)
    maps, masks = [], []
    for _ in range(3):
        # few distinct values, far apart: ties are real ties and none are added by the histogram
        maps.append((rng.integers(-20, 20, (12, 17)) * rng.choice([0.001, 1.0, 1000.0])).astype(np.float32))
        masks.append(rng.random((12, 17)) < 0.1)
    masks[0][0, 0] = True
    accumulator = PixelAccumulator()
    for values, mask in zip(maps, masks, strict=True):
        accumulator.add(values, mask)
    figures = accumulator.figures(limit)
    truth = np.concatenate([mask.ravel() for mask in masks])
    assert figures.auroc == pytest.approx(roc_auc_score(truth, np.concatenate([m.ravel() for m in maps])))
    assert figures.aupro == pytest.approx(brute_force_aupro(maps, masks, limit))


def test_continuous_values_lose_nothing_worth_naming() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(5, 1, (300, 300)).astype(np.float32)
    mask = np.zeros((300, 300), bool)
    mask[40:90, 50:80] = True
    values[mask] += 1
    accumulator = PixelAccumulator()
    accumulator.add(values, mask)
    assert accumulator.figures().auroc == pytest.approx(roc_auc_score(mask.ravel(), values.ravel()), abs=2e-5)


def test_good_images_alone_give_no_figure() -> None:
    accumulator = PixelAccumulator()
    accumulator.add(np.zeros((4, 4), np.float32), None)
    figures = accumulator.figures()
    assert figures.auroc is None
    assert figures.aupro is None
    assert figures.images == 1


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        PixelAccumulator().add(np.zeros((4, 4), np.float32), np.zeros((4, 5), bool))
