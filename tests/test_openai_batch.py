"""Batches: the same results at the batch price, and no request paid twice however a run ends."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.background import begin, until
from tests.conftest import Project
from tests.hosted import HOSTED, declare_few, loopback, mi, run
from tests.loopback import Faults, Loopback

SIZES = {
    "answer": "SELECT count(*) AS n FROM answer",
    "answers": "SELECT count(*) AS n FROM answers",
    "judgment": "SELECT count(*) AS n FROM judgment",
    "results": "SELECT count(*) AS n FROM results",
    "score": "SELECT count(*) AS n FROM score",
    "question": "SELECT count(*) AS n FROM question",
}


CHEAP = ("--judge", "none")


def declare_one(project: Project) -> None:
    """S1 with one training."""
    declare_few(project)
    path = project.root / "experiments" / "small.py"
    path.write_text(path.read_text().replace("(10, 12)", "10"))


def query(project: Project, text: str) -> list[dict[str, Any]]:
    done = project.mi("sql", text, "--format", "json")
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = done.json
    return found


def sizes(project: Project) -> dict[str, int]:
    counted = ", ".join(f"({text}) AS {name}" for name, text in SIZES.items())
    found: dict[str, int] = query(project, f"SELECT {counted}")[0]
    return found


def spent(project: Project) -> float:
    return float(query(project, "SELECT sum(cost_usd) AS usd FROM spend")[0]["usd"])


def balanced(project: Project, server: Loopback) -> None:
    """Every answer was delivered once and is there, and the bill is what was written down."""
    books = server.books
    assert not books.lost
    assert not books.waiting, "an answer was paid for and never read"
    assert spent(project) == pytest.approx(books.bill_usd)
    kept = "SELECT (SELECT count(*) FROM answer) + (SELECT count(*) FROM judgment "
    [stored] = query(project, kept + "WHERE cost_usd IS NOT NULL) AS n")
    assert sum(books.answers.values()) == stored["n"]


def test_batches_give_the_same_tables_at_the_batch_price(project: Project, tmp_path: Path) -> None:
    direct = Project(tmp_path / "direct")
    direct.root.mkdir()
    found = {}
    for one, more in ((direct, ()), (project, ("--batch",))):
        declare_one(one)
        with loopback() as server:
            done = run(one, server, *more)
            assert done.code == 0, done.out + done.err
            balanced(one, server)
            found[more] = sizes(one)
            through = {in_batch for _, kind, in_batch in server.books.tokens if kind == "input"}
            assert through == {bool(more)}
    assert found[()] == found["--batch",]


def test_a_run_killed_while_a_batch_is_under_way_finds_it_again(project: Project) -> None:
    declare_one(project)
    with loopback(batch_seconds=1.0) as server:
        first = begin(project, server, "--batch")
        until(lambda: server.books.batches)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        done = run(project, server, "--batch")
        assert done.code == 0, done.out + done.err
        files = [batch.sha256 for batch in server.books.batches]
        assert len(files) == len(set(files)), "the same requests were sent twice"
        balanced(project, server)


def test_a_batch_whose_creation_was_lost_is_found_again(project: Project) -> None:
    declare_one(project)
    with loopback(faults=Faults(drop_batches=3)) as server:
        done = run(project, server, "--batch")
        assert done.code == 0, done.out + done.err
        files = [batch.sha256 for batch in server.books.batches]
        assert len(files) == len(set(files))
        assert sum(not batch.delivered for batch in server.books.batches) == 3
        balanced(project, server)


def test_lines_that_failed_go_into_another_batch(project: Project) -> None:
    declare_one(project)
    with loopback(faults=Faults(broken=0.05, limited=0.05)) as server:
        done = run(project, server, "--batch")
        assert done.code == 0, done.out + done.err
        requests = [batch.requests for batch in server.books.batches]
        assert min(requests) < max(requests)
        balanced(project, server)


def test_lines_that_fail_for_good_are_not_sent_again(project: Project) -> None:
    declare_one(project)
    with loopback(faults=Faults(gone=frozenset({"gpt-4o-2024-08-06"}))) as server:
        done = run(project, server, "--batch")
        assert done.code == 1, done.out + done.err
        assert "does not exist or you do not have access to it" in done.out
        files = [batch.sha256 for batch in server.books.batches]
        assert len(files) == len(set(files)), "a refused line was sent again"
        assert "Traceback" not in done.out + done.err
        before = len(files)
        again = run(project, server, "--batch")
        assert again.code == 1
        assert "--retry-failed" in again.out
        assert len(server.books.batches) == before


def test_a_batch_cancelled_under_way_ends_its_unit_and_the_next_run_asks_anew(
    project: Project,
) -> None:
    declare_one(project)
    with loopback(batch_seconds=10) as server:
        first = begin(project, server, "--batch", *CHEAP)
        until(lambda: len(server.books.batches) == 2)
        until(lambda: "batch_" in mi(project, server, "status", "S1").out)
        done = mi(project, server, "cancel", "S1", *HOSTED, "--yes")
        assert done.code == 0, done.out + done.err
        assert "batch_" in done.out
        server.batch_seconds = 0.2
        out, _ = first.communicate(timeout=60)
        assert first.returncode == 1, out
        assert "was cancelled" in out
        again = run(project, server, "--batch", *CHEAP)
        assert again.code == 0, again.out + again.err
        balanced(project, server)
