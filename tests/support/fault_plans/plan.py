"""What a fault plan holds: drawn from a seed, so a plan that broke a law can be carried out again.

A plan has rounds of one, two or four runs at once on one store. Some are killed: at a moment, or
when the server has been asked so often. A last run, without faults and limits, ends the work.
"""

from __future__ import annotations

import random

import attrs

_MOST_SECONDS = 2.0
"""The latest moment of a kill. A run without faults takes about a second."""
_MOST_REQUESTS = 80
"""A run without faults makes about so many."""


@attrs.frozen(kw_only=True)
class PlannedRun:
    """One run of a round.

    Args:
        kill_seconds: When it is killed, if it still runs; None: not by the clock.
        kill_requests: After how many requests of all runs of the round; None: not by them.
    """

    kill_seconds: float | None = None
    kill_requests: int | None = None

    @property
    def is_killed(self) -> bool:
        return self.kill_seconds is not None or self.kill_requests is not None


@attrs.frozen(kw_only=True)
class FaultPlan:
    """Rounds of runs among faults.

    Args:
        seed: Of all draws.
        rounds: The runs of each round, which begin at once.
        share: Of requests that go wrong.
        odd_usage: Share of completions whose usage cannot be.
        run_limit: Whether runs have a `--max-cost` that can be reached.
        store_limit: Whether the store has a `max_cost` that can be reached.
        batch: Whether answers are asked for in batches.
        lag: Seconds for which the server lists no job or batch that it has just created.
    """

    seed: int
    rounds: tuple[tuple[PlannedRun, ...], ...]
    share: float = 0.2
    odd_usage: float = 0.0
    run_limit: bool = False
    store_limit: bool = False
    batch: bool = False
    lag: float = 0.0

    def __str__(self) -> str:
        rounds = [
            "+".join("killed" if run.is_killed else "run" for run in runs) for runs in self.rounds
        ]
        facts = {
            "usage": self.odd_usage,
            "--max-cost": self.run_limit,
            "max_cost": self.store_limit,
            "batch": self.batch,
            "lag": self.lag,
        }
        named = [name for name, value in facts.items() if value]
        return f"{self.seed}: {', '.join([*rounds, *named])}"


def draw_plan(seed: int) -> FaultPlan:
    """The plan of a seed."""
    draw = random.Random(f"fault plan {seed}")
    rounds = []
    for _ in range(draw.choice((1, 1, 2))):
        count = draw.choice((1, 1, 1, 2, 2, 4))
        rounds.append(tuple(_draw_run(draw) for _ in range(count)))
    return FaultPlan(
        seed=seed,
        rounds=tuple(rounds),
        odd_usage=draw.choice((0.0, 0.2)),
        run_limit=draw.random() < 0.3,
        store_limit=draw.random() < 0.4,
        batch=draw.random() < 0.2,
        lag=draw.choice((0.0, 0.0, 0.05)),
    )


def _draw_run(draw: random.Random) -> PlannedRun:
    if draw.random() < 0.5:
        return PlannedRun()
    if draw.random() < 0.5:
        return PlannedRun(kill_seconds=draw.uniform(0.0, _MOST_SECONDS))
    return PlannedRun(kill_requests=draw.randrange(_MOST_REQUESTS))
