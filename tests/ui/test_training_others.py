"""Methods that need more than good pictures: other products are chosen in a list, lacking defects grey a method out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QFileDialog, QListWidgetItem
from pytestqt.qtbot import QtBot

from inspector.data.dataset import Label, Split
from inspector.data.project import Project
from inspector.data.rows import SampleQuery
from inspector.detectors import registry
from inspector.detectors.regad import RegAD
from inspector.detectors.registry import detector_type
from inspector.tasks import CancelToken, no_progress
from inspector.ui.context import AppContext
from inspector.ui.panes.training import TrainingPane
from inspector.ui.panes.training.others_chooser import OthersChooser
from tests.support.parts import write_good

WAIT = 20_000


class Translator(RegAD):
    """Stands for a method that learns from defects."""

    id: ClassVar[str] = "translator"
    title: ClassVar[str] = "Translator"
    needs_defects: ClassVar[bool] = True
    needs_others: ClassVar[bool] = False


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A project of another product, opened once."""
    made = Project.create(tmp_path / "Andere", "Andere")
    made.samples.import_paths(
        [write_good(tmp_path / "other good", 3, first=50)], no_progress, CancelToken(), Label.GOOD
    )
    made.close()
    return made.folder


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    made = Project.create(tmp_path / "Eigene", "Eigene")
    made.samples.import_paths([write_good(tmp_path / "good", 4)], no_progress, CancelToken(), Label.GOOD)
    made.samples.import_paths([write_good(tmp_path / "bad", 2, first=80)], no_progress, CancelToken(), Label.DEFECT)
    yield made
    made.close()


@pytest.fixture
def pane(
    project: Project, other: Path, context: AppContext, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TrainingPane]:
    monkeypatch.setitem(registry._DETECTORS, "translator", f"{__name__}:Translator")
    monkeypatch.setitem(registry._FAMILIES, "Across products", {"regad": "", "translator": ""})
    for folder in (other.with_name("Gelöscht"), other, project.folder):
        context.settings.remember_project(folder)
    context.set_project(project)
    shown = TrainingPane(context)
    qtbot.addWidget(shown)
    shown.resize(1140, 700)
    shown.show()
    qtbot.waitUntil(shown.trainer.start.isEnabled, timeout=WAIT)
    yield shown
    shown.shutdown()


def choose(pane: TrainingPane, method: str) -> None:
    pane.trainer.form.method.setCurrentIndex(pane.trainer.form.method.findData(method))


def offered(chooser: OthersChooser) -> dict[str, QListWidgetItem]:
    items = [chooser.list.item(row) for row in range(chooser.list.count())]
    return {item.text(): item for item in items}


def test_other_products_are_asked_for_only_where_they_are_needed(pane: TrainingPane) -> None:
    form = pane.trainer.form
    assert not form.others.isVisible()
    assert form.choices["others"] == ()
    choose(pane, "regad")
    assert form.others.isVisible()
    assert not pane.trainer.start.isEnabled()
    assert "other product" in pane.trainer._obstacle.text()
    choose(pane, "padim")
    assert not form.others.isVisible()
    assert pane.trainer.start.isEnabled()


def test_recent_projects_but_not_the_open_one_can_be_ticked(pane: TrainingPane, other: Path, qtbot: QtBot) -> None:
    choose(pane, "regad")
    form = pane.trainer.form
    # Whether they can be reached is looked up in the background.
    qtbot.waitUntil(lambda: offered(form.others)["Gelöscht"].flags() == Qt.ItemFlag.NoItemFlags, timeout=WAIT)
    assert set(offered(form.others)) == {"Andere", "Gelöscht"}
    assert "not there" in offered(form.others)["Gelöscht"].toolTip()
    offered(form.others)["Andere"].setCheckState(Qt.CheckState.Checked)
    assert form.choices["others"] == (other,)
    assert pane.trainer.start.isEnabled()
    form.others.refresh()
    assert form.choices["others"] == (other,)
    offered(form.others)["Andere"].setCheckState(Qt.CheckState.Unchecked)
    assert not pane.trainer.start.isEnabled()


def test_a_folder_can_be_added(pane: TrainingPane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(pane, "regad")
    chooser = pane.trainer.form.others
    folder = tmp_path / "other good"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    chooser.add_button.click()
    chooser.add_button.click()
    assert chooser.chosen == (folder,)
    assert [name for name in offered(chooser) if name == "other good"] == ["other good"]
    assert pane.trainer.start.isEnabled()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    chooser.add_button.click()
    assert chooser.chosen == (folder,)


def test_a_method_that_lacks_defects_is_grey_and_says_why(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    form = pane.trainer.form
    row = form.method.findData("translator")
    model = form.method.model()
    assert isinstance(model, QStandardItemModel)
    project.samples.set_split(project.samples.ids(SampleQuery(label=Label.DEFECT)), Split.TEST)
    pane.trainer.recount()
    qtbot.waitUntil(lambda: not model.item(row).isEnabled(), timeout=WAIT)
    assert "learns from defects" in model.item(row).toolTip()
    ids = {place: form.method.itemData(place) for place in range(model.rowCount())}
    grey = {name for place, name in ids.items() if name and not model.item(place).isEnabled()}
    assert grey == {name for name in ids.values() if name and detector_type(name).needs_defects}
    project.samples.set_split(project.samples.ids(SampleQuery(label=Label.DEFECT))[:1], Split.TRAIN)
    pane.trainer.recount()
    qtbot.waitUntil(model.item(row).isEnabled, timeout=WAIT)
    assert "learns from defects" not in model.item(row).toolTip()


def test_losing_its_defects_stops_a_method_that_was_chosen(pane: TrainingPane, project: Project, qtbot: QtBot) -> None:
    project.samples.set_split(project.samples.ids(SampleQuery(label=Label.DEFECT)), Split.TRAIN)
    pane.trainer.recount()
    choose(pane, "translator")
    qtbot.waitUntil(pane.trainer.start.isEnabled, timeout=WAIT)
    project.samples.set_split(project.samples.ids(SampleQuery(label=Label.DEFECT)), Split.TEST)
    pane.trainer.recount()
    qtbot.waitUntil(lambda: not pane.trainer.start.isEnabled(), timeout=WAIT)
    assert "learns from defects" in pane.trainer._obstacle.text()
