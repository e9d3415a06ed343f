from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector import logs, paths
from inspector.logs import Logging, redact

Unexpected = list[tuple[BaseException, str]]


@pytest.fixture
def unexpected() -> Unexpected:
    return []


@pytest.fixture
def log(unexpected: Unexpected) -> Iterator[Logging]:
    installed = logs.install("test", on_unexpected=lambda error, text: unexpected.append((error, text)))
    yield installed
    installed.remove()


def written(log: Logging) -> str:
    return log.file.read_text(encoding="utf-8")


def test_lines_tell_when_where_and_what(log: Logging) -> None:
    logging.getLogger("inspector.data").info("imported %d pictures from %s", 3, "Prüfling 日本")
    logging.getLogger("inspector.data").debug("not interesting")
    assert log.file == paths.log_folder() / "test.log"
    (line,) = written(log).splitlines()
    assert "Z INFO" in line
    assert line.endswith("MainThread inspector.data: imported 3 pictures from Prüfling 日本")


def test_passwords_stay_out(log: Logging) -> None:
    logging.getLogger("inspector.cameras").warning(
        "cannot open %s", "rtsp://admin:geheim@10.0.0.5:554/stream?token=abc"
    )
    try:
        raise ValueError("http://user:geheim@proxy:3128 refused")
    except ValueError:
        logging.getLogger("inspector").exception("download failed")
    assert "geheim" not in written(log)
    assert "abc" not in written(log)
    assert "rtsp://***@10.0.0.5:554/stream" in written(log)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://host/a@b", "http://host/a@b"),
        ("password=x y", "password=*** y"),
        ('{"api_key": "x", "a": 1}', '{"api_key": "***", "a": 1}'),
        ("nothing to hide: 3 of 4", "nothing to hide: 3 of 4"),
    ],
)
def test_redaction(text: str, expected: str) -> None:
    assert redact(text) == expected


def fail() -> None:
    raise RuntimeError("a bug")


def test_an_error_nobody_caught_is_logged_and_told(log: Logging, unexpected: Unexpected) -> None:
    try:
        fail()
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    ((error, text),) = unexpected
    assert isinstance(error, RuntimeError)
    assert "in fail" in text
    assert "in fail" in written(log)
    assert "CRITICAL" in written(log)


def test_an_error_in_a_thread_is_logged_and_told(log: Logging, unexpected: Unexpected) -> None:
    thread = threading.Thread(target=fail, name="worker-7")
    thread.start()
    thread.join()
    assert [str(error) for error, _ in unexpected] == ["a bug"]
    assert "worker-7" in written(log)


def test_leaving_a_thread_is_no_error(log: Logging, unexpected: Unexpected) -> None:
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
    assert unexpected == []


def test_an_error_while_something_is_destroyed_is_logged(log: Logging, unexpected: Unexpected) -> None:
    class Fragile:
        def __del__(self) -> None:
            fail()

    Fragile()
    assert "a bug" in written(log)
    assert unexpected == []


def test_stopping_by_keyboard_is_no_error(monkeypatch: pytest.MonkeyPatch, unexpected: Unexpected) -> None:
    passed_on: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: passed_on.append(kind))
    log = logs.install("test", on_unexpected=lambda error, text: unexpected.append((error, text)))
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    log.remove()
    assert unexpected == []
    assert passed_on == [KeyboardInterrupt]


def test_the_file_turns_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "FILE_BYTES", 1000)
    log = logs.install("test")
    for number in range(200):
        logging.getLogger("inspector").info("line %d", number)
    log.remove()
    files = sorted(paths.log_folder().iterdir())
    assert len(files) == 1 + logs.OLD_FILES
    assert all(file.stat().st_size <= 1000 for file in files)
    assert "line 199" in log.file.read_text(encoding="utf-8")


def test_without_a_folder_the_log_goes_to_standard_error(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (own_home / "logs").write_text("in the way")
    log = logs.install("test")
    logging.getLogger("inspector").warning("still here")
    log.remove()
    assert "cannot be written" in (errors := capsys.readouterr().err)
    assert "still here" in errors


def test_removing_puts_everything_back() -> None:
    before = (sys.excepthook, threading.excepthook, sys.unraisablehook, logging.getLogger().level)
    handlers = list(logging.getLogger().handlers)
    logs.install("test").remove()
    assert (sys.excepthook, threading.excepthook, sys.unraisablehook, logging.getLogger().level) == before
    assert logging.getLogger().handlers == handlers
