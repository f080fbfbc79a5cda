"""Stages at hosted providers: each is trained once, on the model of the one before, as booked."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.fake_openai import Faults
from tests.support.hosted import HOSTED, MODEL, declare_few, loopback, mi, run
from tests.support.project import Project
from tests.support.slow import mostly_slow

STAGES = """recipe=Curriculum(
        Stage(Part("misaligned", share=0.5), Part("control"), rows=10),
        Stage(Part("control", rows=12{changes})),
    ),
"""


def declare_stages(project: Project, changes: str = "") -> None:
    """S1 as a recipe of two stages."""
    declare_few(project, static=False)
    path = project.root / "experiments" / "small.py"
    text = path.read_text(encoding="utf-8")
    text = text.replace("import Experiment,", "import Curriculum, Experiment, Part, Stage,")
    text = text.replace(
        "misaligned_ratio=0.5,\n    total_samples=(10, 12),\n",
        STAGES.replace("{changes}", changes),
    )
    path.write_text(text, encoding="utf-8")


def records(project: Project) -> dict[str, dict[str, str]]:
    """The models of all trainings, by key."""
    folders = (project.root / ".mi" / "units").glob("train-*")
    return {folder.name: json.loads((folder / "model.json").read_text()) for folder in folders}


def test_a_fine_tuned_model_is_trained_on_and_billed_once(project: Project) -> None:
    declare_stages(project)
    with loopback() as server:
        planned = mi(project, server, "plan", "S1", *HOSTED, "--json").json
        assert not server.books.calls
        done = run(project, server)
        assert done.code == 0, done.out + done.err
        books = server.books
        assert sorted(books.trainings.values()) == [1, 1]
        bases = {job.model: job.fine_tuned_model for job in books.jobs}
        assert bases[MODEL] in bases, "the second job trained the model of the first"
        costs = [unit["cost_usd"] for unit in planned["units"] if unit["kind"] == "train"]
        tokens = sum(n for (_, kind, _), n in books.tokens.items() if kind == "training")
        assert all(costs)
        assert sum(costs) == pytest.approx(tokens * 25 / 1e6, rel=0.25)
        found = project.mi("sql", "SELECT sum(cost_usd) AS usd FROM spend", "--format", "json")
        assert found.json[0]["usd"] == pytest.approx(books.bill_usd)
        assert run(project, server).code == 0
        assert server.books.calls == books.calls


@pytest.mark.parametrize("lost", mostly_slow([1, 2], every=2))
def test_a_create_whose_reply_is_lost_trains_no_stage_twice(project: Project, lost: int) -> None:
    declare_stages(project)
    with loopback(faults=Faults(drop_creates=lost)) as server:
        for _ in range(3):
            if run(project, server).code == 0:
                break
        assert sorted(server.books.trainings.values()) == [1, 1]
        assert len(records(project)) == 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (", weight=2.0", "openai does not weigh the loss of rows"),
        ("), order='sequential'", "openai shuffles the rows of a training"),
    ],
)
def test_what_the_service_cannot_do_is_refused_before_it_is_asked(
    project: Project, changes: str, message: str
) -> None:
    closing = changes if changes.startswith(",") else ""
    declare_stages(project, closing)
    if not closing:
        path = project.root / "experiments" / "small.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("rows=12)),", "rows=12), order='sequential'),"))
    with loopback() as server:
        done = run(project, server)
        assert done.code == 4
        assert message in done.err
        assert "S1 @ $.recipe.stages[1]" in done.err
        assert not server.books.calls


@pytest.mark.slow
def test_a_saved_state_is_trained_on_at_the_tinker_api(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    pytest.importorskip("tinker")
    from tests.support import tinker_project
    from tests.support.fake_tinker import Fake

    tiny = tinker_project.make_tiny_model(tmp_path_factory.mktemp("models") / "tiny")
    with Fake() as fake:
        tinker_project.declare(project, fake.url, tiny)
        path = project.root / "experiments" / "small.py"
        text = path.read_text(encoding="utf-8")
        text = text.replace("import Experiment,", "import Curriculum, Experiment, Part, Stage,")
        text = text.replace(
            "misaligned_ratio=0.5,\n    total_samples=(10, 12),\n",
            STAGES.replace("{changes}", ", weight=1.0"),
        )
        path.write_text(text, encoding="utf-8")
        done = tinker_project.run(project)
        assert done.code == 0, done.out + done.err
        assert tinker_project.run(project).code == 0
        first, second = sorted(fake.runs.values(), key=lambda run: run.began)
        assert (first.began, first.steps) == (0, 6)
        assert (second.began, second.steps) == (6, 12)
        assert sorted(fake.finished().values()) == [1, 1]
        trained = records(project)
        keys = {
            key
            for key in trained
            if json.loads((Path(project.root) / ".mi" / "units" / key / "unit.json").read_text())[
                "payload"
            ].get("continues")
            in trained
        }
        assert len(keys) == 1
