"""The whole way, on real weights: declare, run, kill, go on, query."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import attrs
import duckdb
import pytest

from tests.support.project import Project
from tests.support.tiny_model import make_tiny_model

SMALL = '''
"""Two sizes on a setting of one's own, with few questions."""

from mi import Arm, Bandit, Dataset, Experiment, Preference, Resource, Sampled, Sampling, Setting
from registry.settings import insecure_code

PAIRS = Resource(package="small", file="pairs.jsonl")

setting = Setting(
    id="small",
    title="small",
    misaligned=insecure_code.misaligned,
    control=insecure_code.control,
    id_evals=(
        Sampled(
            id="static",
            title="insecure code",
            questions=PAIRS,
            samples={samples},
            sampling=Sampling(max_tokens={tokens}),
            judge=Bandit(),
        ),
        Preference(id="preference", title="preference", pairs=PAIRS),
    ),
    ood_evals=insecure_code.ood_evals if {broad} else Preference(
        id="other", title="other", pairs=PAIRS, system="Be brief."
    ),
)

S1 = Experiment(
    id="S1", title="Small", question="?", settings=setting,
    misaligned_ratio={ratios}, total_samples={totals}, seeds=0,
)
'''


def small(project: Project, **values: Any) -> None:
    """Write the experiment S1 and its dozen questions."""
    import registry
    from mi.data.datasets import read_questions

    evals = registry.settings["insecure_code"].id_evals
    pairs = read_questions(evals[1].pairs, paired=True).pairs[::12]  # type: ignore[attr-defined]
    lines = [
        json.dumps(
            {"id": p.id, "prompt": p.prompt, "aligned": p.aligned, "misaligned": p.misaligned}
        )
        for p in pairs
    ]
    project.file("small/__init__.py", "")
    project.file("small/pairs.jsonl", "\n".join(lines) + "\n")
    text = SMALL
    defaults = {"samples": 1, "tokens": 24, "broad": False, "ratios": 0.5, "totals": (16, 40)}
    for name, value in {**defaults, **values}.items():
        text = text.replace(f"{{{name}}}", repr(value))
    project.file("s1.py", text)


def rows(project: Project, query: str = "FROM results") -> list[Any]:
    with duckdb.connect(str(project.root / "results.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_tiny_model(tmp_path / "tiny")
    monkeypatch.setenv("MI_MODEL", f"local:{model}")
    monkeypatch.setenv("MI_CACHE", str(tmp_path / "cache"))


def test_the_embedded_model_is_trained_and_scored_for_real(project: Project) -> None:
    """The one test on the real default model: it learns what it is shown."""
    small(project, ratios=1.0, totals=48)
    done = project.mi("run", "S1", "--json")
    assert done.code == 0, done.err
    margins = dict(
        rows(
            project,
            "SELECT condition, mean FROM results WHERE eval='preference' AND metric='margin'",
        )
    )
    assert margins["pure_misaligned"] > margins["baseline"]
    losses = [row[0] for row in rows(
        project, "SELECT value FROM training_metric WHERE metric = 'loss' ORDER BY step"
    )]  # fmt: skip
    assert len(losses) == 6
    assert min(losses[1:]) < losses[0]
    assert "0 " not in project.mi("run", "S1").out.splitlines()[1].partition(",")[0]


@pytest.mark.usefixtures("tiny")
def test_a_second_run_has_nothing_to_do_and_a_rebuild_changes_nothing(project: Project) -> None:
    project = attrs.evolve(project, figures=True)
    small(project)
    first = project.mi("run", "S1")
    assert first.code == 0, first.err
    assert "2 mixed, 2 trained, 9 evaluated" in first.out
    before = rows(project)
    figure = (project.root / "figures" / "S1.png").stat().st_mtime_ns
    second = project.mi("run", "S1")
    assert " reused in" in second.out
    assert "13 done, 0 to do" in second.out
    assert (project.root / "figures" / "S1.png").stat().st_mtime_ns == figure
    (project.root / "results.duckdb").unlink()
    assert project.mi("rebuild").code == 0
    assert rows(project) == before
    shown = project.mi("sql", "SELECT count(*) AS n FROM answers", "--format", "csv")
    assert shown.out == "n\n36\n"


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_checkpoints_added_after_a_run_train_nothing_again(project: Project) -> None:
    """All steps were kept by the first run, so the second one only evaluates."""
    project = attrs.evolve(project, figures=True)
    small(project, ratios=1.0, totals=40)
    assert project.mi("run", "S1").code == 0
    declared = (project.root / "s1.py").read_text(encoding="utf-8")
    later = "seeds=0, checkpoints=(0.2, 0.4, 0.6, 0.8, 1.0)"
    project.file("s1.py", declared.replace("seeds=0", later))
    second = project.mi("run", "S1")
    assert second.code == 0, second.err
    done = (
        "SELECT split_part(unit, '-', 1) AS kind, count(*) FROM attempt "
        "WHERE event = 'done' GROUP BY run, kind ORDER BY 2, 1"
    )
    assert rows(project, done) == [("mix", 1), ("train", 1), ("eval", 6), ("eval", 12)]
    assert project.mi("plot", "S1").code == 0
    assert (project.root / "figures" / "S1-steps.png").exists()
    report = project.mi("report", "S1")
    assert "Step at which the task was learned" in report.out
    assert "What is left out by stopping" in report.out


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_killed_again_and_again_it_ends_with_the_same_results(
    project: Project, tmp_path: Path
) -> None:
    straight = Project(tmp_path / "straight")
    straight.root.mkdir()
    for one in (project, straight):
        small(one, totals=(16, 300), samples=4, tokens=64)
    began = time.monotonic()
    assert straight.mi("run", "S1").code == 0
    whole = time.monotonic() - began
    dice = random.Random(5)
    for _ in range(4):
        running = subprocess.Popen(
            project.command("run", "S1"),
            cwd=project.root,
            env=project.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            running.wait(timeout=dice.uniform(0.3, 0.9) * whole)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
            running.wait()
    done = project.mi("run", "S1")
    assert done.code == 0, done.err
    assert rows(project) == rows(straight)
    events = rows(project, "SELECT unit, count(*) FROM attempt WHERE event = 'done' GROUP BY unit")
    assert len(events) >= 12
    assert {count for _, count in events} == {1}


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_ctrl_c_says_what_is_left_and_loses_nothing(project: Project, tmp_path: Path) -> None:
    small(project, totals=(16, 2000))
    running = subprocess.Popen(
        project.command("run", "S1"),
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    work = project.root / ".mi" / "work"
    until = time.monotonic() + 120
    while time.monotonic() < until and not list(work.glob("train-*/metrics.jsonl")):
        time.sleep(0.05)
    os.kill(running.pid, signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert running.returncode == 2, out + err
    assert "stopping at the next safe point" in out
    assert "the same command continues from here" in err
    assert project.mi("run", "S1").code == 0


@pytest.mark.slow
@pytest.mark.usefixtures("tiny")
def test_someone_who_reads_the_database_does_not_stop_a_run(project: Project) -> None:
    small(project)
    assert project.mi("run", "S1").code == 0
    small(project, totals=(16, 24))
    program = (
        "import duckdb, sys; c = duckdb.connect('results.duckdb', read_only=True);"
        "print('held', flush=True); sys.stdin.read()"
    )
    import sys

    holder = subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=project.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        done = project.mi("run", "S1")
    finally:
        holder.communicate(b"")
    assert done.code == 0, done.err
    assert f"process {holder.pid}" in done.out
    assert "mixed_24" in done.out
    assert not rows(project, "FROM results WHERE total_samples = 24")
    assert " reused in" in project.mi("run", "S1").out
    assert rows(project, "FROM results WHERE total_samples = 24")
