"""Places that machines share, for tests: a folder, and an S3-speaking server with faults."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest


@attrs.define
class Faults:
    """What goes wrong at the server: every `every`-th request fails in the next of these ways.

    `refused`: 503, nothing done. `lost`: done, but the answer is 503. `cut`: done, but the line is
    cut. `slow`: done, late.
    """

    kinds: tuple[str, ...] = ()
    every: int = 3
    away: bool = False
    seen: int = 0
    _next: Iterator[str] = attrs.field(init=False, default=iter(()))
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def set(self, *kinds: str, every: int = 3) -> None:
        self.kinds, self.every, self.seen = kinds, every, 0
        self._next = itertools.cycle(kinds)

    def next(self) -> str:
        with self._lock:
            self.seen += 1
            if self.away:
                return "refused"
            return next(self._next) if self.kinds and self.seen % self.every == 0 else ""


@attrs.define
class Bucket:
    """An S3-speaking server on this machine."""

    port: int
    faults: Faults

    @property
    def environment(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }


@contextlib.contextmanager
def bucket() -> Iterator[Bucket]:
    """A server with the bucket `mi-test`."""
    import boto3
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    faults, inner = Faults(), DomainDispatcherApplication(create_backend_app)

    def app(environ: Any, start: Any) -> Any:
        kind = faults.next()
        if kind == "slow":
            time.sleep(0.3)
        if kind != "refused":
            found: Any = b"".join(inner(environ, start if kind in ("", "slow") else _nobody))
            if kind in ("", "slow"):
                return [found]
        if kind == "cut":
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        start("503 Slow Down", [("Content-Type", "application/xml")])
        return [b"<Error><Code>SlowDown</Code><Message>later</Message></Error>"]

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    made = Bucket(server.port, faults)
    client = boto3.client(
        "s3",
        endpoint_url=made.environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="mi-test")
    client.close()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()


def _nobody(status: str, headers: Any, info: Any = None) -> Any:
    return lambda data: None


@pytest.fixture(scope="module")
def s3() -> Iterator[Bucket]:
    with bucket() as made:
        yield made


def address(kind: str, folder: Path, s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a fresh place of a kind, `file` or `s3`."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    s3.faults.set()
    if kind == "file":
        return f"file://{folder}/shared"
    return f"s3://mi-test/{folder.name}"
