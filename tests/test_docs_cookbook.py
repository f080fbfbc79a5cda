"""Every query of the cookbook runs and finds something; results are a table from Python."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

import mi
from mi.database import VIEWS
from mi.errors import UsageError
from tests.support import hosted
from tests.support.project import Project

TEXT = (Path(__file__).parent.parent / "docs" / "cookbook.md").read_text(encoding="utf-8")
QUERIES = dict(re.findall(r"^## ([^\n]+)\n(?:(?!^## ).)*?```sql\n(.*?)```", TEXT, re.M | re.S))
OTHER = "gpt-4o-mini-2024-07-18"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Two experiments that share units, two judges, conditions with and without harm."""
    folder = tmp_path_factory.mktemp("cookbook")
    project = Project(folder)
    hosted.declare(project, totals=(20, 40), ratios=(0.5, 1.0), samples=2)
    text = (folder / "experiments" / "small.py").read_text()
    again = '\nS2 = S1.evolve(id="S2", total_samples=40)\n'
    project.file("experiments/small.py", text + again)
    judges = ("--judge", "declared", "--judge", f"openai:{OTHER}", "--price", f"{OTHER}=1,1,1")
    with hosted.loopback() as server:
        words = ("run", "S1", "S2", *hosted.HOSTED, "--max-cost", "50", *judges)
        done = hosted.mi(project, server, *words)
    assert done.code == 0, done.err
    return project


def test_the_cookbook_has_a_dozen_queries() -> None:
    assert len(QUERIES) >= 12


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_finds_something(made: Project, name: str) -> None:
    with duckdb.connect(str(made.root / "results.duckdb"), read_only=True) as connection:
        assert connection.execute(QUERIES[name]).fetchall()


def test_the_python_block_runs(made: Project) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    done = subprocess.run(
        [sys.executable, "-c", block],
        cwd=made.root,
        env=made.environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "ci_low" in done.stdout


@pytest.mark.parametrize("view", VIEWS)
def test_a_view_is_a_table_of_either_kind(made: Project, view: str) -> None:
    db = made.root / "results.duckdb"
    with duckdb.connect(str(db), read_only=True) as connection:
        rows = connection.execute(f"SELECT count(*) FROM {view}").fetchone()
    assert rows is not None
    assert mi.results(db, view=view).num_rows == rows[0]
    assert len(mi.results(db, view=view, as_="pandas")) == rows[0]
    assert mi.results(db, view=view, as_="polars").height == rows[0]


def test_an_experiment_alone(made: Project) -> None:
    db = made.root / "results.duckdb"
    for view in ("results", "trainings"):
        both, one = mi.results(db, view=view), mi.results(db, view=view, experiment="S2")
        assert 0 < one.num_rows < both.num_rows


@pytest.mark.parametrize(
    ("options", "message"),
    [({"view": "resluts"}, "views: results"), ({"as_": "excel"}, "arrow, pandas, polars")],
)
def test_a_slip_is_a_sentence(made: Project, options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        mi.results(made.root / "results.duckdb", **options)  # type: ignore[arg-type]


def test_every_column_of_a_view_says_what_it_is(made: Project) -> None:
    with duckdb.connect(str(made.root / "results.duckdb"), read_only=True) as connection:
        missing = connection.execute(
            "SELECT table_name || '.' || column_name FROM duckdb_columns() "
            "WHERE list_contains(?, table_name) AND comment IS NULL ORDER BY ALL",
            [list(VIEWS)],
        ).fetchall()
    assert missing == []


def test_an_export_holds_every_view_and_a_database_that_answers(
    made: Project, tmp_path: Path
) -> None:
    out = tmp_path / "shared"
    for kind in ("parquet", "csv"):  # the second one takes the place of the first
        done = made.mi("export", "--out", str(out), "--format", kind)
        assert done.code == 0, done.err
        files = {path.name for path in out.iterdir()}
        assert files == {f"{view}.{kind}" for view in VIEWS} | {"COLUMNS.txt", "results.duckdb"}
    assert "ci_low (DOUBLE): Low end of the 95 %" in (out / "COLUMNS.txt").read_text()
    with duckdb.connect(str(made.root / "results.duckdb"), read_only=True) as connection:
        rows = connection.execute("FROM results").fetchall()
        file = connection.execute(f"SELECT count(*) FROM '{out}/results.csv'").fetchone()
    assert file == (len(rows),)
    with duckdb.connect(str(out / "results.duckdb"), read_only=True) as connection:
        assert connection.execute("FROM results").fetchall() == rows
        comment = "SELECT comment FROM duckdb_columns() WHERE column_name = 'n' AND table_name = ?"
        said = connection.execute(comment, ["results"]).fetchone()
    assert said == ("Answers or pairs the mean is over",)


def test_an_export_writes_over_nothing_else(made: Project, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    done = made.mi("export", "--out", str(tmp_path))
    assert done.code == 4
    assert "other than an earlier export" in done.err
    assert (tmp_path / "thesis.tex").read_text() == "years of work"
