"""Runs in the background, to be looked at, stopped or killed."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable

from tests.support.fake_openai import Loopback
from tests.support.hosted import HOSTED
from tests.support.project import Project


def begin(project: Project, server: Loopback, *more: str) -> subprocess.Popen[str]:
    """`mi run S1` under way; both its streams are its `stdout`."""
    words = ("run", "S1", *HOSTED, "--max-cost", "50", *more)
    return subprocess.Popen(
        project.command(*words),
        cwd=project.root,
        env={**project.environment(), **server.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(there: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not there():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.02)
