"""A real Motion JPEG camera on loopback, which can stall, drop its viewers, go away and come back."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import cv2
import numpy as np

BOUNDARY = b"--frame"


class MjpegServer:
    """Serves grey pictures whose brightness counts up by `STEP`, at `fps`. Its port stays its own while it is away."""

    STEP = 8

    def __init__(self, width: int = 64, height: int = 48, fps: float = 50.0) -> None:
        self.size = (width, height)
        self.fps = fps
        self._changed = threading.Condition()
        self._stalled = False
        self._generation = 0
        self._sent = 0
        self._port = 0
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/stream.mjpeg"

    def start(self) -> None:
        """Go on the air, on the same port as before."""
        self._stalled = False
        self._server = _Server(("127.0.0.1", self._port), _handler_of(self))
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="mjpeg-server")
        self._thread.start()

    def wait_for_pictures(self, count: int) -> None:
        """Return when so many more have been sent."""
        with self._changed:
            target = self._sent + count
            assert self._changed.wait_for(lambda: self._sent >= target, 30)

    def stall(self) -> None:
        """Keep the connections, send nothing."""
        with self._changed:
            self._stalled = True

    def resume(self) -> None:
        with self._changed:
            self._stalled = False
            self._changed.notify_all()

    def drop(self) -> None:
        """Close the connections; new viewers are welcome."""
        with self._changed:
            self._generation += 1
            self._changed.notify_all()

    def stop(self) -> None:
        """Go off the air."""
        self.drop()
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
        self._server = self._thread = None

    def __enter__(self) -> MjpegServer:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def picture(self) -> bytes:
        """The next picture as JPEG."""
        with self._changed:
            self._sent += 1
            level = self._sent * self.STEP % 256
            self._changed.notify_all()
        pixels = np.full((self.size[1], self.size[0], 3), level, np.uint8)
        return cv2.imencode(".jpg", pixels)[1].tobytes()

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Send pictures to one viewer until dropped."""
        generation = self._generation
        due = time.monotonic()
        while self._wait_until(due, generation):
            jpeg = self.picture()
            head = (
                BOUNDARY + b"\r\nContent-Type: image/jpeg\r\nContent-Length: " + str(len(jpeg)).encode() + b"\r\n\r\n"
            )
            request.wfile.write(head + jpeg + b"\r\n")
            request.wfile.flush()
            due += 1 / self.fps

    def _wait_until(self, due: float, generation: int) -> bool:
        """False when this viewer is to be dropped."""
        with self._changed:
            self._changed.wait_for(lambda: generation != self._generation, max(0.0, due - time.monotonic()))
            self._changed.wait_for(lambda: generation != self._generation or not self._stalled)
            return generation == self._generation


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    allow_reuse_address = True


def _handler_of(camera: MjpegServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            try:
                camera.serve(self)
            except (BrokenPipeError, ConnectionResetError, ConnectionAbortedError):
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            """Tests read their own output."""

    return Handler
