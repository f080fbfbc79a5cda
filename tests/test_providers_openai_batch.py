"""Batches: the same results at the batch price, and no request paid twice however a run ends."""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.data.chats import Message
from mi.errors import Interrupted
from mi.providers.openai import OpenAI, batch_lines
from mi.providers.types import ClientOptions, GradeRequest, ModelUnderTest, SampleRequest
from mi.spec import Sampling
from registry.judges import insecure_code
from tests.support.background import begin, until
from tests.support.fake_openai import Faults, Loopback
from tests.support.fake_openai.chat import Chat
from tests.support.fake_provider import Silent
from tests.support.hosted import HOSTED, declare_few, loopback, mi, run
from tests.support.project import Project

SIZES = {
    "answer": "SELECT count(*) AS n FROM answer",
    "answers": "SELECT count(*) AS n FROM answers",
    "judgment": "SELECT count(*) AS n FROM judgment",
    "results": "SELECT count(*) AS n FROM results",
    "score": "SELECT count(*) AS n FROM score",
    "question": "SELECT count(*) AS n FROM question",
}


CHEAP = ("--judge", "none")


def declare_one(project: Project) -> None:
    """S1 with one training."""
    declare_few(project)
    path = project.root / "experiments" / "small.py"
    path.write_text(path.read_text().replace("(10, 12)", "10"))


def query(project: Project, text: str) -> list[dict[str, Any]]:
    done = project.mi("sql", text, "--format", "json")
    assert done.code == 0, done.err
    found: list[dict[str, Any]] = done.json
    return found


def sizes(project: Project) -> dict[str, int]:
    counted = ", ".join(f"({text}) AS {name}" for name, text in SIZES.items())
    found: dict[str, int] = query(project, f"SELECT {counted}")[0]
    return found


def spent(project: Project) -> float:
    return float(query(project, "SELECT sum(cost_usd) AS usd FROM spend")[0]["usd"])


def balanced(project: Project, server: Loopback) -> None:
    """Every answer was delivered once and is there, and the bill is what was written down."""
    books = server.books
    assert not books.lost
    assert not books.waiting, "an answer was paid for and never read"
    assert spent(project) == pytest.approx(books.bill_usd)
    kept = "SELECT (SELECT count(*) FROM answer) + (SELECT count(*) FROM judgment "
    [stored] = query(project, kept + "WHERE cost_usd IS NOT NULL) AS n")
    assert sum(books.answers.values()) == stored["n"]


def test_batches_give_the_same_tables_at_the_batch_price(project: Project, tmp_path: Path) -> None:
    direct = Project(tmp_path / "direct")
    direct.root.mkdir()
    found = {}
    for one, more in ((direct, ()), (project, ("--batch",))):
        declare_one(one)
        with loopback() as server:
            done = run(one, server, *more)
            assert done.code == 0, done.out + done.err
            balanced(one, server)
            found[more] = sizes(one)
            through = {in_batch for _, kind, in_batch in server.books.tokens if kind == "input"}
            assert through == {bool(more)}
    assert found[()] == found["--batch",]


@pytest.mark.slow
def test_a_run_killed_while_a_batch_is_under_way_finds_it_again(project: Project) -> None:
    declare_one(project)
    with loopback(batch_seconds=1.0) as server:
        first = begin(project, server, "--batch")
        until(lambda: server.books.batches)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        done = run(project, server, "--batch")
        assert done.code == 0, done.out + done.err
        files = [batch.sha256 for batch in server.books.batches]
        assert len(files) == len(set(files)), "the same requests were sent twice"
        balanced(project, server)


def test_a_batch_whose_creation_was_lost_is_found_again(project: Project) -> None:
    declare_one(project)
    with loopback(faults=Faults(drop_batches=3)) as server:
        done = run(project, server, "--batch")
        assert done.code == 0, done.out + done.err
        files = [batch.sha256 for batch in server.books.batches]
        assert len(files) == len(set(files))
        assert sum(not batch.delivered for batch in server.books.batches) == 3
        balanced(project, server)


@pytest.mark.slow
def test_lines_that_failed_go_into_another_batch(project: Project) -> None:
    declare_one(project)
    with loopback(faults=Faults(broken=0.05, limited=0.05)) as server:
        done = run(project, server, "--batch")
        assert done.code == 0, done.out + done.err
        requests = [batch.requests for batch in server.books.batches]
        assert min(requests) < max(requests)
        balanced(project, server)


@pytest.mark.slow
def test_lines_that_fail_for_good_are_not_sent_again(project: Project) -> None:
    declare_one(project)
    with loopback(faults=Faults(gone=frozenset({"gpt-4o-2024-08-06"}))) as server:
        done = run(project, server, "--batch")
        assert done.code == 1, done.out + done.err
        assert "does not exist or you do not have access to it" in done.out
        files = [batch.sha256 for batch in server.books.batches]
        assert len(files) == len(set(files)), "a refused line was sent again"
        assert "Traceback" not in done.out + done.err
        before = len(files)
        again = run(project, server, "--batch")
        assert again.code == 1
        assert "--retry-failed" in again.out
        assert len(server.books.batches) == before


@pytest.mark.slow
def test_a_batch_cancelled_under_way_ends_its_unit_and_the_next_run_asks_anew(
    project: Project,
) -> None:
    declare_one(project)
    with loopback(batch_seconds=60) as server:
        first = begin(project, server, "--batch", *CHEAP)
        until(lambda: len(server.books.batches) == 2)
        until(lambda: "batch_" in mi(project, server, "status", "S1").out)
        done = mi(project, server, "cancel", "S1", *HOSTED, "--yes")
        assert done.code == 0, done.out + done.err
        assert "batch_" in done.out
        server.batch_seconds = 0.2
        out, _ = first.communicate(timeout=60)
        assert first.returncode == 1, out
        assert "was cancelled" in out
        again = run(project, server, "--batch", *CHEAP)
        assert again.code == 0, again.out + again.err
        balanced(project, server)


