"""What a provider refuses is said in its own words, with a next step, and not tried in vain."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tests.support.background import begin, until
from tests.support.fake_openai import Faults, Loopback
from tests.support.hosted import HOSTED, JUDGE, MODEL, declare_few, loopback, mi, run
from tests.support.project import Done, Project

CREATE = ("POST", "/v1/fine_tuning/jobs")
CHEAP = ("--json", "--judge", "none")  # two trainings, three evals that need no judge
TRAININGS = (2, 2)


@attrs.frozen(kw_only=True)
class Case:
    """A server that says no, and what the user then reads.

    Args:
        says: The provider's words.
        hint: The next step.
        failed: Units that fail, and units that are blocked by them.
    """

    name: str
    says: str
    hint: str
    failed: tuple[int, int]
    words: tuple[str, ...] = CHEAP
    options: dict[str, Any] = attrs.field(factory=dict)
    faults: Faults = attrs.field(factory=Faults)

    def __str__(self) -> str:
        return self.name


CASES = [
    Case(
        name="failed job",
        says="The job failed due to an internal error. (server_error)",
        hint="the provider's fault: `--retry-failed` launches it again",
        failed=(1, 1),
        faults=Faults(fail_jobs=1),
    ),
    Case(
        name="model not fine-tunable",
        says=f"Model {MODEL} is not available for fine-tuning",
        hint="this model cannot be fine-tuned by this account",
        failed=TRAININGS,
        options={"trainable": frozenset({JUDGE})},
    ),
    Case(
        name="fine-tuning closed",
        says="Fine-tuning is not available to this organization",
        hint="fine-tuning is not open to this account (any more)",
        failed=TRAININGS,
        faults=Faults(closed=True),
    ),
    Case(
        name="base model gone",
        says=f"The model `{MODEL}` does not exist or you do not have access to it",
        hint="`mi doctor`",
        failed=(3, 2),
        faults=Faults(gone=frozenset({MODEL})),
    ),
    Case(
        name="judge gone",
        says=f"The model `{JUDGE}` does not exist or you do not have access to it",
        hint="`mi doctor`",
        failed=(6, 0),
        words=("--json",),
        faults=Faults(gone=frozenset({JUDGE})),
    ),
]


def creates(server: Loopback) -> int:
    """Requests to begin a training, whatever was answered."""
    return sum(n for (*what, _), n in server.books.calls.items() if tuple(what) == CREATE)


def said(done: Done) -> str:
    text = done.out + done.err
    assert "Traceback" not in text
    return text


def outcome(done: Done) -> tuple[int, int]:
    """Units that failed and units that were blocked."""
    return len(done.json["failed"]), len(done.json["blocked"])


def refused(project: Project, server: Loopback, case: Case) -> None:
    """Two plain runs: the first meets the refusal, the second leaves it at that."""
    first = run(project, server, *case.words)
    assert first.code == 1, said(first)
    assert case.says in said(first)
    assert case.hint in first.err
    assert outcome(first) == case.failed, said(first)
    asked, uploads = creates(server), len(server.books.uploads)
    again = run(project, server, *case.words)
    assert again.code == 1, said(again)
    assert (creates(server), len(server.books.uploads)) == (asked, uploads)
    assert "was not tried again; --retry-failed does" in again.err
    assert case.says in said(again)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_refusal_is_told_and_the_other_units_go_on(project: Project, case: Case) -> None:
    declare_few(project)
    with loopback(faults=case.faults, **case.options) as server:
        refused(project, server, case)


@pytest.mark.slow
def test_what_was_refused_is_tried_again_when_asked(project: Project) -> None:
    declare_few(project)
    with loopback(faults=Faults(fail_jobs=1), trainable=frozenset({MODEL})) as server:
        assert run(project, server, *CHEAP).code == 1
        healed = run(project, server, *CHEAP, "--retry-failed")
        assert healed.code == 0, said(healed)
        assert sorted(server.books.trainings.values()) == [1, 1]


@pytest.mark.slow
def test_a_file_that_moderation_blocks_is_told_and_never_launched_again(project: Project) -> None:
    declare_few(project)
    with loopback(faults=Faults(closed=True)) as closed:
        run(project, closed, *CHEAP)
        small = min(closed.books.uploads, key=lambda upload: upload.bytes).sha256
    case = Case(
        name="blocked by moderation",
        says="blocked by our moderation system",
        hint="--model local:",
        failed=(1, 1),
        words=(*CHEAP, "--retry-failed"),
    )
    with loopback(faults=Faults(blocked_files=frozenset({small}))) as server:
        first = run(project, server, *case.words)
        assert (first.code, outcome(first)) == (1, case.failed), said(first)
        assert case.says in said(first)
        assert case.hint in first.err
        again = run(project, server, *CHEAP)
        assert again.code == 1
        assert creates(server) == 2
        assert "--retry-failed does" in again.err


@pytest.mark.slow
def test_a_job_cancelled_elsewhere_is_launched_again_only_when_asked(project: Project) -> None:
    declare_few(project)
    with loopback(train_seconds=30) as server:
        first = begin(project, server, *CHEAP[1:])
        until(lambda: len(server.books.jobs) == 2)
        for job in server.books.jobs:
            stop(server, job.id)
        out, _ = first.communicate(timeout=30)
        assert first.returncode == 1, out
        assert "was cancelled" in out
        assert "`--retry-failed` launches it again" in out
        assert run(project, server, *CHEAP).code == 1
        assert creates(server) == 2


def stop(server: Loopback, job: str) -> None:
    """Cancel a job as the provider's own page would."""
    from openai import OpenAI

    with OpenAI(api_key=server.keys[0], base_url=server.url) as client:
        client.fine_tuning.jobs.cancel(job)


