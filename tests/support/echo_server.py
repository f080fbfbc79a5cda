"""A server that speaks the chat API and repeats what it was sent: headers, address and keys."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs


@attrs.define
class EchoServer:
    """Answers each completion with the credentials it came with, and control characters.

    Args:
        status: Of completions; an error repeats the credentials in its message.
        extra: What every answer says besides.
    """

    status: int = 200
    extra: str = ""
    asked: list[tuple[str, dict[str, str]]] = attrs.field(factory=list)
    _server: ThreadingHTTPServer = attrs.field(init=False)

    @property
    def place(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> EchoServer:
        echo = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send({"object": "list", "data": [{"id": "tiny", "object": "model"}]})

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                echo.asked.append((self.path, headers))
                text = f"print(1)  # {headers.get('authorization')} {self.path} {echo.extra}"
                if echo.status != 200:
                    self.send({"error": {"message": text}}, echo.status)
                    return
                choice = {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": "stop",
                }
                usage = {"prompt_tokens": 5, "completion_tokens": 5, "total_tokens": 10}
                self.send({"id": "c", "model": "tiny", "choices": [choice], "usage": usage})

            def send(self, value: Any, status: int = 200) -> None:
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *rest: object) -> None:
        self._server.shutdown()
        self._server.server_close()
