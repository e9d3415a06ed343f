"""Every method's network is exported, and ONNX Runtime gives what torch gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.detectors.registry import detector_ids
from inspector.runtime.export import export_network
from tests.detectors.parts import fitted, good_parts

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("detector_id", detector_ids())
def test_both_libraries_agree(detector_id: str, tmp_path: Path) -> None:
    detector = fitted(detector_id, good_parts(4), size=64)
    parity = export_network(detector, good_parts(4), tmp_path / "net.onnx")
    assert parity.max_score_difference < parity.tolerance / 2
    assert parity.max_map_difference < parity.tolerance / 2
