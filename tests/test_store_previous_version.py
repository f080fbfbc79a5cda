"""A store and a database of version 0.1.0 are opened, and nothing in them is done again.

`data/store-0.1.0.tar.xz` is a project with data, a tiny model and a setting of its own: two
experiments on the local model, one of them on a hosted model too, with the verdicts of two judges.
`expected/` holds what that version said of them. Only the engine is under test: bundled data and
declared experiments may change, this project does not.
"""

from __future__ import annotations

import csv
import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.support.project import Project

ARCHIVE = Path(__file__).with_name("data") / "store-0.1.0.tar.xz"
HOSTED = "openai:gpt-4.1-2025-04-14"
DECLARED = "openai:gpt-4o-2024-08-06"
VIEWS = ("results", "conditions", "answers", "spend")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project as version 0.1.0 left it, in another folder."""
    root = tmp_path_factory.mktemp("previous")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(root, filter="data")
    return Project(root / "study")


NEW_COLUMNS = {"judge_probe", "groups", "scenario", "group", "standing", "commit", "dirty", "hash"}
NEW_COLUMNS |= {"axes", "history"}
INTERVAL = ("ci_low", "ci_high")
"""What tables that are filled anew lack: that version stored no groups, which intervals count."""


def rows(text: str, *withheld: str) -> list[dict[str, str]]:
    """The rows of a view as CSV, in some order, with the columns that version 0.1.0 had.

    Args:
        text: The CSV.
        withheld: Columns whose values are left out.
    """
    found = [
        {
            name: "" if name in withheld else _to_digits(value) if name == "mean" else value
            for name, value in row.items()
            if name not in NEW_COLUMNS
        }
        for row in csv.DictReader(io.StringIO(text))
    ]
    return sorted(found, key=lambda row: list(row.values()))


def _to_digits(mean: str) -> str:
    """A mean without its last bits, which depend on the order of sums."""
    return f"{float(mean):.12g}"


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
    for command, withheld in (((), ()), (("rebuild",), INTERVAL)):
        assert not command or study.mi(*command).code == 0
        for view, query in queries.items():
            told = study.mi("sql", query, "--format", "csv")
            assert told.code == 0, told.err
            expected = (study.root / "expected" / f"{view}.csv").read_text(encoding="utf-8")
            assert rows(told.out) == rows(expected, *withheld), view
        told = study.mi("sql", "FROM expectations", "--format", "csv")
        expected = (study.root / "expected" / "expectations.csv").read_text(encoding="utf-8")
        assert rows(told.out, "first_result") == rows(expected, "first_result")


def test_runs_of_the_previous_version_are_registrations(study: Project) -> None:
    """It counted the first eval of any condition; now that of the claim's own conditions counts."""
    assert study.mi("rebuild").code == 0
    query = "SELECT experiment, first_result, standing, hash FROM expectations ORDER BY ALL"
    told = study.mi("sql", query, "--format", "csv")
    assert list(csv.reader(io.StringIO(told.out)))[1:] == [
        ["K1", "2026-11-30 14:04:58.698000", "before", ""],
        ["K2", "2026-11-30 14:04:40.937000", "before", ""],
    ]


def records(study: Project) -> dict[str, dict[str, Any]]:
    """The records of all published units, by their keys."""
    paths = (study.root / ".mi" / "units").glob("*/unit.json")
    return {path.parent.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def means(study: Project) -> dict[tuple[str, str], float]:
    """The mean of each metric of each unit."""
    found = study.mi("sql", "SELECT unit, metric, mean FROM unit_metric", "--format", "json")
    assert found.code == 0, found.err
    return {(row["unit"], row["metric"]): row["mean"] for row in found.json}


def test_a_run_of_what_the_previous_version_did_only_scores_it_again(study: Project) -> None:
    """Nothing is asked, and the work stays that of the run that did it."""
    words = ("K1", "K2", "--full", "--model", "local:model", "--data", "keeper=keeper")
    before, metrics = records(study), means(study)
    done = study.mi("run", *words)
    assert done.code == 0, done.err
    assert ", 0 to do" in done.out
    assert "33 reused in" in done.out
    assert "\n14 evals were scored again from stored answers (scoring 1 → 2)\n" in done.out
    after = records(study)
    assert after.keys() == before.keys()
    changed = {key for key in after if after[key] != before[key]}
    assert len(changed) == 14
    for key in changed:
        assert after[key].pop("scoring") == 2
        assert after[key].pop("scored") > before[key]["finished"]
        assert after[key].pop("seals").keys() == before[key]["journals"].keys()
        assert after[key].pop("files") == ["log.txt", "questions.jsonl", "scores.jsonl"]
        assert after[key] == before[key], "run, time, cost and outcomes are those of the work"
    found = means(study)
    new = found.keys() - metrics.keys()
    assert {name for _, name in new} == {"insecure_of_all", "hardcoded_of_all"}
    assert {unit for unit, _ in new} == changed
    assert {item: found[item] for item in metrics} == pytest.approx(metrics, rel=1e-12)
    assert study.mi("rebuild").code == 0
    assert means(study) == found


def test_ratings_are_scored_again_without_a_key_where_the_answers_are_there(study: Project) -> None:
    words = ("K2", "--full", "--model", HOSTED, "--data", "keeper=keeper")
    planned = study.mi("plan", *words, "--json").json["units"]
    again = "to be scored again from what is stored (scoring 1 → {}), free"
    for version in (2, 3):  # of eight evals by static judges, and of eight by judge models
        rescored = [unit for unit in planned if again.format(version) in unit["reason"]]
        assert [unit["kind"] for unit in rescored] == ["eval"] * 8
    assert {(unit["state"], unit["cost_usd"]) for unit in planned} == {("done", 0.0)}
    units = records(study)
    judged = [
        key
        for key, unit in units.items()
        if "judgments:aligned" in unit["journals"]
        and unit["payload"]["eval"]["judge"]["model"] == DECLARED
    ]
    lost, before = units[judged[0]], means(study)
    (study.root / ".mi" / "journals" / f"{lost['journals']['answers']}.jsonl").unlink()
    done = study.mi("run", *words, OPENAI_API_KEY="")
    assert done.code == 0, done.err
    assert "16 evals of those done to be scored again" in done.out
    problem = f"{lost['journals']['answers']}.jsonl: lacks"
    assert f"{judged[0]} keeps its old scores: {problem}" in done.out
    after = records(study)
    assert after[judged[0]] == lost
    assert {after[key].get("scoring") for key in judged[1:]} == {3}
    found = means(study)
    again_read = {item: found[item] for item in before}
    assert again_read == pytest.approx(before, rel=1e-12), "whole numerals read as they did"
    new = {name for unit, name in found.keys() - before.keys() if unit == judged[1]}
    assert new == {"misaligned_of_all", "misaligned_of_coherent"}
    done = study.mi("run", *words, OPENAI_API_KEY="")
    assert "were scored again" not in done.out
    assert f"{judged[0]} keeps its old scores: {problem}" in done.out
