"""Downloads from a real HTTP server on this machine."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from inspector import paths
from inspector.errors import Cancelled, WeightsError
from inspector.features import download, registry
from inspector.features.download import download_weights
from inspector.messages import sentence
from inspector.tasks import CancelToken, no_progress

CONTENT = bytes(range(256)) * 4000
NAME = "squeezenet1_1"


@dataclass
class Behaviour:
    """What the server does, and what it saw."""

    content: bytes = CONTENT
    status: int = 200
    stop_after: int | None = None
    ranges: bool = True
    requests: list[tuple[str, str | None]] = field(default_factory=list)


class _Handler(BaseHTTPRequestHandler):
    behaviour: Behaviour

    def do_GET(self) -> None:
        wanted = self.headers.get("Range")
        self.behaviour.requests.append((self.path, wanted))
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.behaviour.ranges else 0
        if self.behaviour.status != 200 or start >= len(self.behaviour.content):
            self.send_error(416 if start else self.behaviour.status)
            return
        body = self.behaviour.content[start:]
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: self.behaviour.stop_after])

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


@pytest.fixture
def behaviour() -> Behaviour:
    return Behaviour()


@pytest.fixture
def base(behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server whose file has the right checksum; environment proxies do not stand in between."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    expect(CONTENT, monkeypatch)
    handler = type("Handler", (_Handler,), {"behaviour": behaviour})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, name="test-server", kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def expect(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    info = registry.backbone_info(NAME)
    prefix = hashlib.sha256(content).hexdigest()[:8]
    changed = dataclasses.replace(info, url=f"https://example.org/{NAME}-{prefix}.pth", hash_prefix=prefix)
    monkeypatch.setitem(registry._BY_ID, NAME, changed)


def fetch(base: str, **more: object) -> Path:
    return download_weights(NAME, no_progress, CancelToken(), base=base, **more)  # type: ignore[arg-type]


def partials() -> list[Path]:
    return list(paths.weights_folder().glob("*.partial"))


def test_a_file_is_fetched_once(base: str, behaviour: Behaviour) -> None:
    seen: list[tuple[int, int, str]] = []
    path = download_weights(
        NAME, lambda done, total, stage, value=None: seen.append((done, total, stage)), CancelToken(), base=base
    )
    assert path.read_bytes() == CONTENT
    assert path.parent == paths.weights_folder()
    assert seen[0] == (0, len(CONTENT), "downloading")
    assert seen[-1] == (len(CONTENT), len(CONTENT), "downloading")
    assert not partials()
    assert fetch(base) == path
    assert len(behaviour.requests) == 1


def test_an_interrupted_download_is_taken_up(base: str, behaviour: Behaviour) -> None:
    behaviour.stop_after = 300_000
    with pytest.raises(WeightsError) as error:
        fetch(base)
    assert error.value.code == "weights_offline"
    assert "300000 of 1024000" in sentence(error.value)
    behaviour.stop_after = None
    assert fetch(base).read_bytes() == CONTENT
    assert behaviour.requests[-1][1] == "bytes=300000-"


def test_a_server_without_ranges_starts_anew(base: str, behaviour: Behaviour) -> None:
    behaviour.stop_after, behaviour.ranges = 1000, False
    with pytest.raises(WeightsError):
        fetch(base)
    behaviour.stop_after = None
    assert fetch(base).read_bytes() == CONTENT


def test_a_complete_partial_file_is_only_checked(base: str, behaviour: Behaviour) -> None:
    info = registry.backbone_info(NAME)
    partial = paths.weights_folder() / f"{info.file_name}.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(CONTENT)
    assert fetch(base).read_bytes() == CONTENT
    assert behaviour.requests[-1][1] == f"bytes={len(CONTENT)}-"


def test_a_wrong_file_is_thrown_away(base: str, behaviour: Behaviour) -> None:
    behaviour.content = b"<html>please log in</html>"
    with pytest.raises(WeightsError) as error:
        fetch(base)
    assert error.value.code == "weights_checksum"
    assert not partials()
    behaviour.content = CONTENT
    assert fetch(base).read_bytes() == CONTENT


def test_a_refusing_server_is_named(base: str, behaviour: Behaviour) -> None:
    behaviour.status = 403
    with pytest.raises(WeightsError) as error:
        fetch(base)
    assert "403" in sentence(error.value)


def test_offline_tells_what_to_do() -> None:
    with pytest.raises(WeightsError) as error:
        fetch("http://127.0.0.1:9/", proxy=None)
    text = sentence(error.value)
    assert error.value.code == "weights_offline"
    assert "not on this computer" in text
    assert "inspector weights import squeezenet1_1" in text
    assert registry.backbone_info(NAME).url in text


def test_a_proxy_is_used(base: str, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy")
    path = download_weights(
        NAME, no_progress, CancelToken(), proxy=base.rstrip("/"), base="http://mirror.invalid/models/"
    )
    assert path.read_bytes() == CONTENT
    assert behaviour.requests[0][0].startswith("http://mirror.invalid/models/squeezenet1_1-")


def test_the_environments_proxy_is_used(base: str, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", base.rstrip("/"))
    assert fetch("http://mirror.invalid/").read_bytes() == CONTENT
    assert behaviour.requests[0][0].startswith("http://mirror.invalid/")


def test_cancel_keeps_what_is_there(base: str, behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_CHUNK", 1000)
    token = CancelToken()

    def cancel_halfway(done: int, total: int, stage: str, value: float | None = None) -> None:
        if done > total // 2:
            token.cancel()

    with pytest.raises(Cancelled):
        download_weights(NAME, cancel_halfway, token, base=base)
    (partial,) = partials()
    assert len(CONTENT) // 2 < partial.stat().st_size < len(CONTENT)
    assert fetch(base).read_bytes() == CONTENT


def test_embedded_features_need_no_download() -> None:
    with pytest.raises(WeightsError) as error:
        download_weights("filterbank", no_progress, CancelToken())
    assert error.value.code == "weights_not_needed"


def test_a_folder_that_cannot_be_made_is_said(base: str, own_home: Path) -> None:
    (own_home / "data").write_text("in the way")
    with pytest.raises(WeightsError) as error:
        fetch(base)
    assert error.value.code == "weights_not_written"
