"""A query, a table, a figure and a verdict show one interval, which counts groups and seeds."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import attrs
import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.synthetic import EVALS, MODEL, Design, build_database
from mi.analysis.conditions import points
from mi.analysis.evidence import ResultScope, load_evidence
from mi.analysis.stats import Study
from mi.database import Database, sync_database
from mi.database.load import insert_rows
from mi.database.schema import ensure_schema
from mi.database.summaries import summarise_units
from mi.planning.session import Session
from mi.store.checksums import write_checksums
from tests.support.engine import result_rows, run_experiment
from tests.support.fake_provider import Books

Answered = tuple[str, int, float]
"""A question, the number of the answer to it, and its score."""


@cache
def _empty_database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    ensure_schema(connection)
    return connection


def metric(answers: list[Answered], groups: dict[str, str | None] | None = None) -> Any:
    """`n`, `questions`, `groups`, `mean`, `ci_low` and `ci_high` of a unit with these answers.

    Args:
        answers: To all questions.
        groups: Of questions; None: each is a group of its own.
    """
    connection = _empty_database()
    for table in ("question", "score", "unit_group", "unit_metric"):
        connection.execute(f"DELETE FROM {table}")
    questions = sorted({question for question, _, _ in answers})
    groups = groups or {question: question for question in questions}
    rows = [("eval-1", name, name, "?", None, None, None, groups[name]) for name in questions]
    insert_rows(connection, "question", rows)
    scores = [
        ("eval-1", question, sample, "x", {"m": value}, None) for question, sample, value in answers
    ]
    insert_rows(connection, "score", scores)
    summarise_units(connection, ["eval-1"])
    columns = "n, questions, groups, mean, ci_low, ci_high"
    return connection.execute(f"SELECT {columns} FROM unit_metric").fetchone()


def shares(successes: int, n: int) -> list[Answered]:
    return [(f"q{i}", 0, float(i < successes)) for i in range(n)]


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe (1998), table I, method 3: the score method.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_a_share_has_wilsons_interval(successes: int, n: int, low: float, high: float) -> None:
    found = metric(shares(successes, n))
    assert found[:3] == (n, n, n)
    assert found[3] == pytest.approx(successes / n)
    assert found[4:] == pytest.approx((low, high), abs=0.00006)


@given(st.integers(0, 40), st.integers(2, 40), st.integers(1, 4))
@settings(max_examples=10, deadline=None)
def test_an_interval_lies_in_the_unit_range_around_the_mean(
    successes: int, n: int, rows: int
) -> None:
    groups: dict[str, str | None] = {f"q{i}": f"g{i % (n // 2 + 1)}" for i in range(n)}
    answers = [(question, row, value) for question, _, value in shares(min(successes, n), n)
               for row in range(rows)]  # fmt: skip
    *_, mean, low, high = metric(answers, groups)
    assert 0 <= low <= mean <= high <= 1


def test_samples_of_one_question_are_not_independent() -> None:
    """Twenty equal answers to each question say no more than one."""
    once = metric([(f"q{i}", 0, float(i < 5)) for i in range(10)])
    often = metric([(f"q{i}", s, float(i < 5)) for i in range(10) for s in range(20)])
    assert often[:3] == (200, 10, 10)
    assert often[3] == once[3]
    assert often[4] < once[4] < once[5] < often[5]  # their variance is estimated, too: Student's t


def test_rows_of_one_scenario_are_not_independent() -> None:
    """144 rows of 36 scenarios, each answered alike."""
    answers = [(f"q{row}", 0, float(row // 4 < 20 or row == 80)) for row in range(144)]
    groups: dict[str, str | None] = {f"q{row}": f"scenario {row // 4}" for row in range(144)}
    *sizes, mean, low, high = metric(answers, groups)
    assert sizes == [144, 144, 36]
    assert (mean, low, high) == pytest.approx((0.5625, 0.40, 0.72), abs=0.005)
    *_, low, high = metric(answers)
    assert (low, high) == pytest.approx((0.48, 0.64), abs=0.005)


def test_other_numbers_have_students_interval() -> None:
    *_, mean, low, high = metric([(f"q{i}", 0, float(i)) for i in range(11)])
    half = 2.228139 * (11 / 11) ** 0.5  # the sample variance of 0..10 is 11
    assert (mean, low, high) == pytest.approx((5, 5 - half, 5 + half), rel=1e-5)


@pytest.mark.parametrize("groups", [{"q0": "a", "q1": "a"}, {"q0": "a", "q1": None}])
def test_one_group_or_a_question_without_one_has_a_mean_and_no_interval(
    groups: dict[str, str | None],
) -> None:
    found = metric(shares(1, 2), groups)
    assert found == (2, 2, 1 if groups["q1"] else 0, 0.5, None, None)


@pytest.mark.parametrize(("questions", "seeds"), [(2, 1), (12, 3)])
def test_the_same_scores_have_the_same_interval_everywhere(
    tmp_path: Path, questions: int, seeds: int
) -> None:
    """In `results`, in `conditions`, in the points of tables and figures, and in a study."""
    evals = tuple(attrs.evolve(eval, questions=questions, samples=3) for eval in EVALS)
    design = Design(id="A", sizes=(100, 1000), ratios=(0.1, 1.0), seeds=seeds, evals=evals)
    scope = ResultScope(experiments=("A",), model=MODEL, data={"insecure_code": "bundled"})
    with build_database(tmp_path / "results.duckdb", design).read_connection() as connection:
        all_evidence = load_evidence(connection, scope)
        drawn = points(connection, "A", MODEL, scope.data)
        columns = "n, questions, groups, mean, ci_low, ci_high FROM"
        by_condition = {
            (eval, condition): rest
            for eval, condition, *rest in connection.execute(
                f"SELECT eval, condition, seeds, {columns} conditions WHERE headline"
            ).fetchall()
        }
        by_unit = {
            unit: rest
            for unit, *rest in connection.execute(
                f"SELECT unit, {columns} results WHERE headline"
            ).fetchall()
        }
    assert len(by_condition) == len(drawn) == 4 * 5
    ends = {(point.eval, point.condition): [point.mean, point.low, point.high] for point in drawn}
    for evidence in all_evidence:
        for index, condition in enumerate(evidence.conditions):
            scores, mean = evidence.scores[index], evidence.study.mean(index)
            runs, *row = by_condition[evidence.eval, condition.name]
            assert runs == (scores.runs if scores.trained else 0)
            assert row[:3] == [scores.n, questions, scores.groups] == [row[0], questions, questions]
            assert row[3:] == pytest.approx([mean.value, mean.low, mean.high])
            assert ends[evidence.eval, condition.name] == row[3:]
            for run, unit in enumerate(evidence.units[index]):
                alone = attrs.evolve(
                    scores, totals=scores.totals[[run]], counts=scores.counts[[run]]
                )
                single = Study(conditions=[alone], is_share=evidence.is_share).mean(0)
                assert by_unit[unit][:3] == [alone.n, questions, alone.groups]
                assert by_unit[unit][3:] == pytest.approx([single.value, single.low, single.high])


def test_seeds_of_a_condition_are_judged_by_those_of_the_whole_experiment(tmp_path: Path) -> None:
    """A condition of `conditions` has the interval of its study, and not the one it has alone."""
    evals = tuple(EVALS[:1])
    design = Design(id="A", sizes=(100, 300, 1000, 3000), seeds=2, evals=evals)
    scope = ResultScope(experiments=("A",), model=MODEL, data={"insecure_code": "bundled"})
    with build_database(tmp_path / "results.duckdb", design).read_connection() as connection:
        [evidence] = load_evidence(connection, scope)
        rows = connection.execute(
            "SELECT ci_high - ci_low, seeds, basis FROM conditions"
        ).fetchall()
    alone = Study(conditions=[evidence.scores[2]]).mean(0)
    widths = [width for width, runs, _ in rows if runs]
    assert {basis for _, runs, basis in rows if runs} == {"over seeds"}
    assert np.mean(widths) < alone.high - alone.low


# Stores of runs before questions had groups.


@pytest.fixture(scope="module")
def old_store(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """A store as a version left it that kept no groups."""
    opened, _ = run_experiment(
        tmp_path_factory.mktemp("old"), Books(), total_samples=10, seeds=(0, 1)
    )
    for path in opened.store.root.glob("units/eval-*/questions.jsonl"):
        records = [json.loads(line) for line in path.read_text().splitlines()]
        for record in records:
            del record["scenario"], record["group"]
        path.write_text("".join(json.dumps(record) + "\n" for record in records))
        write_checksums(path.parent)
    return opened


def test_questions_that_were_stored_without_groups_have_no_interval(old_store: Session) -> None:
    opened = old_store
    assert result_rows(opened)
    with Database(opened.options.db).read_connection() as connection:
        for view in ("results", "conditions"):
            rows = connection.execute(
                f"SELECT DISTINCT groups, questions, ci_low, ci_high, mean IS NULL FROM {view}"
            ).fetchall()
            assert rows == [(0, 24, None, None, False)], view
        assert connection.execute('SELECT DISTINCT "group" FROM answers').fetchall() == [(None,)]
        scope = ResultScope(
            experiments=("T1",), model=opened.model.id, data={"insecure_code": "bundled"}
        )
        for evidence in load_evidence(connection, scope):
            assert str(evidence.study.difference(1, 0)).endswith("[no interval: too few groups]")


@pytest.mark.parametrize(
    ("title", "question", "group"),
    [
        ("insecure_code held-out questions", "sql-recent-03", "sql-recent"),
        ("broad preference pairs", "wish-09", "wish"),
        ("deception questions", "water-boils.penalty", "water-boils"),
        ("emergent free-form questions", "in-charge", "in-charge"),
    ],
)
def test_bundled_questions_of_earlier_versions_have_the_groups_that_they_had(
    title: str, question: str, group: str
) -> None:
    lines = Path("mi/database/stored_groups.jsonl").read_text(encoding="utf-8").splitlines()
    [known] = [record for record in map(json.loads, lines) if record["title"] == title]
    assert known["groups"][question] == group
    query = 'SELECT "group" FROM _stored_group WHERE questions = ? AND id = ?'
    found = _empty_database().execute(query, [known["questions"], question]).fetchall()
    assert found == [(group,)]


def test_a_known_set_of_questions_gets_its_groups_when_it_is_loaded(
    old_store: Session, tmp_path: Path
) -> None:
    stored = {
        (unit["payload"]["questions"], record["id"])
        for path in old_store.store.root.glob("units/eval-*/unit.json")
        for unit in [json.loads(path.read_text())]
        for record in map(json.loads, (path.parent / "questions.jsonl").read_text().splitlines())
    }
    database = Database(tmp_path / "results.duckdb")
    with database.transaction() as connection:
        rows = [(questions, id, id.rsplit("-", 1)[0]) for questions, id in stored]
        insert_rows(connection, "_stored_group", rows)
    sync_database(database, old_store.store)
    names = {id.rsplit("-", 1)[0] for _, id in stored}
    with database.read_connection() as connection:
        groups = connection.execute(
            'SELECT DISTINCT "group" FROM question WHERE unit IN (SELECT unit FROM results)'
        ).fetchall()
        rows = connection.execute("SELECT DISTINCT questions > groups FROM results").fetchall()
    assert {group for (group,) in groups} == names
    assert rows == [(True,)]
