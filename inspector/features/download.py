"""Fetching official weights over HTTP: resumed, checked, cancellable, through a proxy where there is one. No torch."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from pathlib import Path

from inspector import paths
from inspector.errors import WeightsError
from inspector.features.registry import BackboneInfo, backbone_info
from inspector.features.weights import clear_leftovers, file_sha256, partial_download
from inspector.tasks import CancelToken, Progress

_CHUNK = 1 << 16
_TIMEOUT_S = 10.0
_RANGE_NOT_SATISFIABLE = 416
_PARTIAL_CONTENT = 206


def download_weights(
    name: str, progress: Progress, cancel: CancelToken, proxy: str | None = None, base: str | None = None
) -> Path:
    """Fetch a backbone's official weights unless they are here, and return where they lie.

    An interrupted download is taken up where it stopped. `proxy` (`http://host:port`) is used for everything; without
    it, the environment's proxy settings hold. `base` replaces the official address (a mirror inside the factory).
    Raises `WeightsError` `backbone_unknown`, `weights_not_needed`, `weights_offline`, `weights_checksum`,
    `weights_not_written`; `Cancelled`.
    """
    info = backbone_info(name)
    if info.url is None or info.file_name is None:
        raise WeightsError("weights_not_needed", name=name)
    target = paths.weights_folder() / info.file_name
    if target.is_file():
        return target
    partial = partial_download(info)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        clear_leftovers()
        _fetch(info, base + info.file_name if base else info.url, partial, progress, cancel, proxy)
        _check_and_place(info, partial, target)
    except WeightsError:
        cancel.raise_if_cancelled()  # who has cancelled need not hear that the connection broke meanwhile
        raise
    except OSError as error:
        raise WeightsError("weights_not_written", path=target, reason=error.strerror or str(error)) from error
    return target


class _Interrupted(Exception):  # noqa: N818 - never leaves this module
    """The network failed while receiving; an OSError beside it means that writing failed."""


def _fetch(
    info: BackboneInfo, url: str, partial: Path, progress: Progress, cancel: CancelToken, proxy: str | None
) -> None:
    cancel.raise_if_cancelled()
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        with _opener(proxy).open(request, timeout=_TIMEOUT_S) as response:
            if response.status != _PARTIAL_CONTENT:
                have = 0
            total = have + int(response.headers.get("Content-Length") or 0)
            done = _receive(response, partial, have, total, progress, cancel)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code != _RANGE_NOT_SATISFIABLE:
            raise _offline(info, f"the server answered {error.code} {error.reason}") from error
        return  # nothing is left to fetch: the checksum tells whether it is whole
    except urllib.error.URLError as error:
        raise _offline(info, str(getattr(error.reason, "strerror", None) or error.reason)) from error
    except (http.client.HTTPException, ConnectionError, TimeoutError, _Interrupted) as error:
        raise _offline(info, f"the connection was lost: {error}") from error
    if done < total:
        raise _offline(info, f"the connection was lost after {done} of {total} bytes")


def _opener(proxy: str | None) -> urllib.request.OpenerDirector:
    handler = urllib.request.ProxyHandler({"http": proxy, "https": proxy} if proxy else None)
    return urllib.request.build_opener(handler)


def _receive(
    response: http.client.HTTPResponse, partial: Path, done: int, total: int, progress: Progress, cancel: CancelToken
) -> int:
    """Append to the partial file (start it anew if `done` is 0); the bytes that are there afterwards."""
    with partial.open("ab" if done else "wb") as stream:
        progress(done, total, "downloading")
        while True:
            cancel.raise_if_cancelled()
            try:
                chunk = response.read1(_CHUNK)
            except (http.client.HTTPException, OSError) as error:
                raise _Interrupted(str(error)) from error
            if not chunk:
                return done
            stream.write(chunk)
            done += len(chunk)
            progress(done, total, "downloading")


def _check_and_place(info: BackboneInfo, partial: Path, target: Path) -> None:
    """A file with the wrong content is removed, so that the next attempt starts anew."""
    if not file_sha256(partial).startswith(info.hash_prefix):
        partial.unlink()
        raise WeightsError("weights_checksum", name=info.id, url=info.url)
    partial.replace(target)


def _offline(info: BackboneInfo, reason: str) -> WeightsError:
    return WeightsError("weights_offline", name=info.id, reason=reason, url=info.url)
