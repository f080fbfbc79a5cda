"""Every stored answer can get the verdict of a judge that is about to end, whoever asked for it."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

import pytest

import registry
from mi.planning.archive import declared_rubrics, judge_change, survey_archive
from mi.providers import Providers
from mi.spec import Sampled
from mi.steps import evaluate
from mi.store import open_store
from mi.units.identity import json_form, key
from mi.units.stored_evals import read_evaluate
from mi.units.unit import Evaluate
from tests.support.background import until
from tests.support.fake_openai import Loopback
from tests.support.hosted import JUDGE, MODEL, declare_few, loopback, mi, run
from tests.support.project import Project

OLD, NEW = f"openai:{MODEL}", f"openai:{JUDGE}"
ARCHIVE = ("rejudge", "--all", "--judge", NEW)
PAID = ("--max-cost", "5")


def judged_by_another(project: Project, server: Loopback) -> None:
    """Results of S1 with another judge, whose declaration is gone afterwards."""
    declare_few(project, static=False)
    done = run(project, server, "--judge", OLD)
    assert done.code == 0, done.out + done.err
    (project.root / "experiments" / "small.py").unlink()


def survey(project: Project, judge: str = NEW) -> Any:
    store = open_store(project.root / ".mi")
    return survey_archive(store, judge, judge_change(Providers(), judge))


def query(project: Project, text: str) -> Any:
    done = project.mi("sql", text, "--format", "json")
    assert done.code == 0, done.err
    return done.json


def verdicts(project: Project) -> dict[tuple[str, str, int], int]:
    """How many verdicts of the new judge each answer has in each journal."""
    rows = query(
        project,
        "SELECT journal, question, sample, count(*) AS n FROM judgment "
        f"WHERE starts_with(model, '{JUDGE}') AND unit IS NOT NULL "
        "AND NOT starts_with(journal, 'judgments-probe') GROUP BY ALL",
    )
    return {(row["journal"], row["question"], row["sample"]): row["n"] for row in rows}


def test_answers_that_no_experiment_needs_any_more_are_judged_once(project: Project) -> None:
    with loopback() as server:
        judged_by_another(project, server)
        before = survey(project)
        assert before.lacking == before.answers > 20
        assert before.left_out == {}
        doctor = mi(project, server, "doctor", "--judge", NEW)
        assert "stored answers that a model judges lack a verdict of" in doctor.out
        assert f"→ `mi rejudge --all --judge {NEW} --batch --max-cost USD`" in doctor.out
        assert f"{NEW}: " in doctor.out
        planned = mi(project, server, *ARCHIVE, "--dry-run")
        assert planned.code == 0, planned.err
        assert f"{before.lacking} of {before.answers} stored answers" in planned.out
        assert "about $0.0" in planned.out
        asked = sum(server.books.answers.values())
        refused = mi(project, server, *ARCHIVE)
        assert refused.code == 4
        assert "nothing was started" in refused.err
        assert sum(server.books.answers.values()) == asked
        done = mi(project, server, *ARCHIVE, *PAID)
        assert done.code == 0, done.out + done.err
        assert survey(project).lacking == 0
        assert set(verdicts(project).values()) == {1}
        again = mi(project, server, *ARCHIVE, *PAID)
        assert again.code == 0
        assert f"0 of {before.answers} stored answers" in again.out
        declare_few(project, static=False)
        asked = sum(server.books.answers.values())
        shown = mi(project, server, "rejudge", "S1", "--model", OLD, "--judge", NEW)
        assert shown.code == 0, shown.out + shown.err
        assert sum(server.books.answers.values()) == asked, "an archived verdict was bought again"
    training = next((project.root / ".mi" / "units").glob("train-*"))
    training.rename(project.root / "elsewhere")
    left = survey(project, "openai:gpt-4o-mini-2024-07-18")
    assert left.left_out == {"their training is not in the store": 4}
    assert left.lacking < left.answers


EVALS = {
    eval.id: eval
    for experiment in registry.collect().all().values()
    for setting in experiment.settings
    for eval in (*setting.id_evals, *setting.ood_evals)
    if eval.model_judge is not None
}


@pytest.mark.parametrize("declared", EVALS.values(), ids=EVALS)
def test_a_stored_eval_is_read_back_as_it_was_declared(declared: Sampled) -> None:
    """Names of rubrics are in no payload: the record's journals tell them, whatever is declared."""
    payload = Evaluate(subject="train-0123456789abcdef", eval=declared, questions="0" * 16)
    journals = evaluate.journal_names(payload)
    read = read_evaluate(json_form(payload), journals)
    assert key("eval", read) == key("eval", payload)
    assert evaluate.journal_names(read) == journals
    again = read_evaluate(json_form(payload), journals, declared_rubrics([declared]))
    assert again.eval.model_judge == declared.model_judge


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eval": {"!": "Vanished"}}, "Vanished"),
        ({"eval": {"!": "Sampled", "unheard_of": 1}}, "unheard_of"),
        ({"!": "Base", "provider": "x", "weights": "y"}, "no eval|cannot be read"),
    ],
)
def test_a_record_of_another_version_is_left_out_by_name(
    change: dict[str, Any], message: str
) -> None:
    stored = json_form(Evaluate(subject="train-0", eval=next(iter(EVALS.values())), questions="0"))
    with pytest.raises(ValueError, match=message):
        read_evaluate({**stored, **change}, {})


@pytest.mark.slow
def test_an_archive_killed_four_times_judges_each_answer_once(project: Project) -> None:
    """Through batches: the books of the server are those of the store, whenever it was killed."""
    with loopback(batch_seconds=0.5) as server:
        judged_by_another(project, server)
        lacking = survey(project).lacking
        words = (*ARCHIVE, "--batch", *PAID, "-n", "1")
        assert lacking
        for _ in range(4):
            known = len(server.books.batches)
            going = begin_archive(project, server, *words)
            until(lambda known=known: len(server.books.batches) > known)  # type: ignore[misc]
            going.send_signal(signal.SIGKILL)
            going.communicate()
        done = mi(project, server, *words)
        assert done.code == 0, done.out + done.err
        assert survey(project).lacking == 0
        found = verdicts(project)
        assert set(found.values()) == {1}
        assert len(found) == 3 * lacking, "insecurity, alignment and coherence"
        files = [batch.sha256 for batch in server.books.batches]
        assert len(files) == len(set(files)), "the same requests were sent twice"
        assert not server.books.waiting, "an answer was paid for and never read"
        [spent] = query(project, "SELECT sum(cost_usd) AS usd FROM spend")
        assert spent["usd"] == pytest.approx(server.books.bill_usd)


def begin_archive(project: Project, server: Loopback, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        project.command(*words), cwd=project.root, text=True,
        env={**project.environment(), **server.environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("rejudge", "--all"), "--all takes the judge by its name"),
        (("rejudge", "--all", "--judge", "declared"), "--all takes the judge by its name"),
        (("rejudge", "--all", "S1", "--judge", NEW), "S1 cannot narrow it"),
        (("rejudge", "--all", "--model", OLD, "--judge", NEW), "--model cannot narrow it"),
        (("rejudge", "--all", "--judge", "tinker:some-model"), "offers no judge"),
        (("rejudge", "--judge", NEW), "name what to judge again"),
        (("rejudge", "--all", "--judge", NEW), "there are no answers to judge"),
    ],
)
def test_what_cannot_be_archived_is_a_sentence(
    project: Project, words: tuple[str, ...], message: str
) -> None:
    done = project.mi(*words)
    assert done.code in (4, 5)
    assert message in done.err
