"""Provenance: what a run was made with. Recorded with every run, never part of an identity."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import attrs

_PACKAGES = (
    "mi",
    "attrs",
    "cattrs",
    "duckdb",
    "bandit",
    "openai",
    "torch",
    "transformers",
    "peft",
    "numpy",
)


def utc_timestamp() -> str:
    """The time as text, UTC, to the millisecond: sorts as it passes."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@attrs.frozen(kw_only=True)
class Provenance:
    """Who ran what, where and with which versions."""

    argv: tuple[str, ...]
    started: str
    host: str
    pid: int
    python: str
    platform: str
    versions: dict[str, str]
    commit: str | None
    dirty: bool | None


def capture_provenance(root: Path, argv: tuple[str, ...]) -> Provenance:
    """The provenance of this process; `root` is the folder whose commit counts."""
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain") if commit else None
    return Provenance(
        argv=argv,
        started=utc_timestamp(),
        host=socket.gethostname(),
        pid=os.getpid(),
        python=platform.python_version(),
        platform=platform.platform(),
        versions={name: found for name in _PACKAGES if (found := _version(name))},
        commit=commit,
        dirty=None if commit is None else bool(changes),
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def run_id(provenance: Provenance) -> str:
    """A run's name: its start to the millisecond and its process, so that names sort by time."""
    stamp = "".join(sign for sign in provenance.started if sign.isdigit())
    return f"{stamp[:8]}-{stamp[8:]}-{provenance.pid}"


def command_line(argv: tuple[str, ...]) -> str:
    """The command line as a user would type it again."""
    import shlex

    script = Path(argv[0]).name if argv else "mi"
    name = "mi" if script in ("mi", "__main__.py", Path(sys.executable).name) else script
    return shlex.join([name, *argv[1:]])
