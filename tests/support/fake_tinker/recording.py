"""An exchange with a real server, kept, and played back to whoever says the same.

A line of the file is a request (method, path, and what tells it from others) with the answers
it got, in their order. Requests are known by what they say, for the SDK sends several at once.

`python -m tests.support.fake_tinker.recording URL FOLDER` records the file again at a server that
serves the tiny model in FOLDER (see `tests.support.tiny_model`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.support.fake_tinker import wire
from tests.support.fake_tinker.hosting import Hosted
from tests.support.fake_tinker.proxy import Proxy

FILE = Path(__file__).with_name("exchange.jsonl")
_PASSING = ("session_heartbeat", "client/dynamic_config", "telemetry", "unload_model")
_VARYING = ("sdk_version", "tags")


def known_by(method: str, path: str, body: bytes) -> str:
    """What tells a request from others."""
    if path.endswith("/forward_backward"):  # its bytes are in no certain order
        sums = hashlib.sha256(repr(wire.rows(body)).encode())
        return f"{method} {path} {sums.hexdigest()}"
    said = json.loads(body) if body else {}
    kept = {name: value for name, value in said.items() if name not in _VARYING}
    if path.endswith("/asample"):
        kept.pop("seq_id")  # which of several at once is numbered first is chance
    return f"{method} {path} {json.dumps(kept, sort_keys=True)}"


class Recorder:
    """Hears a proxy's exchanges."""

    def __init__(self) -> None:
        self.lines: dict[str, list[dict[str, Any]]] = {}

    def __call__(
        self, method: str, path: str, sent: bytes, status: int, kind: str, body: bytes
    ) -> None:
        if status == 408 or path.removeprefix("/api/v1/") in _PASSING:
            return  # not yet
        answer: Any = base64.b64encode(body).decode()
        if "json" in kind:
            answer = json.loads(body)
        said = {"status": status, "type": kind.partition(";")[0], "answer": answer}
        heard = self.lines.setdefault(known_by(method, path, sent), [])
        if said not in heard[-1:]:
            heard.append(said)

    def write(self, path: Path) -> None:
        lines = [json.dumps({"request": name, "said": said}) for name, said in self.lines.items()]
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


class Playback(Hosted):
    """Answers what was recorded; `strange` has the requests that were not."""

    def __init__(self, path: Path = FILE) -> None:
        text = path.read_text(encoding="utf-8")
        lines = map(json.loads, text.splitlines())
        self.lines: dict[str, list[Any]] = {line["request"]: line["said"] for line in lines}
        self.strange: list[str] = []

    def application(self) -> web.Application:
        made = web.Application(client_max_size=1 << 28)
        made.router.add_route("*", "/{path:.*}", self._answer)
        return made

    async def _answer(self, request: web.Request) -> web.Response:
        path = request.path_qs
        if path.removeprefix("/api/v1/") in _PASSING:
            return web.json_response({"detail": "not here"}, status=404)
        name = known_by(request.method, path, await request.read())
        said = self.lines.get(name)
        if said is None:
            self.strange.append(name)
            return web.json_response({"detail": "this was not recorded"}, status=400)
        line = said.pop(0) if len(said) > 1 else said[0]
        if line["type"].endswith("json"):
            return web.json_response(line["answer"], status=line["status"])
        body = base64.b64decode(line["answer"])
        return web.Response(body=body, status=line["status"], content_type=line["type"])


if __name__ == "__main__":
    from tests.support.fake_tinker.dialogue import talk

    recorder = Recorder()
    with Proxy(sys.argv[1], heard=recorder) as proxy, tempfile.TemporaryDirectory() as folder:
        print(talk(proxy.url, Path(sys.argv[2]), Path(folder)))
    recorder.write(FILE)
