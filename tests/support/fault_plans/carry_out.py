"""Carrying out a fault plan: real processes, a real server, and what became of it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from tests.support.fake_openai import Completion, Faults, Loopback
from tests.support.fault_plans import laws
from tests.support.fault_plans.plan import FaultPlan, PlannedRun
from tests.support.fault_plans.project import WORDS, configure, declare, write
from tests.support.fault_plans.stored import Line, read_lines
from tests.support.forkserver import WARM, Command, begin_command
from tests.support.hosted import PRICES
from tests.support.project import Project

ENOUGH = 50.0
"""US dollars of a limit that nothing reaches."""
_SECONDS = 90.0
"""Of a run, at most."""


@attrs.frozen(kw_only=True)
class EndedRun:
    """How a run ended.

    Args:
        plan: What was to become of it.
        code: The exit code; -9: it was killed.
        report: What it said of its money (see `tests.support.warm`); None: it did not come to that.
        text: What it printed.
    """

    plan: PlannedRun
    code: int
    report: dict[str, Any] | None
    text: str


@attrs.frozen(kw_only=True)
class Round:
    """What a round did.

    Args:
        runs: How each run ended.
        made: How many completions were made before and after it.
        billed: What was billed before and after it, in US dollars.
        before: The paid lines of the store before it.
        after: The same after it.
    """

    runs: Sequence[EndedRun]
    made: tuple[int, int]
    billed: tuple[float, float]
    before: Sequence[Line]
    after: Sequence[Line]

    @property
    def kills(self) -> int:
        return sum(run.code == -9 for run in self.runs)


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of a plan.

    Args:
        plan: The plan.
        limit: The limit of its runs and its store, in US dollars.
        rounds: What each round did; the last is the run without faults.
        completions: All that were made.
        trainings: Training → how many jobs were made of it that did not fail.
        ledger: What the store's ledger counts as lost, in US dollars.
        violations: What of the laws does not hold.
    """

    plan: FaultPlan
    limit: float
    rounds: Sequence[Round]
    completions: Sequence[Completion]
    trainings: Sequence[int]
    ledger: float
    violations: Sequence[str] = ()

    def count(self) -> dict[str, int]:
        """What there was: runs, kills and so on."""
        runs = [run for each in self.rounds for run in each.runs]
        return {
            "plans": 1,
            "runs": len(runs),
            "kills": sum(run.code == -9 for run in runs),
            "runs at a limit": sum(run.code > 0 and "allow" in run.text for run in runs),
            "units failed": sum(len(run.report["failures"]) for run in runs if run.report),
            "completions": len(self.completions),
            "completions lost": sum(not each.delivered for each in self.completions),
            "violations": len(self.violations),
        }


def carry_out(plan: FaultPlan, folder: Path) -> Outcome:
    """Carry out a plan in an empty folder, and hold what became of it against the laws."""
    project = Project(folder)
    limit = laws.ESTIMATE * 1.02
    store_limit = limit if plan.store_limit else ENOUGH
    declare(project, store_limit)
    faults = Faults(seed=plan.seed, any=plan.share, odd_usage=plan.odd_usage, lag=plan.lag)
    options: dict[str, Any] = {"prices": PRICES, "write": write, "marks_judgments": True}
    with Loopback(
        faults=faults, train_seconds=0.1, batch_seconds=0.1, uploads_seconds=0.02, **options
    ) as server:
        rounds = []
        for runs in plan.rounds:
            allowed = limit if plan.run_limit else ENOUGH
            rounds.append(_round(project, server, runs, allowed, plan.batch, len(rounds)))
        configure(project, ENOUGH)
        server.faults = Faults(seed=plan.seed)
        rounds.append(_round(project, server, (PlannedRun(),), ENOUGH, plan.batch, len(rounds)))
        outcome = Outcome(
            plan=plan,
            limit=limit,
            rounds=rounds,
            completions=server.books.completions,
            trainings=sorted(server.books.trainings.values()),
            ledger=_lost_by_ledger(folder / ".mi"),
        )
        return attrs.evolve(outcome, violations=list(laws.violations(outcome)))


def _lost_by_ledger(root: Path) -> float:
    path = root / "ledger.json"
    return float(json.loads(path.read_text())["lost"]) if path.exists() else 0.0


def _round(
    project: Project,
    server: Loopback,
    runs: Sequence[PlannedRun],
    max_cost: float,
    batch: bool,
    number: int,
) -> Round:
    """Carry out a round: its runs begin at once, and end or are killed."""
    root = project.root / ".mi"
    before, made, billed = read_lines(root), len(server.books.completions), server.books.bill_usd
    asked = _requests(server)
    words = [*WORDS, "--max-cost", f"{max_cost:.4f}", "--retry-failed", *(["--batch"] * batch)]
    commands = [_begin(project, server, words, f"{number}-{index}") for index in range(len(runs))]
    start = time.monotonic()
    waiting = [pair for pair in zip(runs, commands, strict=True) if pair[0].is_killed]
    while waiting:
        seconds, requests = time.monotonic() - start, _requests(server) - asked
        for pair in waiting[:]:
            run, command = pair
            is_due = seconds >= (run.kill_seconds or _SECONDS)
            if run.kill_requests is not None:
                is_due = requests >= run.kill_requests
            if is_due or command.connection.poll(0):
                command.kill()
                waiting.remove(pair)
        time.sleep(0.005)
    ended = []
    for index, (run, command) in enumerate(zip(runs, commands, strict=True)):
        code = command.wait(_SECONDS)
        name = project.root / f"{number}-{index}"
        report, out = name.with_suffix(".json"), name.with_suffix(".out")
        ended.append(
            EndedRun(
                plan=run,
                code=code,
                report=json.loads(report.read_text()) if code != -9 and report.exists() else None,
                text=out.read_text(encoding="utf-8"),
            )
        )
    until = time.monotonic() + 5.0
    while server.books.in_flight and time.monotonic() < until:
        time.sleep(0.005)
    return Round(
        runs=ended,
        made=(made, len(server.books.completions)),
        billed=(billed, server.books.bill_usd),
        before=before,
        after=read_lines(root),
    )


def _requests(server: Loopback) -> int:
    return sum(server.books.live["calls"].copy().values())


def _begin(project: Project, server: Loopback, words: Sequence[str], name: str) -> Command:
    path = project.root / name
    environment = {
        **project.environment(),
        **server.environment,
        "MI_TEST_REPORT": str(path.with_suffix(".json")),
        "OMP_NUM_THREADS": "1",
    }
    out = path.with_suffix(".out")
    return begin_command(
        words, project.root, environment, figures=False, out=out, err=out, more=(WARM,)
    )
