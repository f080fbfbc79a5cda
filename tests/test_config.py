"""Configuration: file, environment, flags; a project folder from nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import Project
from tests.support.tiny_model import make_tiny_model

TABLE = '[tool.mi]\nmodel = "local:file"\nstore = "kept"\nin_flight = 7\n'


def test_the_later_statement_is_the_stronger(project: Project) -> None:
    project.file("pyproject.toml", TABLE)
    found = project.mi("config", "--json", MI_STORE="elsewhere").json
    assert found["model"] == {"value": "local:file", "from": "pyproject.toml"}
    assert found["store"] == {"value": str(project.root / "elsewhere"), "from": "MI_STORE"}
    assert found["in_flight"]["value"] == "7"
    assert found["executor"] == {"value": "process", "from": "default"}
    flagged = project.mi("config", "--json", "--model", "local:flag", MI_MODEL="local:env").json
    assert flagged["model"] == {"value": "local:flag", "from": "--model"}
    assert project.mi("config", "--json", MI_MODEL="local:env").json["model"]["from"] == "MI_MODEL"
    assert "pyproject.toml" in project.mi("config").out


def test_it_holds_in_every_folder_below(project: Project) -> None:
    project.file("pyproject.toml", TABLE)
    below = project.root / "a" / "experiments"
    below.mkdir(parents=True)
    (below.parent / "pyproject.toml").write_text("[project]\nname = 'other'\n")
    found = Project(below).mi("config", "--json").json
    assert found["root"]["value"] == str(project.root)
    assert found["store"]["value"] == str(project.root / "kept")


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("stores = 'x'", "did you mean store"),
        ("store = 3", "must be a non-empty string"),
        ("in_flight = 0", "must be a positive number"),
        ("max_cost = nan", "must be a number of US dollars"),
        ("max_cost = true", "must be a number of US dollars"),
        ("max_cost = -1", "must be a number of US dollars"),
        ("experiments = 'x'", "must be a list of paths"),
        ("experiments = ['nowhere']", "'nowhere' does not exist"),
        ("endpoints = 3", "must be a table of endpoints"),
        ("store = ", "not valid TOML"),
    ],
)
def test_a_slip_is_told_with_its_place(project: Project, table: str, said: str) -> None:
    project.file("pyproject.toml", f"[tool.mi]\n{table}\n")
    done = project.mi("list")
    done = project.mi("plan", "A05a") if done.code == 0 else done
    assert done.code == 4
    assert said in done.err
    assert "pyproject.toml" in done.err
    assert "Traceback" not in done.err


def test_experiments_are_where_the_file_says(project: Project) -> None:
    project.file("pyproject.toml", '[tool.mi]\nexperiments = ["studies", "more/x_*.py"]\n')
    text = "import registry\n\n{id} = registry.get('A05a').evolve(id='{id}')\n"
    for path, id in (("studies/one.py", "C1"), ("more/x_1.py", "C2"), ("more/y.py", "C3")):
        project.file(path, text.format(id=id))
    assert [row["id"] for row in project.mi("list", "C*", "--json").json] == ["C1", "C2"]


def test_a_new_project_has_an_experiment_that_runs(project: Project, tmp_path: Path) -> None:
    model = f"local:{make_tiny_model(tmp_path / 'tiny')}"
    made = project.mi("init", "study")
    assert made.code == 0
    assert made.out.splitlines()[-1] == "next: cd study && mi run first"
    study = Project(project.root / "study")
    done = study.mi("run", "first", MI_MODEL=model)
    assert done.code == 0, done.err
    assert "2 trained" in done.out
    assert (study.root / "results.duckdb").exists()
    again = project.mi("init", "study")
    assert again.code == 4
    assert "already has pyproject.toml" in again.err
    linted = [sys.executable, "-m", "ruff", "check", "--line-length", "100", str(study.root)]
    assert subprocess.run(linted, capture_output=True).returncode == 0


def test_an_executor_that_is_not_there_is_told(project: Project) -> None:
    done = project.mi("run", "A05a", "--executor", "rai")
    assert done.code == 4
    assert "no executor 'rai'" in done.err
    assert not (project.root / ".mi").exists()
