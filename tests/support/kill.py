"""Killing a run at a named step, for real: a forked process sends itself SIGKILL there.

A step is a function of the engine; the run dies just before, or just after, its n-th call. Forking
spares each run the imports, which cost more than the run: they are made here, once.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs
import duckdb  # noqa: F401
import openai.resources  # noqa: F401

import registry  # noqa: F401
from tests.support.forkserver import leave_figures_out


@attrs.frozen
class Step:
    """Where a run dies: `module:attribute`, before or after its `number`-th call."""

    target: str
    when: str
    number: int = 1

    def __str__(self) -> str:
        return f"{self.when} {self.target.rpartition(':')[2]} #{self.number}"

    def arm(self) -> None:
        """Replace the function by one that dies."""
        module, _, path = self.target.partition(":")
        owner: Any = import_module(module)
        *outer, name = path.split(".")
        for part in outer:
            owner = getattr(owner, part)
        setattr(owner, name, self._dying(getattr(owner, name)))

    def _dying(self, then: Callable[..., Any]) -> Callable[..., Any]:
        calls = 0

        def call(*args: Any, **more: Any) -> Any:
            nonlocal calls
            calls += 1
            last = calls == self.number
            if last and self.when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            done = then(*args, **more)
            if last and self.when == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return done

        return call


def forked(
    folder: Path, words: list[str], environment: Mapping[str, str], step: Step | None = None
) -> int:
    """Run `mi` with `words` in `folder`, to its end or its death; the exit code, -9 for killed."""
    process = multiprocessing.get_context("fork").Process(
        target=_child, args=(folder, words, environment, step)
    )
    process.start()
    process.join(300)
    assert process.exitcode is not None
    return process.exitcode


def _child(folder: Path, words: list[str], environment: Mapping[str, str], step: Any) -> None:
    os.chdir(folder)
    os.environ.update(environment)
    out = os.open(folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(out, 1)
    os.dup2(out, 2)
    if step is not None:
        step.arm()
    from mi.cli import main

    leave_figures_out()
    os._exit(main(words))
