"""Work spread over a few processes of one thread each."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any, TypeVar

R = TypeVar("R")


def spread_over_processes(
    function: Callable[..., R], jobs: Sequence[tuple[Any, ...]], processes: int
) -> list[R]:
    """The results of a function for each job, in order.

    Args:
        function: Of a module.
        jobs: Its arguments, as often as it is called.
        processes: How many work at once; 1: this one.
    """
    if processes == 1 or len(jobs) < 2:
        return [function(*job) for job in jobs]
    os.environ["OMP_NUM_THREADS"] = "1"
    chunk = max(1, len(jobs) // (processes * 16))
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        return list(pool.map(function, *zip(*jobs, strict=True), chunksize=chunk))
