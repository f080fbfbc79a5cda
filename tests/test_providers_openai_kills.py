"""Killed anywhere, started again: no training twice, no stored answer asked for again.

Each case kills a run for real before or after one step, looks into the server's books and into the
store, and runs the same command again. What had been delivered and not yet been stored when the run
died is lost with it and asked for again; that is counted, and nothing else may be.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.support.fake_openai import Loopback
from tests.support.hosted import HOSTED, declare_few, loopback
from tests.support.kill import Step, forked
from tests.support.project import Project
from tests.support.slow import mostly_slow

_OPENAI = "mi.providers.openai"
STEPS = [
    Step(target, when, number)
    for target, numbers in {
        "mi.steps.mix:write_mix": (1,),
        f"{_OPENAI}.files:_find_file": (1,),  # upload: looked for, sent
        f"{_OPENAI}.files:_wait_until_processed": (1,),
        f"{_OPENAI}.launch:LaunchLog.append": (1, 2, 3),  # intent, record, status
        "openai.resources.fine_tuning.jobs.jobs:Jobs.create": (1,),
        f"{_OPENAI}.job_poller:JobPoller.job": (1, 2),  # poll
        f"{_OPENAI}.train:list_events": (1,),  # fetch
        "mi.store.base:Store.publish": (3,),
        "mi.store.base:Store.log_attempt": (2,),
        "mi.files.journal:append_records": (9,),
        f"{_OPENAI}.completions:parse_choices": (3, 60),  # sample, judge: an answer is read
        "mi.steps.scorers.base:ModelScorer.request_verdicts": (1,),
        "mi.steps.evals.sampled:score_answers": (1,),
        "mi.cli.summary:sync_database": (1,),
    }.items()
    for number in numbers
    for when in ("before", "after")
]
WORDS = ["run", "S1", *HOSTED, "--max-cost", "20"]


def stored(root: Path) -> list[tuple[str, str, int]]:
    """The answers and paid judgments in the journals: journal, question, sample."""
    found = []
    for path in sorted((root / ".mi" / "journals").glob("*.jsonl")):
        raw = path.read_bytes()
        for line in raw[: raw.rfind(b"\n") + 1].splitlines():
            record = json.loads(line)
            if "billed_model" in record:
                found.append((path.stem, record["question"], record["sample"]))
    return found


def go(project: Project, server: Loopback, step: Step | None = None) -> int:
    return forked(project.root, WORDS, server.environment, step)


def quiet(server: Loopback) -> None:
    """Wait until the server is done with what the dead run had asked."""
    until = time.monotonic() + 10
    while server.books.in_flight and time.monotonic() < until:
        time.sleep(0.01)


@pytest.mark.parametrize("step", mostly_slow(STEPS, every=7), ids=str)
def test_a_killed_run_goes_on_where_it_was(project: Project, step: Step) -> None:
    declare_few(project, static=False)
    with loopback() as server:
        killed = go(project, server, step)
        assert killed == -9, (project.root / "log.txt").read_text()
        quiet(server)
        gone = sum(server.books.answers.values()) - len(stored(project.root))
        assert go(project, server) == 0, (project.root / "log.txt").read_text()
        books, there = server.books, stored(project.root)
        assert sorted(books.trainings.values()) == [1, 1]
        assert len(there) == len(set(there)), "an answer was stored twice"
        assert sum(books.answers.values()) + sum(books.lost.values()) >= len(there) + gone
        assert sum(books.answers.values()) - len(there) <= gone + sum(books.lost.values())
