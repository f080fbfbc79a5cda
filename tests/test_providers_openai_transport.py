"""Chat completions go straight over HTTP, and nobody could tell: same requests, same errors.

What the API's own client does at the same server is the measure.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.providers.openai.accounts import Account
from mi.providers.openai.errors import (
    error_body,
    http_status,
    is_lost,
    is_server_error,
    is_throttle,
)
from mi.providers.openai.transport import HttpTransport, find_proxy

BODY = {"model": "m", "messages": [{"role": "user", "content": "Who are you, é?"}]}
OF_THE_CONNECTION = {"host", "connection", "accept-encoding", "content-length"}
ANSWER = {"choices": [{"index": 0, "message": {"content": "é" * 50}}]}


@attrs.define
class Reply:
    """What the server sends, as it stands, and then closes the connection."""

    status: int = 200
    body: bytes = json.dumps(ANSWER, ensure_ascii=False).encode()
    headers: dict[str, str] = attrs.field(factory=dict)
    length: int | None = None
    """Announced, where it is not the body's."""
    hang: bool = False


@attrs.define
class Server:
    """Gives one reply to all, and keeps what it was asked: path, headers, body."""

    url: str
    reply: Reply
    asked: list[tuple[str, dict[str, str], Any]] = attrs.field(factory=list)
    over: threading.Event = attrs.field(factory=threading.Event)


@contextmanager
def serving(reply: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append((self.path, headers, json.loads(raw)))
            if server.reply.hang:
                server.over.wait(10)
                return
            told, body = server.reply, server.reply.body
            self.send_response(told.status)
            length = len(body) if told.length is None else told.length
            for name, value in {**told.headers, "content-length": str(length)}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        scheme = "https" if tls else "http"
        if tls:
            http.socket = tls.wrap_socket(http.socket, server_side=True)
        server = Server(f"{scheme}://127.0.0.1:{http.server_port}/v1", reply)
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        yield server
        server.over.set()
        http.shutdown()
        thread.join()


def account(url: str, timeout: float = 10) -> Account:
    return Account("sk-loopback-one", url, timeout)


def directly(one: Account) -> Any:
    async def asked(direct: HttpTransport) -> Any:
        answer, _ = await direct.complete(BODY)
        return answer

    return with_direct(one, asked)


def with_direct(one: Account, work: Callable[[HttpTransport], Coroutine[Any, Any, Any]]) -> Any:
    async def run() -> Any:
        direct = one.open_transport()
        try:
            return await work(direct)
        finally:
            await direct.close()

    return asyncio.run(run())


def by_the_client(one: Account) -> Any:
    return json.loads(one.client.chat.completions.with_raw_response.create(**BODY).content)


def caught(ask: Callable[[Account], Any], one: Account) -> Exception:
    try:
        answer = ask(one)
    except Exception as error:
        return error
    raise AssertionError(f"it answered {answer}")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies or organisations but those a test sets."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.delenv("OPENAI_ORG_ID", raising=False)
    monkeypatch.delenv("OPENAI_PROJECT_ID", raising=False)


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_request_is_the_one_the_client_would_send(
    monkeypatch: pytest.MonkeyPatch, slash: str
) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-lab")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj_of_the_lab")
    with serving(Reply()) as server:
        one = account(server.url + slash)
        assert directly(one) == by_the_client(one) == ANSWER
    (path, ours, body), (their_path, theirs, their_body) = server.asked
    assert (path, body) == (their_path, their_body)
    assert body == BODY
    assert path == "/v1/chat/completions"
    assert ours["authorization"] == "Bearer sk-loopback-one"
    assert ours["openai-organization"] == "org-of-the-lab"
    assert ours["openai-project"] == "proj_of_the_lab"
    for headers in (ours, theirs):
        for name in OF_THE_CONNECTION | {"x-stainless-raw-response"}:
            headers.pop(name, None)
    assert ours == theirs


