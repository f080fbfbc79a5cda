"""A loopback server whose every reply a test decides: the oddities of other makers' servers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs

Body = dict[str, Any]
Reply = tuple[int, Any]
"""A status and a body: JSON, or a text that is sent as it stands."""


@attrs.define
class OddServer:
    """A server that answers requests for completions by a function.

    Args:
        reply: The reply to a body.
        models: What it lists as its models.
        bodies: All bodies it was sent.
    """

    reply: Callable[[Body], Reply]
    models: tuple[Mapping[str, Any], ...] = ()
    bodies: list[Body] = attrs.field(factory=list)
    url: str = ""

    def asked(self, model: str) -> int:
        """How many requests there were for a model."""
        return sum(body["model"] == model for body in self.bodies)


@contextmanager
def serving(
    reply: Callable[[Body], Reply], models: tuple[Mapping[str, Any], ...] = ()
) -> Iterator[OddServer]:
    """Serve while the block lasts."""
    server = OddServer(reply, models)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                server.bodies.append(body)
            self.send(*server.reply(body))

        def do_GET(self) -> None:
            self.send(200, {"object": "list", "data": list(server.models)})

        def send(self, status: int, body: Any) -> None:
            raw = (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "replace")
            self.send_response(status)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        server.url = f"http://127.0.0.1:{http.server_port}/v1"
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def completion(model: str, *texts: Any, **usage: Any) -> Body:
    """A completion with these choices: texts, or choices as they stand."""
    choices = [
        text
        if isinstance(text, dict)
        else {
            "index": index,
            "finish_reason": "stop",
            "message": {"role": "assistant", "content": text},
        }
        for index, text in enumerate(texts)
    ]
    counts = {"prompt_tokens": 5, "completion_tokens": 5 * len(texts), **usage}
    return {"object": "chat.completion", "model": model, "choices": choices, "usage": counts}


def refuse(message: str, status: int = 400, **more: Any) -> Reply:
    """A refusal in OpenAI's words."""
    return status, {"error": {"message": message, "type": "invalid_request_error", **more}}


def forbid(name: str) -> Reply:
    """A refusal of a parameter in FastAPI's words."""
    problem = {
        "type": "extra_forbidden",
        "loc": ["body", name],
        "msg": "Extra inputs are not permitted",
    }
    return 422, {"detail": [problem]}
