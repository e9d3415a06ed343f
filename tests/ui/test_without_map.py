"""A model whose method makes no map, trained for real, in both panes: it is said where a map would be looked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from inspector.cameras.base import CameraSource
from inspector.data.dataset import Label
from inspector.data.project import Project
from inspector.evaluation.judge import Verdict
from inspector.imaging.files import write_image
from inspector.tasks import CancelToken, no_progress
from inspector.ui.context import AppContext
from inspector.ui.panes.inspection import InspectionPane
from inspector.ui.panes.training import TrainingPane
from tests.support.brightness import add_brightness_model
from tests.support.parts import quick_training, spoilt, write_good

pytestmark = pytest.mark.slow
WAIT = 30_000


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    write_good(folder / "good", 6)
    for index in range(2):
        (folder / "bad").mkdir(exist_ok=True)
        write_image(folder / "bad" / f"{900 + index}.png", spoilt(200 + index)[0])
    return folder


@pytest.fixture(scope="module")
def trained(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model") / "m"
    quick_training(pictures / "good", out, detector="dn2", name="Whole")
    return out


@pytest.fixture
def project(tmp_path: Path, pictures: Path, trained: Path) -> Iterator[Project]:
    made = Project.create(tmp_path / "Teile", "Teile")
    for name, label in (("good", Label.GOOD), ("bad", Label.DEFECT)):
        made.samples.import_paths([pictures / name], no_progress, CancelToken(), label)
    made.models.activate(made.models.add(trained).id)
    yield made
    made.close()


def test_parts_are_judged_live_without_a_map(
    project: Project, context: AppContext, pictures: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    context.project = project
    pane = InspectionPane(context)
    qtbot.addWidget(pane)
    pane.resize(1280, 700)
    pane.show()
    display = pane.display
    qtbot.waitUntil(lambda: pane.model.bundle is not None and pane.controls.source.box.count() > 4, timeout=WAIT)
    qtbot.waitUntil(display.no_map.isVisible, timeout=WAIT)
    assert "no map" in display.no_map.text()
    assert not any(item.isVisible() for item in (display.heatmap, display.contours, display.opacity, display.colours))
    pane.controls.source.select(CameraSource("folder", f"{pictures / 'bad'}?watch=0"))
    pane.controls.start.click()
    qtbot.waitUntil(lambda: pane.session.active, timeout=WAIT)
    qtbot.waitUntil(lambda: not pane.session.active, timeout=WAIT)
    assert [item.verdict for item in pane.strip.items] == [Verdict.FAIL, Verdict.FAIL]
    assert pane.banner.isHidden()
    shown = pane.history.shown
    assert shown is not None
    assert shown.anomaly_map is None
    assert (shown.drawn == shown.picture).all()
    pane.shutdown()


def test_another_model_brings_the_heatmap_back(
    project: Project, context: AppContext, tmp_path: Path, qtbot: QtBot
) -> None:
    context.project = project
    pane = InspectionPane(context)
    qtbot.addWidget(pane)
    pane.show()
    qtbot.waitUntil(pane.display.no_map.isVisible, timeout=WAIT)
    add_brightness_model(project, tmp_path / "scratch")
    context.models_changed.emit()
    qtbot.waitUntil(pane.display.heatmap.isVisible, timeout=WAIT)
    assert not pane.display.no_map.isVisible()
    pane.shutdown()


def test_the_result_shows_the_picture_and_says_that_there_is_no_map(
    project: Project, context: AppContext, qtbot: QtBot
) -> None:
    context.set_project(project)
    pane = TrainingPane(context)
    qtbot.addWidget(pane)
    pane.resize(1140, 700)
    pane.show()
    qtbot.waitUntil(lambda: pane.result.result is not None, timeout=WAIT)
    pane.result.tabs.setCurrentIndex(1)
    panel = pane.result.picture
    assert panel._no_map.isVisible()
    assert "no map" in panel._no_map.text()
    assert not panel.heat.isEnabled()
    pane.result.images.view.selectRow(0)
    qtbot.waitUntil(lambda: panel._heatmap is not None, timeout=WAIT)
    assert panel._heatmap is not None
    assert panel._heatmap.overlay is None
    assert not panel.heat.isEnabled()
    assert panel.enlarge.isEnabled()
    pane.shutdown()
