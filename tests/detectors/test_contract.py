"""What every registered detector must do, whatever its method."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import fields

import numpy as np
import pytest
import torch

from inspector.detectors.base import Detector
from inspector.detectors.parameters import build, declarations
from inspector.detectors.registry import detector_ids, detector_type
from inspector.detectors.work import Material, Work
from inspector.errors import BundleError, Cancelled, TrainingError, WeightsError
from inspector.features.registry import DEFAULT_BACKBONE, BackboneChoice
from inspector.imaging.frame import Image
from inspector.messages import STAGES
from inspector.tasks import CancelToken, no_progress
from tests.detectors.parts import (
    DEFECT,
    SIZE,
    SLACK,
    CancellingImages,
    bad_part,
    few_steps,
    fitted,
    good_part,
    good_parts,
    make,
)

pytestmark = pytest.mark.parametrize("detector_id", detector_ids())

_fitted: dict[str, Detector] = {}


@pytest.fixture
def detector(detector_id: str) -> Detector:
    """One fit per method serves all tests that only ask."""
    if detector_id not in _fitted:
        _fitted[detector_id] = fitted(detector_id, good_parts(8))
    return _fitted[detector_id]


@pytest.fixture(scope="module", autouse=True)
def forget_fitted() -> Iterator[None]:
    yield
    _fitted.clear()


def scores(detector: Detector, images: list[Image]) -> np.ndarray:
    return np.array([prediction.score for prediction in detector.predict(images)])


def test_declaration(detector_id: str) -> None:
    kind = detector_type(detector_id)
    assert kind.id == detector_id
    assert kind.title
    assert kind.summary.endswith(".")
    for preset in ("standard", "quick"):
        build(kind.parameters_type, {}, preset)
    for item in declarations(kind.parameters_type):
        assert item.title
        assert item.help.endswith((".", "better."))
        build(kind.parameters_type, {item.name: item.default if item.quick is None else item.quick})


def test_its_module_leaves_torch_out(detector_id: str) -> None:
    module = detector_type(detector_id).__module__
    code = f"import sys, {module}; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_it_declares_its_work(detector_id: str) -> None:
    detector = make(detector_id)
    few, many = (detector.work(Material(images, SIZE, SIZE, 5)) for images in (4, 40))
    for field in fields(Work):
        assert getattr(few, field.name) > 0, field.name
        assert getattr(many, field.name) >= getattr(few, field.name), field.name
    if detector.calibration == "cross_validated":
        assert many.learning > few.learning
        assert many.validation > few.validation


def test_what_it_learns_is_as_large_as_declared(detector: Detector) -> None:
    assert detector.preprocessing is not None
    declared = detector.work(Material(8, detector.preprocessing.height, detector.preprocessing.width, 5))
    assert sum(value.nbytes for value in detector.state().values()) == pytest.approx(declared.learned_bytes, rel=0.1)


def test_predictions_have_the_shape_of_their_crops(detector: Detector) -> None:
    sizes = [(SIZE, SIZE), (50, 81), (200, 120)]
    predictions = detector.predict([good_part(50, *size) for size in sizes])
    for prediction, size in zip(predictions, sizes, strict=True):
        assert isinstance(prediction.score, float)
        assert np.isfinite(prediction.score)
        if detector.has_map:
            assert prediction.anomaly_map is not None
            assert prediction.anomaly_map.dtype == np.float32
            assert prediction.anomaly_map.shape == size
            assert np.isfinite(prediction.anomaly_map).all()
        assert prediction.timing.total_ms > 0


def test_a_defect_stands_out_where_it_is(detector: Detector) -> None:
    """Its score is above those of good parts by more than these differ, its peak on the defect."""
    good = scores(detector, [good_part(seed) for seed in range(100, 110)])
    for seed in range(200, 204):
        prediction = detector.predict([bad_part(seed)])[0]
        assert prediction.score > good.max() + np.ptp(good)
        if prediction.anomaly_map is not None:
            slack = SLACK.get(detector.id, 4)
            row, column = np.unravel_index(prediction.anomaly_map.argmax(), prediction.anomaly_map.shape)
            assert DEFECT[0].start - slack <= row <= DEFECT[0].stop + slack
            assert DEFECT[1].start - slack <= column <= DEFECT[1].stop + slack


def test_one_at_a_time_is_as_good_as_all_at_once(detector: Detector) -> None:
    images = [good_part(60), bad_part(61), good_part(62), bad_part(63), good_part(64)]
    together = scores(detector, images)
    alone = np.concatenate([scores(detector, [image]) for image in images])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-4 * np.ptp(together))


def test_saved_and_loaded_predicts_the_same(detector: Detector) -> None:
    assert detector.preprocessing is not None
    state = detector.state()
    assert all(isinstance(value, np.ndarray) and value.flags.c_contiguous for value in state.values())
    copy = type(detector)(detector.settings, detector.parameters)
    copy.load_state({key: value.copy() for key, value in state.items()}, detector.preprocessing)
    images = [good_part(70), bad_part(71)]
    for before, after in zip(detector.predict(images), copy.predict(images), strict=True):
        assert after.score == before.score
        if before.anomaly_map is not None:
            np.testing.assert_array_equal(after.anomaly_map, before.anomaly_map)


def test_a_state_that_does_not_fit_is_refused(detector: Detector) -> None:
    assert detector.preprocessing is not None
    for name, value in detector.state().items():
        if value.ndim == 0:
            continue
        broken = {**detector.state(), name: value[..., :-1].copy()}
        copy = type(detector)(detector.settings, detector.parameters)
        with pytest.raises(BundleError):
            copy.load_state(broken, detector.preprocessing)
    with pytest.raises(BundleError):
        type(detector)(detector.settings, detector.parameters).load_state({}, detector.preprocessing)


def test_the_network_gives_what_predict_gives(detector: Detector) -> None:
    assert detector.preprocessing is not None
    images = [good_part(80), bad_part(81), good_part(82)]
    with torch.inference_mode():
        outputs = detector.network()(torch.from_numpy(detector.preprocessing.batch(images)))
    predictions = detector.predict(images)
    network_scores = outputs[0] if detector.has_map else outputs
    assert network_scores.dtype == torch.float32
    expected = [item.score for item in predictions]
    np.testing.assert_allclose(network_scores.numpy(), expected, rtol=1e-5, atol=1e-5 * np.ptp(expected))
    if detector.has_map:
        assert outputs[1].shape == (3, detector.preprocessing.height, detector.preprocessing.width)
        assert predictions[1].anomaly_map is not None
        np.testing.assert_allclose(outputs[1][1].numpy(), predictions[1].anomaly_map, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_images_suffice(detector_id: str, count: int) -> None:
    detector = fitted(detector_id, good_parts(count), size=64)
    good, bad = scores(detector, [good_part(90), bad_part(91)])
    assert bad > good


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_identical_and_flat_images_work(detector_id: str, grey: int) -> None:
    images = [np.full((SIZE, SIZE, 3), grey, np.uint8)] * 4
    detector = fitted(detector_id, images, size=64)
    found = scores(detector, [*images, bad_part(1)])
    assert np.isfinite(found).all()
    assert np.ptp(found[:4]) <= 1e-3 * (found[4] - found[0])


def test_mixed_sizes_and_gray_images_work(detector_id: str) -> None:
    images = [good_part(1, 96, 96), good_part(2, 60, 120), good_part(3, 150, 90), good_part(4, 33, 47)]
    gray = [np.repeat(image.mean(2, keepdims=True).astype(np.uint8), 3, 2) for image in images]
    detector = fitted(detector_id, gray, size=64, **few_steps(detector_id))
    assert detector.preprocessing is not None
    assert (detector.preprocessing.height, detector.preprocessing.width) == (64, 64)
    assert np.isfinite(scores(detector, gray)).all()


def test_a_common_shape_is_kept(detector_id: str) -> None:
    detector = fitted(detector_id, [good_part(seed, 60, 120) for seed in range(3)], size=96, **few_steps(detector_id))
    assert detector.preprocessing is not None
    size = detector.preprocessing.height, detector.preprocessing.width
    assert size == ((96, 96) if detector.square_only else (64, 128))
    prediction = detector.predict([good_part(9, 60, 120)])[0]
    assert prediction.anomaly_map is None or prediction.anomaly_map.shape == (60, 120)


def test_the_same_seed_gives_the_same_detector(detector_id: str) -> None:
    values = {"size": 64, "seed": 3, **few_steps(detector_id)}
    one, two = (fitted(detector_id, good_parts(4), **values) for _ in range(2))
    for name, value in one.state().items():
        np.testing.assert_array_equal(value, two.state()[name], err_msg=name)


def test_progress_counts_up_to_the_end(detector_id: str) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}

    def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
        seen.setdefault(stage, []).append((done, total))

    make(detector_id, size=64, **few_steps(detector_id)).fit(good_parts(5), progress, CancelToken())
    assert seen
    for stage, counts in seen.items():
        assert stage in STAGES
        assert all(done <= total or not total for done, total in counts), stage
        assert counts[-1][0] == counts[-1][1], stage


def test_cancel_is_heard_within_a_second(detector_id: str) -> None:
    token = CancelToken()
    images = CancellingImages(good_parts(30), token, at=13)
    with pytest.raises(Cancelled):
        make(detector_id).fit(images, no_progress, token)
    assert time.perf_counter() - images.asked < 1.0


def test_cancel_is_heard_in_every_stage(detector_id: str) -> None:
    stages: list[str] = []
    values = few_steps(detector_id)
    make(detector_id, **values).fit(good_parts(6), lambda _, __, stage, value=None: stages.append(stage), CancelToken())
    for wanted in dict.fromkeys(stages):
        token = CancelToken()
        asked: list[float] = []

        def progress(done: int, total: int, stage: str, value: float | None = None) -> None:
            if stage == wanted and not token.cancelled:  # noqa: B023 - used within this round only
                asked.append(time.perf_counter())  # noqa: B023
                token.cancel()  # noqa: B023

        with contextlib.suppress(Cancelled):
            make(detector_id, **values).fit(good_parts(6), progress, token)
        assert time.perf_counter() - asked[0] < 1.0


def test_nothing_to_learn_from_is_said(detector_id: str) -> None:
    with pytest.raises(TrainingError) as error:
        make(detector_id).fit([], no_progress, CancelToken())
    assert error.value.code == "training_no_images"


def test_unknown_features_are_said(detector_id: str) -> None:
    detector = make(detector_id)
    if not detector.needs_backbone:
        assert detector.work(Material(4, SIZE, SIZE, 5)).learning > 0
        return
    settings = type(detector.settings)(BackboneChoice("resnet1001"), 64)
    other = type(detector)(settings, detector.parameters)
    other.extras = detector.extras
    with pytest.raises(WeightsError):
        other.fit(good_parts(1), no_progress, CancelToken())


def test_the_backbone_used_is_told(detector: Detector) -> None:
    assert (detector.backbone is not None) == detector.needs_backbone
    if detector.needs_backbone:
        assert detector.backbone is not None
        assert detector.backbone.name == DEFAULT_BACKBONE == "embedded_v1"
        assert detector.backbone.layers
        assert len(detector.backbone.weights_sha256) == 64
        assert detector.backbone.source == "embedded"


def test_it_works_without_any_learned_network(detector_id: str) -> None:
    detector = fitted(detector_id, good_parts(6), backbone="filterbank")
    good, bad = scores(detector, [good_part(90), bad_part(91)])
    assert bad > good
    assert detector.preprocessing is not None
    copy = make(detector_id, backbone="filterbank")
    copy.load_state(detector.state(), detector.preprocessing)
    np.testing.assert_array_equal(scores(copy, [good_part(90), bad_part(91)]), [good, bad])
    if detector.needs_backbone:
        assert detector.backbone is not None
        assert (detector.backbone.name, detector.backbone.source) == ("filterbank", "embedded")
