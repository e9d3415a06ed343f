"""The project pane on a real project: import, label, undo, filter, look, remove, and close in the middle of it."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QDialog, QLabel
from pytestqt.qtbot import QtBot

from inspector.data.dataset import Label, Split
from inspector.data.project import Project
from inspector.imaging.files import write_image
from inspector.ui.context import AppContext
from inspector.ui.dialogs.import_report import ImportReportDialog
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.models.sample_model import BLOCK, Role
from inspector.ui.panes.project import ProjectPane
from inspector.ui.texts import label_word
from tests.ui.conftest import write_pictures


def bring_in(pane: ProjectPane, qtbot: QtBot, folder: Path, count: int = 12) -> list[int]:
    """Import pictures and wait until they are shown and selected; their ids in order."""
    pane.import_paths([write_pictures(folder, count)])
    qtbot.waitUntil(lambda: not pane.importing.runner.running and len(pane.model.ids) == count)
    qtbot.waitUntil(lambda: len(pane.grid.selected_ids()) == count)
    return list(pane.model.ids)


def labels(project: Project) -> Counter[Label]:
    return Counter({label: count for label, count in project.samples.counts().items() if count})


def select(pane: ProjectPane, *ids: int) -> None:
    pane.grid.select_ids(ids, ids[0])
    pane.grid.setFocus()


def dialogs(kind: type[QDialog]) -> list[QDialog]:
    return [item for item in QApplication.topLevelWidgets() if isinstance(item, kind) and item.isVisible()]


def press(pane: ProjectPane, key: Qt.Key, qtbot: QtBot) -> None:
    qtbot.keyClick(pane.grid, key)


@pytest.fixture
def samples(pane: ProjectPane, qtbot: QtBot, tmp_path: Path) -> list[int]:
    return bring_in(pane, qtbot, tmp_path / "pictures")


def test_an_import_is_reported_and_offers_to_label(
    pane: ProjectPane, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "zz cut off.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    bring_in(pane, qtbot, tmp_path / "pictures")
    assert "Pictures added: 12, not usable: 1" in pane.banner.text
    qtbot.waitUntil(lambda: len(pane.banner._buttons) == 2)
    pane.banner._buttons[1].click()
    qtbot.waitUntil(lambda: labels(project) == {Label.GOOD: 12})
    pane.import_paths([tmp_path / "pictures"])
    qtbot.waitUntil(lambda: "there already: 12" in pane.banner.text)


def test_dropped_files_are_imported(pane: ProjectPane, qtbot: QtBot, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "größe", 3)
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in sorted(folder.iterdir())])
    pane.dropEvent(
        QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
                   Qt.KeyboardModifier.NoModifier)
    )  # fmt: skip
    qtbot.waitUntil(lambda: len(pane.model.ids) == 3)


@pytest.mark.parametrize(
    ("key", "label"), [(Qt.Key.Key_G, Label.GOOD), (Qt.Key.Key_D, Label.DEFECT), (Qt.Key.Key_U, Label.UNSURE)]
)
def test_a_key_labels_and_goes_on_to_the_next(
    pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot, key: Qt.Key, label: Label
) -> None:
    select(pane, samples[2])
    press(pane, key, qtbot)
    assert pane.grid.selected_ids() == [samples[3]]
    qtbot.waitUntil(lambda: project.samples.rows([samples[2]])[0].label is label)

    def shown() -> Label | None:
        row = pane.model.row_of(samples[2])  # not known while the model fetches it anew
        return row.label if row else None

    qtbot.waitUntil(lambda: shown() is label)


def test_undo_and_redo_of_labels(pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot) -> None:
    select(pane, samples[0])
    press(pane, Qt.Key.Key_G, qtbot)
    press(pane, Qt.Key.Key_D, qtbot)
    qtbot.waitUntil(lambda: labels(project)[Label.DEFECT] == 1)
    pane.editor.undo_stack.undo()
    qtbot.waitUntil(lambda: labels(project) == {Label.GOOD: 1, Label.NONE: 11})
    pane.editor.undo_stack.undo()
    qtbot.waitUntil(lambda: labels(project) == {Label.NONE: 12})
    pane.editor.undo_stack.redo()
    qtbot.waitUntil(lambda: labels(project) == {Label.GOOD: 1, Label.NONE: 11})
    assert not pane.editor.undo_stack.canRedo() or pane.editor.undo_stack.redoText()


def test_undo_brings_mixed_labels_back(pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot) -> None:
    project.samples.set_label(samples[:4], Label.DEFECT, "scratch")
    select(pane, *samples)
    press(pane, Qt.Key.Key_G, qtbot)
    qtbot.waitUntil(lambda: labels(project) == {Label.GOOD: 12})
    pane.editor.undo_stack.undo()
    qtbot.waitUntil(lambda: labels(project) == {Label.DEFECT: 4, Label.NONE: 8})
    assert {row.kind for row in project.samples.rows(samples[:4])} == {"scratch"}


def test_the_kind_of_defect_is_typed_and_completed(
    pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot
) -> None:
    select(pane, samples[0], samples[1])
    qtbot.keyClicks(pane.labels.kind_field, "dent")
    qtbot.keyClick(pane.labels.kind_field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: labels(project)[Label.DEFECT] == 2)
    assert {row.kind for row in project.samples.rows(samples[:2])} == {"dent"}
    qtbot.waitUntil(lambda: pane.labels.kind_field.completer().model().rowCount() == 1)


def test_a_touch_button_labels(pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot) -> None:
    select(pane, *samples[:3])
    pane.labels.button(Label.UNSURE).click()
    qtbot.waitUntil(lambda: labels(project)[Label.UNSURE] == 3)


def test_a_labelled_sample_leaves_the_filter_and_the_place_is_kept(
    pane: ProjectPane, samples: list[int], qtbot: QtBot
) -> None:
    pane.filter.choose_label(Label.NONE)
    select(pane, samples[4])
    press(pane, Qt.Key.Key_G, qtbot)
    qtbot.waitUntil(lambda: len(pane.model.ids) == 11)
    assert pane.grid.current_id == samples[5]
    pane.filter.choose_label(Label.GOOD)
    qtbot.waitUntil(lambda: pane.model.ids == [samples[4]])


def test_search_sort_and_split(pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot) -> None:
    select(pane, *samples[:2])
    pane.labels.split_wanted.emit(Split.TEST)
    qtbot.waitUntil(lambda: project.samples.rows([samples[0]])[0].split is Split.TEST)
    pane.filter._split.setCurrentIndex(pane.filter._split.findData(Split.TEST))
    qtbot.waitUntil(lambda: pane.model.ids == samples[:2])
    pane.filter.reset()
    pane.filter._sort.setCurrentIndex(1)
    qtbot.waitUntil(lambda: pane.model.ids == samples[::-1])
    pane.filter._search.setText("part 007")
    qtbot.waitUntil(lambda: pane.model.ids == [samples[7]])


def test_counts_are_shown(pane: ProjectPane, samples: list[int], qtbot: QtBot) -> None:
    select(pane, *samples[:5])
    press(pane, Qt.Key.Key_G, qtbot)
    good = pane.filter._labels.button(1)
    qtbot.waitUntil(lambda: good.text() == f"{label_word(Label.GOOD)}  5")


def test_the_preview_shows_the_current_sample_with_its_mask(
    pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot
) -> None:
    mask = np.zeros((48, 48), bool)
    mask[10:20, 10:20] = True
    project.samples.set_mask(samples[3], mask)
    pane.model.refresh(samples)
    select(pane, samples[3])
    qtbot.waitUntil(lambda: pane.preview.view.has_image and len(pane.preview.view._contours) == 1)
    select(pane, samples[4])
    qtbot.waitUntil(lambda: pane.preview._caption.text() == "part 004.png" and not pane.preview.view._contours)


def test_a_vanished_picture_is_told_in_its_place(
    pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot
) -> None:
    project.samples.rows([samples[6]])[0].path.unlink()
    select(pane, samples[6])
    qtbot.waitUntil(lambda: "is not there" in pane.preview.view._placeholder)
    assert not pane.preview.view.has_image


def test_removing_asks_first(pane: ProjectPane, project: Project, samples: list[int], qtbot: QtBot) -> None:
    select(pane, *samples[:4])
    press(pane, Qt.Key.Key_Delete, qtbot)
    (question,) = dialogs(MessageDialog)
    question.reject()
    assert len(project.samples.ids()) == 12
    press(pane, Qt.Key.Key_Delete, qtbot)
    (question,) = dialogs(MessageDialog)
    assert "(4)" in "".join(label.text() for label in question.findChildren(QLabel))
    question.accept()
    qtbot.waitUntil(lambda: pane.model.ids == samples[4:])
    assert not pane.editor.undo_stack.canUndo()


def test_thumbnails_and_rows_arrive_for_what_is_in_view(
    pane: ProjectPane, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    ids = bring_in(pane, qtbot, tmp_path / "many", BLOCK + 8)
    first, last = pane.model.index(0), pane.model.index(len(ids) - 1)
    qtbot.waitUntil(lambda: first.data(Role.THUMBNAIL) is not None)
    assert pane.model.row_of(ids[-1]) is None, "nobody has looked there yet"
    pane.grid.scrollTo(last)
    qtbot.waitUntil(lambda: pane.model.row_of(ids[-1]) is not None)
    assert first.data(Role.ROW).name == "part 000.png"


def slow_import(pane: ProjectPane, qtbot: QtBot, tmp_path: Path) -> int:
    """Start an import that takes a while and wait until it is under way; how many files it has."""
    folder = tmp_path / "large"
    noise = np.random.default_rng(0).integers(0, 255, (700, 700, 3), np.uint8)
    for number in range(60):
        noise[0, 0] = number
        write_image(folder / f"{number:02}.bmp", noise)
    with qtbot.waitSignal(pane.importing.runner.progress):
        pane.import_paths([folder])
    return 60


def test_a_cancelled_import_keeps_what_it_has(
    pane: ProjectPane, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    count = slow_import(pane, qtbot, tmp_path)
    with qtbot.waitSignal(pane.importing.runner.finished, timeout=2000):
        pane.importing.runner.cancel()
    assert "cancelled" in pane.banner.text
    qtbot.waitUntil(lambda: pane.model.ids == project.samples.ids())
    assert len(pane.model.ids) < count


def test_closing_while_importing_loses_nothing_that_was_copied(
    pane: ProjectPane, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    slow_import(pane, qtbot, tmp_path)
    pane.importing.stop()
    assert not pane.importing.runner.running
    for row in project.samples.rows(project.samples.ids()):
        assert row.path.stat().st_size > 0


def test_another_project_replaces_everything(
    pane: ProjectPane, context: AppContext, samples: list[int], qtbot: QtBot, tmp_path: Path
) -> None:
    select(pane, samples[0])
    press(pane, Qt.Key.Key_G, qtbot)
    before = context.project
    assert before is not None
    context.set_project(Project.create(tmp_path / "other", "Other"))
    try:
        assert pane.model.ids == []
        assert not pane.editor.undo_stack.canUndo()
        qtbot.waitUntil(lambda: not pane.preview.view.has_image)
        with Project.open(before.folder) as again:
            assert labels(again)[Label.GOOD] == 1, "what was typed before the switch is saved"
    finally:
        context.set_project(None)


def test_a_project_that_vanishes_is_told_and_nothing_breaks(
    pane: ProjectPane, context: AppContext, project: Project, samples: list[int], qtbot: QtBot
) -> None:
    told: list[object] = []
    context.failed.connect(told.append)
    (project.folder / "project.sqlite").rename(project.folder / "gone.sqlite")
    select(pane, samples[0])
    press(pane, Qt.Key.Key_G, qtbot)
    qtbot.waitUntil(lambda: bool(told))
    assert told[0].code == "project_gone"
    (project.folder / "gone.sqlite").rename(project.folder / "project.sqlite")
    select(pane, samples[1])
    press(pane, Qt.Key.Key_G, qtbot)
    qtbot.waitUntil(lambda: labels(project)[Label.GOOD] == 1)


def test_the_list_of_unusable_files_is_shown_and_emptied(
    pane: ProjectPane, project: Project, qtbot: QtBot, tmp_path: Path
) -> None:
    (tmp_path / "notes.png").write_text("not a picture")
    pane.import_paths([tmp_path / "notes.png"])
    button = pane.import_buttons._problems
    qtbot.waitUntil(lambda: not button.isHidden())
    button.click()
    qtbot.waitUntil(lambda: bool(dialogs(ImportReportDialog)))
    (report,) = dialogs(ImportReportDialog)
    assert report.table.rowCount() == 1
    report.forget_button.click()
    qtbot.waitUntil(lambda: not project.samples.problems() and button.isHidden())


def test_twenty_thousand_samples_are_shown_without_being_read(pane: ProjectPane, qtbot: QtBot) -> None:
    began = time.perf_counter()
    pane.grid.show_ids(list(range(1, 20_001)))
    assert time.perf_counter() - began < 0.1
    pane.grid.show_ids(list(range(2, 20_001)))
    assert pane.model.rowCount() == 19_999
    assert len(pane.model._rows) == 0
