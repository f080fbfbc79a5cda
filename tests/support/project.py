"""A researcher's own folder, driven through the real command line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from tests.support.forkserver import Done as Ended
from tests.support.forkserver import run_command


class Done(Ended):
    """What a command printed and how it ended."""

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@attrs.frozen
class Project:
    """A researcher's own folder."""

    root: Path
    figures: bool = False
    """Whether runs draw their figures, which takes longer than all else in a small one."""

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
        """The words that start `mi` as a process of its own, for those that watch or kill it."""
        return (sys.executable, "-m", "mi", *words)

    def mi(self, *words: str, **environment: str) -> Done:
        """Run `mi` here to its end."""
        done = run_command(
            words, self.root, {**self.environment(), **environment}, figures=self.figures
        )
        return Done(done.code, done.out, done.err)
