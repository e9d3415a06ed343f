"""What ONNX Runtime computes on: only what gives the CPU's results, and never another without a word."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from inspector.errors import BundleError
from inspector.runtime import providers
from inspector.runtime.bundle import load_bundle
from inspector.runtime.engines import open_engine
from inspector.runtime.onnx_session import CPU, open_session
from inspector.runtime.providers import open_best, title_of
from tests.support.brightness import SIDE, write_brightness_bundle
from tests.support.station import picture

FORMAT_1 = Path(__file__).parent / "files" / "format_1.inspector"
AZURE = "AzureExecutionProvider"
"""Part of the ordinary wheel; what it cannot do (all of it) the CPU does. A provider that starts and computes right."""

SAMPLE = np.full((1, 3, SIDE, SIDE), 77 / 255, np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_brightness_bundle(tmp_path / "model", tmp_path / "scratch")
    return tmp_path / "model"


def best(path: Path, *available: str, threads: int | None = None) -> onnxruntime.InferenceSession:
    bundle = load_bundle(path)
    return open_best(bundle.manifest, bundle.onnx(), bundle.folder, threads, available)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]


def test_without_an_accelerator_there_is_nothing_to_tell(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for available in ([CPU], [AZURE, CPU], []):
        assert title_of(best(path, *available)) == "CPU"
    assert lines(caplog) == []


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_what_cannot_be_started_is_passed_over_with_a_line_each(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    missing = [name for name in providers.TITLES if name not in onnxruntime.get_available_providers()]
    session = best(path, *reversed(missing), CPU)
    assert title_of(session) == "CPU"
    assert float(session.run(None, {"image": SAMPLE})[0][0]) == pytest.approx(77, abs=0.01)
    assert lines(caplog) == [
        f"{providers.TITLES[name]} is not used: it cannot be started on this computer" for name in missing
    ]


def test_a_provider_that_refuses_is_passed_over(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> onnxruntime.InferenceSession:
        raise RuntimeError("no driver\nwith a long story")

    monkeypatch.setattr(providers, "session_on", refuse)
    assert title_of(best(path, "DmlExecutionProvider", CPU)) == "CPU"
    assert lines(caplog) == ["DirectML is not used: no driver"]


@pytest.fixture
def azure_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    if AZURE not in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime has no second provider")
    monkeypatch.setattr(providers, "TITLES", {AZURE: "Azure", CPU: "CPU"})


@pytest.mark.usefixtures("azure_counts")
@pytest.mark.parametrize("old", [False, True])
def test_what_starts_and_gives_the_cpus_results_is_used(
    path: Path, old: bool, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "inspector"):
        engine = open_engine(FORMAT_1 if old else path, "onnx", threads=1)
    assert engine.provider == "Azure"
    assert "ONNX Runtime computes on Azure" in caplog.text
    assert lines(caplog) == []
    if not old:
        assert engine.infer(picture(77)).score == pytest.approx(77, abs=0.01)


@pytest.mark.usefixtures("azure_counts")
@pytest.mark.parametrize(("factor", "used"), [(1.0001, True), (1.01, False)])
def test_what_gives_other_results_is_passed_over(
    path: Path,
    factor: float,
    used: bool,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The accelerator is given a network whose results are off by a factor."""
    model = onnx.load(path / "model.onnx")
    white = model.graph.initializer[0]
    white.CopyFrom(onnx.numpy_helper.from_array(onnx.numpy_helper.to_array(white) * factor, white.name))
    off = tmp_path / "off.onnx"
    onnx.save(model, off)
    session_on = providers.session_on
    monkeypatch.setattr(
        providers, "session_on", lambda name, options, _, threads: session_on(name, options, off, threads)
    )
    session = best(path, AZURE, CPU)
    assert title_of(session) == ("Azure" if used else "CPU")
    if not used:
        assert float(session.run(None, {"image": SAMPLE})[0][0]) == pytest.approx(77, abs=0.01)
        (line,) = lines(caplog)
        assert line.startswith("Azure is not used: its results differ from the CPU's by 0.0")


def test_threads_are_respected_everywhere(path: Path) -> None:
    options = best(path, CPU, threads=1).get_session_options()
    assert options.intra_op_num_threads == 1
    assert providers._options("OpenVINOExecutionProvider", 1) == {"num_of_threads": "1"}


def test_a_damaged_network_is_the_bundles_fault_whatever_computes(path: Path, tmp_path: Path) -> None:
    (tmp_path / "damaged.onnx").write_bytes(b"damaged")
    with pytest.raises(BundleError) as caught:
        open_best(load_bundle(path).manifest, tmp_path / "damaged.onnx", path, None, [CPU])
    assert caught.value.code == "bundle_damaged"


def test_a_session_never_changes_its_provider_by_itself(path: Path) -> None:
    """ONNX Runtime would go on with the CPU after an error, and print that where nobody looks."""
    assert open_session(load_bundle(path).onnx(), path)._enable_fallback is False
