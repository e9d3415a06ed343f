"""The dialog about backbone weights, for real: a local server, files, folders, child processes, closing while busy."""

from __future__ import annotations

import dataclasses
import hashlib
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot
from safetensors.torch import save_file

from inspector import paths
from inspector.features import registry
from inspector.features.registry import backbone_info, backbone_infos
from inspector.features.torchvision_shim import torchvision_models
from inspector.features.weights import StoredWeights, import_weights, imported_path, partial_download, stored_weights
from inspector.settings import Settings, load_settings
from inspector.ui.context import AppContext
from inspector.ui.dialogs.backbone_weights import BackboneWeightsDialog
from inspector.ui.dialogs.message import MessageDialog
from inspector.ui.panes.training.backbone_chooser import BackboneChooser
from inspector.ui.theme import TOUCH

NAME = "squeezenet1_1"
CONTENT = bytes(range(256)) * 4000
WAIT = 60_000


class _Server(ThreadingHTTPServer):
    """Sends the file, all of it or the first half and then nothing until it is let go."""

    def __init__(self) -> None:
        self.hold = False
        self.let_go = threading.Event()
        self.requests: list[tuple[str, str | None]] = []
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.server.requests.append((self.path, wanted))
        body = CONTENT[int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0 :]
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        half = len(body) // 2
        self.wfile.write(body[:half])
        if self.server.hold:
            self.server.let_go.wait(20)
        else:
            self.wfile.write(body[half:])

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Server]:
    """Publishes the weights of one backbone, whose address leads here."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with _Server() as made:
        digits = hashlib.sha256(CONTENT).hexdigest()[:8]
        url = f"http://127.0.0.1:{made.server_port}/{NAME}-{digits}.pth"
        info = dataclasses.replace(backbone_info(NAME), url=url, hash_prefix=digits)
        monkeypatch.setitem(registry._BY_ID, NAME, info)
        thread = threading.Thread(target=made.serve_forever, name="test-server", kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.let_go.set()
        made.shutdown()
        thread.join()


@pytest.fixture
def settings() -> Settings:
    return Settings()


@pytest.fixture
def dialog(nothing_left_behind: None, qtbot: QtBot, settings: Settings) -> Iterator[BackboneWeightsDialog]:
    """Open on a network that is not here."""
    made = BackboneWeightsDialog(settings, NAME)
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # tests look at it after it has closed
    qtbot.addWidget(made)
    made.open()
    qtbot.waitUntil(lambda: made.table.chosen is not None and not made.lister.running, timeout=WAIT)
    yield made
    made.close_down()


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    file = tmp_path_factory.mktemp("stick") / f"{NAME}.safetensors"
    save_file(dict(torchvision_models().get_model(NAME, weights=None).state_dict()), file)
    return file


def finish(dialog: BackboneWeightsDialog, qtbot: QtBot, begin: Callable[[], object]) -> None:
    """Do something that starts work, and wait until the table shows what came of it."""
    with qtbot.waitSignal(dialog.runner.finished, timeout=WAIT):
        begin()
    qtbot.waitUntil(lambda: not dialog.lister.running, timeout=WAIT)


def text(dialog: BackboneWeightsDialog, column: int, name: str = NAME) -> str:
    return dialog.table.item([info.id for info in backbone_infos()].index(name), column).text()


def test_every_backbone_is_shown_with_its_state(dialog: BackboneWeightsDialog) -> None:
    assert dialog.table.rowCount() == len(backbone_infos())
    assert text(dialog, 0, "embedded_v1") == "Inspector features 1"
    assert text(dialog, 1, "embedded_v1") == "Comes with the program"
    assert text(dialog, 2, "embedded_v1").endswith(("MB", "MiB"))
    assert text(dialog, 1) == "Not here"
    assert "ImageNet" in text(dialog, 3)
    assert "legal department" in dialog._about.text()
    assert all(button.minimumHeight() >= TOUCH for button in dialog.findChildren(QPushButton) if button.text())
    assert not dialog.export_button.isEnabled()
    assert dialog.download_button.isEnabled()
    for name in ("embedded_v1", "filterbank"):
        dialog.table.choose(name)
        for button in (dialog.download_button, dialog.file_button, dialog.remove_button):
            assert not button.isEnabled()


def test_a_download_is_shown_and_can_be_removed(dialog: BackboneWeightsDialog, server: _Server, qtbot: QtBot) -> None:
    finish(dialog, qtbot, dialog.download_button.click)
    assert stored_weights(NAME) == StoredWeights(
        paths.weights_folder() / str(backbone_info(NAME).file_name), "download"
    )
    assert "SqueezeNet 1.1 were downloaded" in dialog.banner.text
    assert text(dialog, 1) == "Downloaded and checked"
    assert not dialog.download_button.isEnabled()
    dialog.remove_button.click()
    (question,) = [item for item in QApplication.topLevelWidgets() if isinstance(item, MessageDialog)]
    assert "SqueezeNet 1.1" in question.text
    question.accept()
    qtbot.waitUntil(lambda: not dialog.lister.running, timeout=WAIT)
    assert stored_weights(NAME) is None
    assert text(dialog, 1) == "Not here"


def test_an_interrupted_download_is_taken_up(dialog: BackboneWeightsDialog, server: _Server, qtbot: QtBot) -> None:
    server.hold = True

    def cancel_half_way() -> None:
        dialog.download_button.click()
        assert not dialog.folder_button.isEnabled()
        half = len(CONTENT) // 2
        qtbot.waitUntil(lambda: _size(partial_download(backbone_info(NAME))) == half, timeout=WAIT)
        dialog.strip.cancel_button.click()
        server.let_go.set()

    finish(dialog, qtbot, cancel_half_way)
    assert "Cancelled" in dialog.banner.text
    assert "Download interrupted after" in text(dialog, 1)
    server.hold = False
    finish(dialog, qtbot, dialog.download_button.click)
    assert server.requests[-1][1] == f"bytes={len(CONTENT) // 2}-"
    assert text(dialog, 1) == "Downloaded and checked"


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def test_no_network_is_told_in_the_dialog_and_the_proxy_is_kept(
    dialog: BackboneWeightsDialog, server: _Server, settings: Settings, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy")
    dialog.proxy.setText("http://127.0.0.1:9")
    finish(dialog, qtbot, dialog.download_button.click)
    assert "could not be downloaded" in dialog.banner.text
    assert load_settings().proxy == settings.proxy == "http://127.0.0.1:9"
    dialog.proxy.setText(f"http://127.0.0.1:{server.server_port}")
    finish(dialog, qtbot, dialog.download_button.click)
    assert server.requests[-1][0] == backbone_info(NAME).url  # a proxy is asked for the whole address
    assert text(dialog, 1) == "Downloaded and checked"


def test_a_file_is_imported_and_a_wrong_one_refused(
    dialog: BackboneWeightsDialog, weights_file: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "broken.pth").write_bytes(b"nothing of the kind")
    finish(dialog, qtbot, lambda: dialog.import_file(tmp_path / "broken.pth"))
    assert "broken.pth" in dialog.banner.text
    assert "cannot be used" in dialog.banner.text
    assert stored_weights(NAME) is None
    finish(dialog, qtbot, lambda: dialog.import_file(weights_file))
    assert text(dialog, 1) == "Imported from a file"
    assert imported_path(NAME).is_file()


def test_a_folder_is_imported_with_a_line_for_each_file(
    dialog: BackboneWeightsDialog, weights_file: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / weights_file.name).write_bytes(weights_file.read_bytes())
    (tmp_path / "broken.pth").write_bytes(b"nothing of the kind")
    finish(dialog, qtbot, lambda: dialog.import_folder(tmp_path))
    assert dialog.banner.text == "1 of 2 files imported, 1 refused."
    lines = dialog.report.toPlainText().splitlines()
    assert lines[0] == f"{weights_file.name}: imported as {NAME}"
    assert lines[1].startswith("broken.pth: The weights file")
    assert text(dialog, 1) == "Imported from a file"


def test_weights_are_copied_to_a_folder(
    dialog: BackboneWeightsDialog, weights_file: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    finish(dialog, qtbot, lambda: dialog.import_file(weights_file))
    assert dialog.export_button.isEnabled()
    finish(dialog, qtbot, lambda: dialog.export_to(tmp_path / "stick"))
    assert sorted(item.name for item in (tmp_path / "stick").iterdir()) == ["SHA256SUMS", weights_file.name]
    assert "1 files were copied" in dialog.banner.text


def test_closing_while_it_downloads_waits_without_blocking(
    dialog: BackboneWeightsDialog, server: _Server, qtbot: QtBot
) -> None:
    server.hold = True
    dialog.download_button.click()
    qtbot.waitUntil(lambda: _size(partial_download(backbone_info(NAME))) > 0, timeout=WAIT)
    dialog.close_button.click()
    assert dialog.isVisible()
    assert not dialog.folder_button.isEnabled()
    with qtbot.waitSignal(dialog.finished, timeout=WAIT):
        server.let_go.set()
    assert not dialog.isVisible()
    assert not dialog.runner.running


def test_the_chooser_opens_it_and_shows_what_came_of_it(context: AppContext, weights_file: Path, qtbot: QtBot) -> None:
    chooser = BackboneChooser(context)
    qtbot.addWidget(chooser)
    chooser.show()
    assert "to see like a small ImageNet network" in chooser._summary.text()
    assert "Try a larger ImageNet network where" in chooser._summary.text()
    chooser.choose(NAME)
    assert not chooser.ready
    chooser.manage_button.click()
    (dialog,) = chooser.findChildren(BackboneWeightsDialog)
    import_weights(NAME, weights_file)
    with qtbot.waitSignals([dialog.finished, chooser.changed], timeout=WAIT):
        dialog.reject()
    assert chooser.ready
    assert "imported from a file" in chooser._weights.text()
    chooser.manage_button.click()
    chooser.close_down()
    assert not any(item.isVisible() for item in chooser.findChildren(BackboneWeightsDialog))
