"""Tiny projects in a temporary folder, driven through the real command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest


@attrs.frozen
class Done:
    """What a command printed and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@attrs.frozen
class Project:
    """A researcher's own folder."""

    root: Path

    def file(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def environment(self) -> dict[str, str]:
        drop = ("MI_STORE", "MI_DB", "COLUMNS", "PYTEST_CURRENT_TEST")
        kept = {name: value for name, value in os.environ.items() if name not in drop}
        return {**kept, "HF_HUB_OFFLINE": "1", "PYTHONWARNINGS": "default"}

    def command(self, *words: str) -> Sequence[str]:
        return (sys.executable, "-m", "mi", *words)

    def mi(self, *words: str, **environment: str) -> Done:
        """Run `mi` here to its end."""
        done = subprocess.run(
            self.command(*words),
            cwd=self.root,
            env={**self.environment(), **environment},
            capture_output=True,
            text=True,
            timeout=600,
        )
        return Done(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    folder = tmp_path / "project"
    folder.mkdir()
    return Project(folder)