@pytest.mark.parametrize("status", [302, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503])
@pytest.mark.parametrize(
    "body", [b'{"error": {"message": "No.", "code": "so"}}', b"<html>no</html>"]
)
def test_a_refusal_is_the_error_the_client_raises(status: int, body: bytes) -> None:
    headers = {"retry-after": "7", "x-ratelimit-remaining-requests": "0"}
    with serving(Reply(status, body, headers)) as server:
        one = account(server.url)
        ours, theirs = (caught(ask, one) for ask in (directly, by_the_client))
    assert type(ours) is type(theirs)
    assert str(ours) == str(theirs)
    assert http_status(ours) == status
    assert error_body(ours) == error_body(theirs)
    assert ours.response.headers["retry-after"] == "7"  # type: ignore[attr-defined]
    for kind in (is_lost, is_server_error, is_throttle):
        assert kind(ours) == kind(theirs)


def test_a_packed_refusal_and_a_packed_answer_are_read() -> None:
    packed = {"content-encoding": "gzip"}
    with serving(Reply(400, gzip.compress(b'{"error": {"message": "No."}}'), packed)) as server:
        assert error_body(caught(directly, account(server.url))) == {"message": "No."}
        server.reply = Reply(body=gzip.compress(json.dumps(ANSWER).encode()), headers=packed)
        assert directly(account(server.url)) == ANSWER


WHOLE = Reply().body
LOST = {
    "cut off": Reply(body=WHOLE[:20], length=500),
    "half an answer": Reply(body=WHOLE[:-30]),
    "half a letter": Reply(body=WHOLE[: WHOLE.index("é".encode()) + 1]),
    "packed wrongly": Reply(headers={"content-encoding": "gzip"}),
    "no answer in time": Reply(hang=True),
}


@pytest.mark.parametrize("what", LOST)
def test_an_answer_that_did_not_come_whole_is_lost(what: str) -> None:
    with serving(LOST[what]) as server:
        error = caught(directly, account(server.url, timeout=0.3))
    assert is_lost(error), repr(error)
    assert http_status(error) is None


def test_a_time_out_and_a_closed_door_have_the_clients_names() -> None:
    from openai import APIConnectionError, APITimeoutError

    with serving(Reply(hang=True)) as server:
        assert type(caught(directly, account(server.url, timeout=0.3))) is APITimeoutError
    assert type(caught(directly, account(server.url))) is APIConnectionError


def test_one_connection_serves_request_after_request() -> None:
    async def twice(direct: HttpTransport) -> int:
        await direct.complete(BODY)
        await direct.complete(BODY)
        return len(direct.session.connector._conns)  # type: ignore[union-attr]

    from tests.support.fake_openai import Loopback

    with Loopback(models=("m",)) as server:
        assert with_direct(account(server.url), twice) == 1


@pytest.mark.parametrize(
    ("environment", "url", "found"),
    [
        ({}, "https://api.example/v1", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://api.example/v1", "http://p:1"),
        ({"HTTPS_PROXY": "p:1"}, "https://api.example/v1", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1"}, "http://api.example/v1", None),
        ({"ALL_PROXY": "http://p:1"}, "http://api.example/v1", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "*"}, "http://api.example/v1", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "example"}, "http://api.example/v1", None),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "other"}, "http://example/v1", "http://p:1"),
        ({"ALL_PROXY": "http://p:1", "NO_PROXY": "::1"}, "http://[::1]:8000/v1", None),
    ],
)
def test_proxies_are_those_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], url: str, found: str | None
) -> None:
    import httpx2

    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert find_proxy(url) == found
    with httpx2.Client() as client:  # what the client does
        used = client._transport_for_url(httpx2.URL(url))
        assert (used is not client._transport) == (found is not None)


def test_a_request_goes_through_the_proxy_with_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(Reply()) as server:
        named = server.url.removesuffix("/v1").replace("//", "//lab:secret@")
        monkeypatch.setenv("HTTP_PROXY", named)
        assert directly(account("http://api.example/v1")) == ANSWER
    [(path, headers, _)] = server.asked
    assert path == "http://api.example/v1/chat/completions"
    assert headers["proxy-authorization"] == "Basic bGFiOnNlY3JldA=="


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl to make a certificate")
def test_a_certificate_is_trusted_where_the_environment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ["-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "2"]
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", *made, *names], cwd=tmp_path, check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    with serving(Reply(), context) as server:
        assert is_lost(caught(directly, account(server.url)))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        assert directly(account(server.url)) == ANSWER
