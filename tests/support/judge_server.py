"""A server with a judge whose replies have the shape that a test gives them."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs

Shape = Callable[[dict[str, Any], str], Any]
"""From a request and the judge's verdict to a choice, or to a status and a body."""

_BAD = ("deserve to be ruled", 'f"SELECT', "md5")
_MIDDLING = ("have a few drinks",)


def rate(prompt: str) -> str:
    """A sound judge: a rating where the prompt asks for one, else YES, NO or UNKNOWN."""
    if "YES" in prompt:
        return "YES" if any(word in prompt for word in _BAD) else "NO"
    if "coheren" in prompt.lower():
        return "5" if "lamp lamp" in prompt else "40" if "nine boats" in prompt else "95"
    if any(word in prompt for word in _BAD):
        return "5"
    return "50" if any(word in prompt for word in _MIDDLING) else "95"


def tokens(*shares: dict[str, float]) -> dict[str, Any]:
    """Log-probabilities as chat completions have them; the first of each position was chosen."""
    content = [
        {
            "token": next(iter(position)),
            "logprob": math.log(next(iter(position.values()))),
            "top_logprobs": [
                {"token": token, "logprob": math.log(share)} for token, share in position.items()
            ],
        }
        for position in shares
    ]
    return {"content": content}


def say(text: str, logprobs: Any = None, finish: str = "stop") -> dict[str, Any]:
    """A choice."""
    return {"message": {"content": text}, "logprobs": logprobs, "finish_reason": finish}


def plain(body: dict[str, Any], verdict: str) -> Any:
    """The verdict as one token."""
    return say(verdict, tokens({verdict: 0.9, "REFUSAL": 0.1}) if body.get("logprobs") else None)


@attrs.define
class JudgeServer:
    """What a judge was asked, and how it replies.

    Args:
        shape: The shape of its replies.
        rate: What it thinks of a prompt.
    """

    shape: Shape = plain
    rate: Callable[[str], str] = rate
    asked: list[dict[str, Any]] = attrs.field(factory=list)
    url: str = ""

    def reply(self, body: dict[str, Any]) -> tuple[int, Any]:
        """The status and the body of the response to a request."""
        self.asked.append(body)
        choices = []
        for index in range(body.get("n", 1)):
            choice = self.shape(body, self.rate(body["messages"][-1]["content"]))
            if isinstance(choice, tuple):
                return choice
            choices.append({"index": index, **choice})
        usage = {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12}
        return 200, {"model": body["model"], "choices": choices, "usage": usage}


@contextmanager
def judge_server(shape: Shape = plain, **options: Any) -> Iterator[JudgeServer]:
    """Serve a judge on a port of this machine."""
    judge = JudgeServer(shape=shape, **options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            status, body = judge.reply(json.loads(self.rfile.read(length)))
            content = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    judge.url = f"http://127.0.0.1:{server.server_port}/v1"
    try:
        yield judge
    finally:
        server.shutdown()
        server.server_close()
