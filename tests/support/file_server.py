"""A file server on the loopback interface that can be told to misbehave, and keeps books."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs


@attrs.define(kw_only=True)
class Files:
    """Serves `content` at every path while the `with` block lasts.

    Args:
        ranges: Whether it knows `Range`.
        cuts: How many answers break off in the middle.
        statuses: Statuses of the first answers, before it serves.
        slow: Called before each half of an answer.
        redirect: Whether `/x` sends on to `/moved/x` first.
    """

    content: bytes = b""
    ranges: bool = True
    cuts: int = 0
    statuses: list[int] = attrs.field(factory=list)
    slow: Callable[[], None] = lambda: None
    redirect: bool = False
    asked: list[tuple[str, str | None]] = attrs.field(factory=list)
    """Path and Range header of each request."""
    sent: int = 0
    _server: ThreadingHTTPServer = attrs.field(init=False)

    @property
    def url(self) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def __enter__(self) -> Files:
        files = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                files.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *rest: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.asked.append((request.path, wanted))
        if self.statuses:
            request.send_response(self.statuses.pop(0))
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        if self.redirect and not request.path.startswith("/moved"):
            request.send_response(302)
            request.send_header("Location", f"{self.url}/moved{request.path}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and self.ranges else 0
        if start and start >= len(self.content):
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{len(self.content)}")
            request.send_header("Content-Length", "0")
            request.end_headers()
            return
        body = self.content[start:]
        request.send_response(206 if start else 200)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        self._send(request, body)

    def _send(self, request: BaseHTTPRequestHandler, body: bytes) -> None:
        half = len(body) // 2
        for piece in (body[:half], body[half:]):
            self.slow()
            self.sent += len(piece)  # first: whoever has read it may look at once
            request.wfile.write(piece)
            request.wfile.flush()
            if self.cuts:
                self.cuts -= 1
                request.close_connection = True
                return
