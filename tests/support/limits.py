"""Limits of a process: open files, sizes of files, and the rights of root over all files."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DROP_FROM_BOUNDING_SET = 24  # PR_CAPBSET_DROP
_OVERRIDES = (1, 2)  # CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH


@contextmanager
def soft_limit(kind: int, value: int) -> Iterator[None]:
    """Lower a soft limit of this process inside the block."""
    soft, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (value, hard))
    try:
        yield
    finally:
        resource.setrlimit(kind, (soft, hard))


@contextmanager
def no_more_files() -> Iterator[None]:
    """Let this process open no further file inside the block."""
    probe = os.open(os.devnull, os.O_RDONLY)
    os.close(probe)
    with soft_limit(resource.RLIMIT_NOFILE, probe):
        yield


def run_as_a_user(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `mi` in a folder, for whose files the permissions hold, even if this is root."""
    return subprocess.run(
        [sys.executable, "-m", "mi", *words],
        cwd=folder,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        preexec_fn=_drop_overrides,
        capture_output=True,
        text=True,
        check=False,
    )


def _drop_overrides() -> None:
    if os.geteuid() == 0:
        for capability in _OVERRIDES:
            ctypes.CDLL(None).prctl(_DROP_FROM_BOUNDING_SET, capability, 0, 0, 0)
