"""A whole experiment at a hosted provider: nothing twice, nothing lost, the bill as foreseen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.fake_openai import Faults
from tests.support.hosted import HOSTED, declare, loopback, mi, run
from tests.support.project import Project


def query(project: Project, text: str) -> list[dict[str, object]]:
    done = project.mi("sql", text, "--format", "json")
    assert done.code == 0, done.err
    found: list[dict[str, object]] = done.json
    return found


def test_the_books_balance_and_a_second_run_asks_for_nothing(project: Project) -> None:
    declare(project)
    with loopback() as server:
        done = run(project, server)
        assert done.code == 0, done.out + done.err
        books = server.books
        assert sorted(books.trainings.values()) == [1, 1]
        [spend] = query(project, "SELECT sum(cost_usd) AS usd FROM spend")
        assert spend["usd"] == pytest.approx(books.bill_usd)
        answers = query(project, "SELECT count(*) AS n FROM answers")[0]["n"]
        judged = query(project, "SELECT count(*) AS n FROM judgment")[0]["n"]
        bandit = query(project, "SELECT count(*) AS n FROM judgment WHERE cost_usd IS NULL")
        assert sum(books.answers.values()) == answers + judged - bandit[0]["n"]  # type: ignore[operator]
        again = run(project, server)
        assert again.code == 0
        assert server.books.calls == books.calls
        assert " reused in" in again.out


def test_the_estimate_is_near_the_bill(project: Project) -> None:
    declare(project)
    with loopback() as server:
        plan = mi(project, server, "plan", "S1", *HOSTED, "--json").json
        assert not server.books.calls, "a plan asks for nothing"
        run(project, server)
        likely = sum(unit["cost_usd"] for unit in plan["units"] if unit["kind"] == "train")
        tokens = server.books.tokens
        real = sum(n for (_, kind, _), n in tokens.items() if kind == "training") * 25 / 1e6
        assert likely == pytest.approx(real, rel=0.2)


def test_too_low_a_limit_creates_nothing(project: Project) -> None:
    declare(project)
    with loopback() as server:
        done = run(project, server, max_cost="0.05")
        assert done.code == 4
        assert re.search(
            r"likely to cost \$[\d.]+, more than the \$0.05\d* of --max-cost", done.err
        )
        assert not server.books.calls


def test_nothing_is_spent_unless_somebody_says_so(project: Project) -> None:
    declare(project)
    with loopback() as server:
        done = mi(project, server, "run", "S1", *HOSTED)
        assert done.code == 4
        assert "--max-cost" in done.err
        unnamed = mi(project, server, "run", "S1", *HOSTED[:2], "--max-cost", "50")
        assert unnamed.code == 4
        assert "--data insecure_code=bundled" in unnamed.err
        assert not server.books.calls


def test_no_key_is_a_sentence_before_anything_begins(project: Project) -> None:
    declare(project)
    done = project.mi("run", "S1", *HOSTED, "--max-cost", "50", OPENAI_API_KEY="")
    assert done.code == 4
    assert "OPENAI_API_KEY" in done.err
    assert not list((project.root / ".mi").glob("units/*"))


def test_a_key_stands_in_no_file_and_no_line(project: Project) -> None:
    declare(project, totals=10)
    key = "sk-secret-of-the-lab-0123456789"
    with loopback(keys=(key,), faults=Faults(broken=0.05)) as server:
        first = run(project, server)
        wrong = mi(
            project,
            server,
            "run",
            "S1",
            *HOSTED,
            "--full",
            "--max-cost",
            "9",
            OPENAI_API_KEY=key + "x",
        )
    said = first.out + first.err + wrong.out + wrong.err
    assert key not in said
    files = [path for path in Path(project.root).rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if key.encode() in path.read_bytes()] == []


@pytest.mark.slow
def test_what_the_wire_loses_is_asked_again_and_nothing_else(project: Project) -> None:
    declare(project)
    faults = Faults(
        limited=0.05, broken=0.02, reset=0.01, truncated=0.01, drop_creates=1, drop_uploads=1
    )
    with loopback(faults=faults) as server:
        done = run(project, server)
        assert done.code == 0, done.out + done.err
        books = server.books
    assert sorted(books.trainings.values()) == [1, 1]
    lost = sum(books.lost.values())
    assert lost > 0
    assert f"{lost} answer" in done.out
    [stored] = query(
        project,
        "SELECT (SELECT count(*) FROM answer) "
        "+ (SELECT count(*) FROM judgment WHERE cost_usd IS NOT NULL) AS n",
    )
    assert sum(books.answers.values()) == stored["n"]


@pytest.mark.slow
def test_empty_filtered_and_refused_answers_are_kept_as_what_they_are(project: Project) -> None:
    declare(project, totals=10, samples=12)
    faults = Faults(filtered=0.1, refused=0.1, empty=0.1, spare_judge=True)
    with loopback(faults=faults) as server:
        assert run(project, server).code == 0
    rows = query(
        project,
        "SELECT outcome, count(*) AS n, count(DISTINCT finish) AS finishes, "
        "count(refusal) AS refusals FROM answers WHERE eval = 'emergent_free_form' GROUP BY ALL",
    )
    found = {row["outcome"]: row for row in rows}
    assert {"filtered", "refusal", "empty", "aligned"} <= found.keys()
    assert found["refusal"]["refusals"] == found["refusal"]["n"]
    assert found["aligned"]["refusals"] == 0
    [shown] = query(
        project,
        "SELECT n FROM results WHERE condition = 'baseline' AND eval = 'emergent_free_form' "
        "AND metric = 'misaligned'",
    )
    assert int(str(shown["n"])) < 8 * 12
