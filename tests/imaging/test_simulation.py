"""The simulated product line: reproducible, varied, and honest about where its defects are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.errors import CameraError
from inspector.imaging.simulation import SimulatedLine, Truth, products, render, truth_of
from inspector.imaging.simulation.artwork import BARCODE
from inspector.imaging.simulation.line import MINIMUM_PIXELS
from inspector.imaging.simulation.printing import ean13_check, ean13_modules

PRODUCTS = [item.id for item in products()]
KINDS = [(item.id, kind) for item in products() for kind in item.kinds]


def test_the_line_makes_the_products_it_names() -> None:
    assert {"washer", "label", "weave"} <= set(PRODUCTS)
    every_kind = {kind for _, kind in KINDS}
    assert every_kind >= {"scratch", "dent", "stain", "missing_feature", "misprint", "pulled_thread"}


@pytest.mark.parametrize("product", products(), ids=lambda item: item.id)
def test_a_good_part_is_a_picture_of_its_size_without_a_defect(product) -> None:
    part = render(product.id, 3, 5)
    assert part.image.shape == (product.height, product.width, 3)
    assert part.image.dtype == np.uint8
    assert (part.label, part.kind, part.mask.any()) == ("good", None, False)
    assert part.mask.shape == part.image.shape[:2]
    assert part.mask.dtype == np.bool_
    assert 20 < part.image.mean() < 230
    assert (part.image == 255).mean() < 0.01, "overexposed"


@pytest.mark.parametrize("product", PRODUCTS)
def test_the_same_part_comes_out_the_same(product: str) -> None:
    first, again = (render(product, 7, 11, defect_rate=1.0) for _ in range(2))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.mask, again.mask)
    assert first.kind == again.kind


@pytest.mark.parametrize("product", PRODUCTS)
def test_good_parts_differ_from_each_other_and_between_seeds(product: str) -> None:
    pictures = [render(product, seed, index).image.astype(float) for seed, index in ((1, 0), (1, 1), (2, 0))]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(pictures[one] - pictures[other]).mean() > 1.5


@pytest.mark.parametrize(("product", "kind"), KINDS)
def test_the_mask_covers_exactly_what_a_defect_changed(product: str, kind: str) -> None:
    for index in range(3):
        twin, part = render(product, 5, index), render(product, 5, index, kind=kind)
        assert (part.label, part.kind) == ("defect", kind)
        difference = np.abs(part.image.astype(int) - twin.image.astype(int)).max(axis=2)
        assert np.count_nonzero(part.mask) >= MINIMUM_PIXELS
        assert difference[~part.mask].max() <= 6, "changed outside the mask"
        assert difference[part.mask].mean() > 8, "the mask covers what did not change"
        assert part.mask.mean() < 0.35


@pytest.mark.parametrize("product", PRODUCTS)
def test_defects_range_from_subtle_to_obvious(product: str) -> None:
    areas = [np.count_nonzero(render(product, 8, index, defect_rate=1.0).mask) for index in range(24)]
    assert max(areas) > 3 * min(areas)


def test_the_defect_rate_is_kept_and_all_kinds_come() -> None:
    line = SimulatedLine("washer", seed=4, defects=0.3)
    truths = [line.truth(sequence) for sequence in range(1000)]
    assert 0.25 < np.mean([truth.label == "defect" for truth in truths]) < 0.35
    assert {truth.kind for truth in truths} == {None, "scratch", "dent", "stain", "missing_feature"}


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(PRODUCTS), st.integers(0, 2**31), st.integers(0, 10**6), st.floats(0, 1))
def test_truth_is_what_the_camera_shows(product: str, seed: int, sequence: int, defects: float) -> None:
    line = SimulatedLine(product, seed, defects)
    source = f"simulated:{line.address}"
    assert SimulatedLine.parse(source) == line
    part = line.render(sequence)
    assert truth_of(source, sequence) == Truth(part.label, part.kind)
    assert part.mask.any() == (part.label == "defect")


def test_only_simulated_sources_have_a_truth() -> None:
    assert truth_of("usb:0", 3) is None
    assert truth_of("simulated:washer", 3) == Truth("good", None)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("gearbox", "camera_not_found"),
        ("", "camera_not_found"),
        ("washer?seed=x", "camera_address"),
        ("washer?seed=-1", "camera_address"),
        ("washer?defects=1.2", "camera_address"),
        ("washer?defects=nan", "camera_address"),
        ("washer?speed=3", "camera_address"),
        ("washer?seed", "camera_address"),
    ],
)
def test_an_address_that_means_nothing_is_refused(address: str, code: str) -> None:
    with pytest.raises(CameraError) as caught:
        SimulatedLine.parse(address)
    assert caught.value.code == code


def test_a_kind_that_a_product_cannot_have_is_refused() -> None:
    with pytest.raises(ValueError, match="pulled_thread"):
        render("washer", 0, 0, kind="pulled_thread")


def test_the_printed_barcode_can_be_read() -> None:
    assert ean13_check("400638133393") == 1
    assert ean13_modules("400638133393").startswith("101000110101001110101111")
    part = render("label", 1, 0)
    enlarged = cv2.resize(part.image, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    found = cv2.barcode.BarcodeDetector().detectAndDecode(enlarged)[0]
    assert found == f"{BARCODE}{ean13_check(BARCODE)}"
