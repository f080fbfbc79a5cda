"""Provenance: the code, packages and machine of a run. It is recorded and never part of a key."""

from __future__ import annotations

import os
import platform
import socket
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import attrs

from ..files.clock import timestamp_digits, utc_timestamp
from ..files.secrets import redact_message
from ..version import __version__

_PACKAGES = (
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


@attrs.frozen(kw_only=True)
class Provenance:
    """What was run, where, and with which versions.

    Args:
        argv: The command line, without secrets.
        started: When the run started, in UTC.
        host: The name of the machine.
        pid: The process.
        python: The version of Python.
        platform: The operating system.
        versions: Package → installed version.
        commit: The git commit of the project; None outside a repository.
        dirty: Whether the project has uncommitted changes; None outside a repository.
    """

    argv: tuple[str, ...]
    started: str
    host: str
    pid: int
    python: str
    platform: str
    versions: dict[str, str]
    commit: str | None
    dirty: bool | None

    @property
    def run_id(self) -> str:
        """The id of the run: its start, to the millisecond, and its process. Ids sort by time."""
        digits = timestamp_digits(self.started)
        return f"{digits[:8]}-{digits[8:]}-{self.pid}"


def capture_provenance(root: Path, argv: tuple[str, ...]) -> Provenance:
    """The provenance of this process.

    Args:
        root: The directory of the project, whose git commit counts.
        argv: The command line.
    """
    commit = _git(root, "rev-parse", "HEAD")
    changes = _git(root, "status", "--porcelain") if commit else None
    return Provenance(
        argv=tuple(map(redact_message, argv)),
        started=utc_timestamp(),
        host=socket.gethostname(),
        pid=os.getpid(),
        python=platform.python_version(),
        platform=platform.platform(),
        versions={
            "mi": __version__,
            **{name: version for name in _PACKAGES if (version := _version(name))},
        },
        commit=commit,
        dirty=None if commit is None else bool(changes),
    )


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _git(root: Path, *arguments: str) -> str | None:
    """The output of a git command; None if it fails or git is not installed."""
    try:
        completed = subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return completed.stdout.strip()


def command_line(argv: tuple[str, ...]) -> str:
    """The command line as a user would type it to repeat the run."""
    import shlex

    script = Path(argv[0]).name if argv else "mi"
    name = "mi" if script in ("mi", "__main__.py", Path(sys.executable).name) else script
    return shlex.join([name, *argv[1:]])