def test_a_wrong_key_is_told_and_the_same_command_goes_on_with_the_right_one(
    project: Project,
) -> None:
    declare_few(project)
    with loopback() as server:
        words = ("run", "S1", *HOSTED, "--max-cost", "50", *CHEAP)
        done = mi(project, server, *words, OPENAI_API_KEY="sk-not-the-right-one")
        assert (done.code, outcome(done)) == (1, (3, 2))
        assert "Incorrect API key provided" in said(done)
        assert "check the key; `mi doctor` tries each" in done.err
        assert "sk-not-the-right-one" not in said(done)
        assert not creates(server)
        assert run(project, server, *CHEAP).code == 0


def test_where_a_server_gives_one_answer_at_a_time_it_is_asked_for_one(project: Project) -> None:
    declare_few(project)
    with loopback(max_n=1) as server:
        done = run(project, server, *CHEAP)
        assert done.code == 0, said(done)
        assert sum(server.books.answers.values()) == 3 * 6 * 2


def test_a_request_that_hangs_is_given_up_and_made_again(project: Project) -> None:
    declare_few(project)
    project.file("pyproject.toml", "[tool.mi]\npoll = 0.05\ntimeout = 1\n")
    with loopback(faults=Faults(hang=0.15)) as server:
        done = run(project, server, *CHEAP)
        assert done.code == 0, said(done)
        lost = sum(server.books.lost.values())
        assert lost > 0
        assert f"{lost} answers lost in transit and requested again" in done.err
        assert sum(server.books.answers.values()) == 3 * 6 * 2


def test_what_is_not_tried_again_asks_for_no_money(project: Project) -> None:
    declare_few(project)
    with loopback(faults=Faults(fail_jobs=2)) as server:
        assert run(project, server, *CHEAP).code == 1
        again = mi(project, server, "run", "S1", *HOSTED, *CHEAP)
        assert again.code == 1, again.err
        assert "--retry-failed does" in again.err
        assert len(server.books.jobs) == 2
