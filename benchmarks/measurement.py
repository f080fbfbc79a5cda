"""Measure one piece of work in a fresh process: seconds, CPU seconds, memory."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

import attrs

R = TypeVar("R")


@attrs.frozen
class Cost:
    """Seconds, CPU seconds and the process's peak resident MiB."""

    wall: float
    cpu: float
    memory: float


class NullMonitor:
    """A monitor that ignores everything."""

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None: ...
    def advance(self, count: int = 1, **facts: float) -> None: ...
    def message(self, text: str) -> None: ...
    def raise_if_stopped(self) -> None: ...


def measure(work: Callable[[], R]) -> tuple[Cost, R]:
    """Call `work`; return its cost and its result.

    The memory is the peak of the whole process so far.
    """
    start, cpu = time.monotonic(), time.process_time()
    result = work()
    wall, cpu = time.monotonic() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Cost(wall, cpu, peak * (1 if sys.platform == "darwin" else 1024) / 2**20), result


def in_fresh_process(function: Callable[..., R], *args: Any) -> R:
    """Call a function in a process of its own, whose threads do not spin on shared cores."""
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *args).result()
