"""Several keys are several accounts: jobs spread over them, and each model has one owner."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.background import begin, until
from tests.support.fake_openai import Loopback
from tests.support.hosted import HOSTED, MODEL, declare_few, loopback, mi, run
from tests.support.project import Done, Project

KEYS = ("sk-loopback-one", "sk-loopback-two")
CHEAP = ("--judge", "none")
RUN = ("run", "S1", *HOSTED, "--max-cost", "50", *CHEAP)
TOTALS = (10, 12, 14)


def declare_three(project: Project) -> None:
    """S1 with three trainings."""
    declare_few(project)
    path = project.root / "experiments" / "small.py"
    text = path.read_text()
    project.file(str(path), text.replace("total_samples=(10, 12)", f"total_samples={TOTALS}"))


def jobs_by_account(server: Loopback) -> Counter[str]:
    return Counter(job.account for job in server.books.jobs)


def asked(server: Loopback) -> set[str]:
    """The models that gave answers."""
    return {model for model, _ in server.books.answers}


def said(done: Done) -> str:
    text = done.out + done.err
    assert "Traceback" not in text
    return text


def test_trainings_spread_over_accounts_and_each_model_is_asked_with_its_own_key(
    project: Project,
) -> None:
    declare_few(project)
    with loopback(keys=KEYS, active_jobs=1, train_seconds=1.5) as server:
        done = run(project, server, *CHEAP)
        assert done.code == 0, said(done)
        assert jobs_by_account(server) == {"org-1": 1, "org-2": 1}
        trained = {job.fine_tuned_model for job in server.books.jobs}
        assert trained | {MODEL} == asked(server)
        chats = {status: n for (_, path, status), n in server.books.calls.items() if "chat" in path}
        assert chats.keys() == {200}, "a model was asked for with a key that does not own it"


def test_trainings_wait_for_a_free_slot_and_say_so(project: Project) -> None:
    declare_three(project)
    with loopback(active_jobs=1, train_seconds=0.6) as server:
        done = run(project, server, *CHEAP)
        assert done.code == 0, said(done)
        assert "every slot for trainings is taken; waiting for a free one" in done.out
        assert len(server.books.jobs) == len(TOTALS)
        assert not server.books.failed_jobs


@pytest.mark.slow
def test_a_limit_of_requests_is_kept_without_failing(project: Project) -> None:
    declare_few(project)
    with loopback(request_limit=(4, 0.5)) as server:
        done = run(project, server, *CHEAP)
        assert done.code == 0, said(done)
        assert sum(server.books.answers.values()) == 3 * 6 * 2
        assert not server.books.lost


def test_without_the_key_that_owns_a_job_nothing_is_launched(project: Project) -> None:
    declare_few(project)
    with loopback(keys=KEYS, active_jobs=1, train_seconds=3) as server:
        first = begin(project, server, *CHEAP)
        until(lambda: len(server.books.jobs) == 2)
        until(lambda: len(list(project.root.glob(".mi/work/train-*/launch.jsonl"))) == 2)
        first.kill()
        first.communicate()
        done = mi(project, server, *RUN, OPENAI_API_KEY_1="")
        assert done.code == 1, said(done)
        assert "which is not among those set" in done.out
        assert "set that key again" in done.out
        assert len(server.books.jobs) == 2
        whole = run(project, server, *CHEAP)
        assert whole.code == 0, said(whole)
        assert len(server.books.jobs) == 2


@pytest.mark.slow
def test_without_the_key_that_owns_a_model_its_eval_waits_for_the_key(project: Project) -> None:
    declare_few(project)
    with loopback(keys=KEYS, active_jobs=1, train_seconds=1.5) as server:
        first = run(project, server, *CHEAP)
        assert first.code == 0, said(first)
        path = project.root / "experiments" / "small.py"
        project.file(str(path), path.read_text().replace("samples=2", "samples=3"))
        done = mi(project, server, *RUN, OPENAI_API_KEY_1="")
        assert done.code == 1, said(done)
        assert len(server.books.jobs) == 2
        whole = run(project, server, *CHEAP)
        assert whole.code == 0, said(whole)
