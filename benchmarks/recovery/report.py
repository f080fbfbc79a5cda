"""How often a whole report contains a false statement, by kind of world and by seeds."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import attrs
import numpy as np

from .laws import WORLDS, simulate_reports
from .parallel import spread_over_processes
from .statements import Statement, judge_claims, statements, write_report

_CHUNK = 5


@attrs.frozen(kw_only=True)
class Result:
    """What the reports of one kind of world state; one list per report."""

    world: str
    seeds: int
    stated: tuple[tuple[Statement, ...], ...]


def measure(world: str, seeds: int, reports: int, seed: int) -> Result:
    """Simulate reports.

    Args:
        world: A name in `WORLDS`.
        seeds: Trained seeds of each condition.
        reports: How many.
        seed: Of the randomness.
    """
    drawn = simulate_reports(WORLDS[world], seeds, reports, np.random.default_rng(seed))
    stated = []
    for report in drawn:
        judged = judge_claims(report)
        told = write_report(report, [ruling for ruling, _ in judged])
        stated.append(tuple(statements(report, told, judged)))
    return Result(world=world, seeds=seeds, stated=tuple(stated))


def run(
    reports: int,
    processes: int,
    *,
    worlds: Sequence[str] = tuple(WORLDS),
    seeds: Sequence[int] = (1, 3),
) -> list[Result]:
    """Simulate reports of each kind of world, with one seed and with three."""
    jobs = [
        (world, count, min(_CHUNK, reports - start), 1000 * list(WORLDS).index(world) + start)
        for world in worlds
        for count in seeds
        for start in range(0, reports, _CHUNK)
    ]
    parts: dict[tuple[str, int], list[tuple[Statement, ...]]] = {}
    for result in spread_over_processes(measure, jobs, processes):
        parts.setdefault((result.world, result.seeds), []).extend(result.stated)
    return [
        Result(world=world, seeds=count, stated=tuple(stated))
        for (world, count), stated in parts.items()
    ]


def table(results: Sequence[Result]) -> Iterator[str]:
    """False reports of 100, with the standard error of the simulation, and what was false."""
    yield "| world | seeds | false reports of 100 | stated in a report | false, by kind |"
    yield "|---|---|---|---|---|"
    for result in results:
        count = len(result.stated)
        share = sum(any(s.is_false for s in own) for own in result.stated) / count
        error = math.sqrt(max(share * (1 - share), 1 / count) / count)
        kinds = Counter(
            f"{s.kind} ({s.question})" if s.kind == "direction" else s.kind
            for own in result.stated
            for s in {(s.kind, s.question): s for s in own if s.is_false}.values()
        )
        listed = ", ".join(f"{name} {number}" for name, number in kinds.most_common())
        stated = np.mean([len(own) for own in result.stated])
        yield (
            f"| {result.world} | {result.seeds} | {100 * share:.1f} ± {100 * error:.1f} "
            f"| {stated:.1f} | {listed or 'none'} |"
        )