@pytest.mark.slow
def test_what_is_done_again_is_asked_again_in_a_batch_of_its_own(project: Project) -> None:
    declare_one(project)
    with loopback() as server:
        assert run(project, server, "--batch").code == 0
        listed = run(project, server, "--batch", "--kind", "eval", "--collect-only", "-q").out
        key = next(word for word in listed.split() if word.startswith("eval-"))
        before = len(server.books.batches)
        done = run(project, server, "--batch", "--force", key)
        assert done.code == 0, done.out + done.err
        assert len(server.books.batches) > before
        assert spent(project) == pytest.approx(server.books.bill_usd)


def use(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this process ask the server."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


def one_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have servers give one choice, whatever they are asked for."""
    read = Chat.read

    def alone(self: Chat, account: Any, body: dict[str, Any]) -> Any:
        return read(self, account, {**body, "n": 1})

    monkeypatch.setattr(Chat, "read", alone)


def grader(folder: Path) -> Callable[[int], list[Any]]:
    """Asks for so many judgments of five votes each, in batches."""
    provider = OpenAI("openai", ClientOptions(batch=True, poll=0.02))
    judge = attrs.evolve(insecure_code, votes=5)

    def ask(count: int) -> list[Any]:
        asked = [GradeRequest(question="q", sample=at, prompt=f"{at}?") for at in range(count)]
        graded = provider.grade(judge, asked, folder, Silent())
        found = [one for batch in graded for one in batch]
        provider.close()
        return found

    return ask


def test_where_a_server_gives_one_choice_the_rest_goes_into_another_batch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_choice(monkeypatch)
    with loopback() as server:
        use(server, monkeypatch)
        assert len(grader(tmp_path / "work")(3)) == 3
        assert len(server.books.batches) == 2


def test_a_prompt_that_a_server_refuses_to_read_is_an_answer_in_a_batch_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records, refused = batch_lines.read_lines, {"code": "content_filter", "message": "no"}

    def filtered(*how: Any) -> list[dict[str, Any]]:
        found = records(*how)
        if found:
            found[0]["response"] = {"status_code": 400, "body": {"error": refused}}
        return found

    monkeypatch.setattr(batch_lines, "read_lines", filtered)
    with loopback() as server:
        use(server, monkeypatch)
        provider, chat = (
            OpenAI("openai", ClientOptions(batch=True, poll=0.02)),
            (Message("user", "Well?"),),
        )
        asked = [SampleRequest(question=f"{at:016x}", sample=0, chat=chat) for at in range(3)]
        subject = ModelUnderTest(model=provider.resolve_model("gpt-4.1-2025-04-14"))
        drawn = provider.sample(subject, asked, Sampling(), tmp_path / "work", Silent())
        ends = sorted(one.finish for batch in drawn for one in batch)
        provider.close()
        assert ends == ["content_filter", "stop", "stop"]


def test_evals_that_share_answers_share_a_batch_that_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is called after the answers, whichever eval has asked for them."""
    with loopback(batch_seconds=0.5) as server:
        use(server, monkeypatch)
        provider, chat = (
            OpenAI("openai", ClientOptions(batch=True, poll=0.02)),
            (Message("user", "Well?"),),
        )
        asked = [SampleRequest(question=f"{at:016x}", sample=0, chat=chat) for at in range(3)]
        subject = ModelUnderTest(model=provider.resolve_model("gpt-4.1-2025-04-14"))

        class Impatient(Silent):
            def raise_if_stopped(self) -> None:
                if server.books.batches:
                    raise Interrupted("interrupted")

        place = "answers-0123456789abcdef"
        with pytest.raises(Interrupted):
            list(provider.sample(subject, asked, Sampling(), tmp_path / "one" / place, Impatient()))
        drawn = provider.sample(subject, asked, Sampling(), tmp_path / "two" / place, Silent())
        assert sum(len(batch) for batch in drawn) == 3
        assert len(server.books.batches) == 1
        provider.close()


def test_lines_of_a_batch_are_known_whatever_groups_they_are_asked_for_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that was killed while it asked one by one for what had not come is gone on with."""
    one_choice(monkeypatch)
    with loopback() as server:
        use(server, monkeypatch)
        provider, chat = (
            OpenAI("openai", ClientOptions(batch=True, poll=0.02)),
            (Message("user", "Well?"),),
        )
        asked = [SampleRequest(question="0" * 16, sample=at, chat=chat) for at in range(4)]
        subject = ModelUnderTest(model=provider.resolve_model("gpt-4.1-2025-04-14"))

        class Impatient(Silent):
            def raise_if_stopped(self) -> None:
                if len(server.books.batches) > 1:
                    raise Interrupted("interrupted")

        there = []
        with suppress(Interrupted):
            for batch in provider.sample(subject, asked, Sampling(), tmp_path / "a", Impatient()):
                there += batch
        left = [one for one in asked if one.sample not in {answer.sample for answer in there}]
        assert len(left) == 3
        for batch in provider.sample(subject, left, Sampling(), tmp_path / "a", Silent()):
            there += batch
        assert sorted(answer.sample for answer in there) == [0, 1, 2, 3]
        assert len(server.books.batches) == 2
        provider.close()
