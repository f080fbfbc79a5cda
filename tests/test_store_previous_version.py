"""A store and a database of version 0.1.0 are opened, and nothing in them is done again.

`data/store-0.1.0.tar.xz` is a project with data, a tiny model and a setting of its own: two
experiments on the local model, one of them on a hosted model too, with the verdicts of two judges.
`expected/` holds what that version said of them. Only the engine is under test: bundled data and
declared experiments may change, this project does not.
"""

from __future__ import annotations

import csv
import io
import tarfile
from pathlib import Path

import pytest

from tests.support.project import Project

ARCHIVE = Path(__file__).with_name("data") / "store-0.1.0.tar.xz"
HOSTED = "openai:gpt-4.1-2025-04-14"
VIEWS = ("results", "conditions", "answers", "spend")
EXPECTATIONS = """
SELECT experiment, expectation, says, claims, declared, run, before_data FROM expectations
ORDER BY ALL
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project as version 0.1.0 left it, in another folder."""
    root = tmp_path_factory.mktemp("previous")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    return Project(root / "study")


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(("model", "ids"), [("local:model", ("K1", "K2")), (HOSTED, ("K2",))])
def test_every_unit_of_the_previous_version_is_planned_as_done(
    study: Project, model: str, ids: tuple[str, ...]
) -> None:
    words = ("plan", *ids, "--full", "--model", model, "--data", "keeper=keeper", "--json")
    planned = study.mi(*words)
    assert planned.code == 0, planned.err
    units = planned.json["units"]
    assert {unit["state"] for unit in units} == {"done"}
    assert {unit["key"] for unit in units} <= {
        path.name for path in (study.root / ".mi" / "units").iterdir()
    }
    assert sum(unit["cost_usd"] for unit in units) == 0


def test_a_database_of_the_previous_version_answers_at_once_and_when_rebuilt(
    study: Project,
) -> None:
    queries = {
        view: f"SELECT * {'EXCLUDE (prompt, text) ' if view == 'answers' else ''}FROM {view} "
        "ORDER BY ALL"
        for view in VIEWS
    }
    for command in ((), ("rebuild",)):
        assert not command or study.mi(*command).code == 0
        for view, query in queries.items():
            told = study.mi("sql", query, "--format", "csv")
            assert told.code == 0, told.err
            expected = (study.root / "expected" / f"{view}.csv").read_text(encoding="utf-8")
            assert rows(told.out) == rows(expected), view
        told = study.mi("sql", EXPECTATIONS, "--format", "csv")
        expected = (study.root / "expected" / "expectations.csv").read_text(encoding="utf-8")
        assert rows(told.out) == [[*row[:6], row[7]] for row in rows(expected)]


def test_runs_of_the_previous_version_are_registrations(study: Project) -> None:
    """It counted the first eval of any condition; now that of the claim's own conditions counts."""
    query = "SELECT experiment, first_result, standing, hash FROM expectations ORDER BY ALL"
    told = study.mi("sql", query, "--format", "csv")
    assert rows(told.out)[1:] == [
        ["K1", "2026-11-30 14:04:58.698000", "before", ""],
        ["K2", "2026-11-30 14:04:40.937000", "before", ""],
    ]


def test_a_run_of_what_the_previous_version_did_has_nothing_to_do(study: Project) -> None:
    words = ("K1", "K2", "--full", "--model", "local:model", "--data", "keeper=keeper")
    done = study.mi("run", *words)
    assert done.code == 0, done.err
    assert ", 0 to do" in done.out
    assert "33 reused in" in done.out
