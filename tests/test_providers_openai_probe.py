"""A server is looked at once, briefly, before it is used: what it takes, ignores and cuts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest

from mi.data.chats import Message, Prompt
from mi.data.datasets import Questions
from mi.planning.draws import separate_draws
from mi.providers.openai import OpenAI
from mi.providers.openai.tail import Tail, measure_tail, read_positions
from mi.providers.probe import (
    MAX_REQUESTS,
    SERVER,
    ParameterRefused,
    ProbeFailed,
    ProbeResult,
    recall_probe,
    remember_probe,
)
from mi.providers.types import ClientOptions, ModelUnderTest, SampleRequest, Usage
from mi.spec import Bandit, Resource, Sampled, Sampling
from mi.steps.evals.sampled import distinct_questions
from mi.steps.evaluate import journal_names
from mi.store import open_store
from mi.units.unit import Base, Evaluate
from tests.support.hosted import HOSTED, declare_few, loopback, mi, run
from tests.support.odd_server import Body, OddServer, Reply, completion, forbid, refuse, serving
from tests.support.probes import passed_probe
from tests.support.project import Project
from tests.support.sampling_server import SamplingServer
from tests.support.tiny_model import Watcher

LLAMA = {"top_k": 40, "min_p": 0.05}


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Probes of a test are its own."""
    monkeypatch.setenv("MI_PROBES", str(tmp_path / "probes"))


def probe(
    server: OddServer, *samplings: Sampling, **endpoint: Any
) -> tuple[OpenAI, ProbeResult, list[Usage]]:
    entry = {"base_url": server.url, **endpoint}
    lab = OpenAI("lab", ClientOptions(endpoints={"lab": entry}, timeout=10))
    usages: list[Usage] = []
    try:
        found = lab.probe(lab.resolve_model("m"), samplings or (Sampling(),), usages, Watcher())
    finally:
        assert server.asked("m") <= MAX_REQUESTS
        lab.close()
    return lab, found, usages


def sent(lab: OpenAI, server: OddServer, directory: Path, **sampling: Any) -> Body:
    """The body of a request for an answer."""
    subject = ModelUnderTest(model=lab.resolve_model("m"))
    request = SampleRequest(question="0" * 16, sample=0, chat=(Message("user", "Who?"),))
    [[answer]] = lab.sample(subject, [request], Sampling(**sampling), directory, Watcher())
    assert answer.probe is not None
    lab.close()
    return server.bodies[-1]


def test_a_silent_cut_is_found_and_neutral_values_are_sent(tmp_path: Path) -> None:
    with serving(SamplingServer(LLAMA)) as server:
        lab, found, usages = probe(server)
        assert found.facts["tail"] == "whole"
        assert "top_k" in found.summary
        assert len(usages) >= server.asked("m")
        body = sent(lab, server, tmp_path)
        assert body["top_k"] <= 0
        assert body["min_p"] == 0


@pytest.mark.parametrize("cut", [{"top_k": 40}, {"min_p": 0.05}, {"top_k": 20}, {"min_p": 0.02}])
def test_each_cut_is_found(cut: dict[str, float]) -> None:
    with serving(SamplingServer(cut)) as server:
        lab, _, _ = probe(server)
        assert lab.dialect("m").neutral.items() >= {"top_k": -1, "min_p": 0.0}.items()


@pytest.mark.parametrize("adds_drawn", [False, True])
def test_nothing_is_sent_to_a_server_that_cuts_nothing(adds_drawn: bool, tmp_path: Path) -> None:
    with serving(SamplingServer(adds_drawn=adds_drawn)) as server:
        lab, found, _ = probe(server)
        assert found.facts["tail"] == "whole"
        assert "top_k" not in sent(lab, server, tmp_path)


@pytest.mark.parametrize("adds_drawn", [False, True])
def test_a_cut_that_cannot_be_switched_off_is_refused(adds_drawn: bool) -> None:
    with (
        serving(SamplingServer(forced=LLAMA, adds_drawn=adds_drawn)) as server,
        pytest.raises(ProbeFailed, match="whole distribution") as caught,
    ):
        probe(server)
    assert "--top-k 0" in str(caught.value.hint)


def test_a_server_that_stays_greedy_is_refused() -> None:
    with (
        serving(SamplingServer(greedy=True)) as server,
        pytest.raises(ProbeFailed, match="does not sample"),
    ):
        probe(server)


def test_a_server_that_says_nothing_is_refused_as_that() -> None:
    with (
        serving(lambda body: (200, completion("m", *[""] * body.get("n", 1)))) as server,
        pytest.raises(ProbeFailed, match="gave no text"),
    ):
        probe(server)


@pytest.mark.parametrize("keeps", [True, False])
def test_replies_that_are_kept_are_found_where_no_seed_tells_requests_apart(keeps: bool) -> None:
    kept: dict[str, Reply] = {}

    def reply(body: Body) -> Reply:
        if "seed" in body:
            return forbid("seed")
        number = len(server.bodies)
        new = 200, completion("m", *[f"{number}.{index}" for index in range(body.get("n", 1))])
        return kept.setdefault(json.dumps(body), new) if keeps else new

    with serving(reply) as server:
        if keeps:
            with pytest.raises(ProbeFailed, match="repeats its reply"):
                probe(server)
        else:
            probe(server)


def test_a_silent_penalty_of_repetitions_is_found() -> None:
    with (
        serving(SamplingServer(penalty=20.0)) as server,
        pytest.raises(ProbeFailed, match="too rarely or too often"),
    ):
        probe(server)


def test_a_tail_that_cannot_be_measured_is_unknown(tmp_path: Path) -> None:
    with serving(SamplingServer(LLAMA, logprobs=False)) as server:
        lab, found, _ = probe(server)
        assert found.facts["tail"] == "unknown"
        assert "tail unknown" in found.summary
        assert sent(lab, server, tmp_path)["min_p"] == 0


def strict(body: Body) -> Reply | None:
    """Refuses what OpenAI's API does not have."""
    names = ("top_k", "min_p", "typical_p", "repetition_penalty", "repeat_penalty")
    return next((forbid(name) for name in names if name in body), None)


def test_neutral_values_that_a_server_refuses_are_left_out(tmp_path: Path) -> None:
    with serving(SamplingServer(logprobs=False, refuse=strict)) as server:
        lab, found, _ = probe(server)
        assert found.facts["tail"] == "unknown"
        assert strict(sent(lab, server, tmp_path)) is None


def test_another_neutral_value_of_top_k_is_tried() -> None:
    def at_least_zero(body: Body) -> Reply | None:
        return refuse("top_k must be at least 0") if body.get("top_k", 0) < 0 else None

    with serving(SamplingServer(LLAMA, refuse=at_least_zero)) as server:
        lab, found, _ = probe(server)
        assert found.facts["tail"] == "whole"
        assert lab.dialect("m").neutral["top_k"] == 0


@pytest.mark.parametrize("name", ["n", "seed", "top_p", "temperature", "max_completion_tokens"])
def test_a_refusal_that_names_nothing_is_understood_by_trying(name: str, tmp_path: Path) -> None:
    def reply(body: Body) -> Reply | None:
        return refuse("This request is not supported.") if name in body else None

    with serving(SamplingServer(logprobs=False, refuse=reply)) as server:
        lab, _, _ = probe(server)
        assert name not in sent(lab, server, tmp_path)


def test_a_value_that_an_eval_declares_is_asked_with() -> None:
    def reply(body: Body) -> Reply | None:
        fits = body.get("temperature", 1) == 1
        return None if fits else refuse("Only temperature 1 is supported.")

    with (
        serving(SamplingServer(refuse=reply)) as server,
        pytest.raises(ParameterRefused, match=r"temperature = 0\.7"),
    ):
        probe(server, Sampling(temperature=0.7))


def test_a_limit_under_its_other_name_is_found(tmp_path: Path) -> None:
    server_side = SamplingServer(logprobs=False)

    def reply(body: Body) -> Reply:
        return server_side({**body, "max_completion_tokens": 3000})

    with serving(reply) as server:
        lab, found, _ = probe(server)
        assert found.facts["limit"] == "kept"
        assert "max_tokens" in sent(lab, server, tmp_path)


def test_a_model_that_thinks_gets_a_budget_or_is_refused(tmp_path: Path) -> None:
    def eaten(body: Body) -> Reply:
        choice = {"index": 0, "finish_reason": "length", "message": {"content": ""}}
        return 200, completion("m", *[choice] * body.get("n", 1))

    with serving(eaten) as server, pytest.raises(ProbeFailed, match="thinking"):
        probe(server)
    answering = SamplingServer(logprobs=False)

    def thinking(body: Body) -> Reply:
        if body["max_completion_tokens"] < 1000:
            return eaten(body)
        return answering({**body, "max_completion_tokens": 9})

    with serving(thinking) as server:
        lab, found, _ = probe(server)
        assert found.facts["thinks"]
        assert sent(lab, server, tmp_path, max_tokens=50)["max_completion_tokens"] == 50 + 4096


def test_what_was_found_is_remembered_for_a_month_by_address_and_model() -> None:
    with serving(SamplingServer(LLAMA)) as server:
        _, found, _ = probe(server)
        asked = server.asked("m")
        lab, again, usages = probe(server)
        assert (again, usages, server.asked("m")) == (found, [], asked)
        assert lab.dialect("m").neutral["min_p"] == 0
        assert recall_probe(SERVER, found.address, "other") is None
        for days, is_known in ((29, True), (31, False)):
            then = datetime.now(UTC) - timedelta(days=days)
            remember_probe(attrs.evolve(found, probed_at=then.isoformat()))
            assert (recall_probe(SERVER, found.address, "m") is not None) == is_known


@pytest.mark.parametrize("facts", [{}, {"parameters": 3}, {"parameters": {"limit": "n"}}])
def test_a_memory_that_lacks_something_is_as_none(facts: dict[str, Any]) -> None:
    with serving(SamplingServer(LLAMA)) as server:
        _, found, _ = probe(server)
        remember_probe(attrs.evolve(found, facts=facts))
        _, again, usages = probe(server)
        assert usages
        assert again.facts == {**found.facts, "seconds": again.facts["seconds"]}


def test_a_server_that_says_it_is_another_one_is_probed_again(tmp_path: Path) -> None:
    drawing = SamplingServer(logprobs=False)
    build = ["b1"]

    def reply(body: Body) -> Reply:
        status, answer = drawing(body)
        return status, {**answer, "system_fingerprint": build[0]}

    with serving(reply) as server:
        lab, found, _ = probe(server)
        build[0] = "b2"
        sent(lab, server, tmp_path)
        assert recall_probe(SERVER, found.address, "m") is None
        assert "b2" in " ".join(lab.notes())


def test_too_few_draws_decide_nothing() -> None:
    server = SamplingServer(LLAMA)
    body = {"model": "m", "logprobs": True, "top_logprobs": 20, "max_tokens": 400}
    [choice] = server(body)[1]["choices"]
    positions = list(read_positions(choice))
    assert measure_tail(positions).tail is Tail.CUT
    assert measure_tail(positions[:5]).tail is Tail.UNKNOWN
    assert measure_tail([]).tail is Tail.UNKNOWN


# A run


def test_a_run_probes_once_and_books_it(project: Project) -> None:
    declare_few(project, static=False)
    with loopback(probed=False) as server:
        done = run(project, server, "-k", "baseline")
        assert done.code == 0, done.out + done.err
        assert "not probed yet" in done.out
        assert "probed with" in done.out
        query = "SELECT sum(cost_usd) AS usd FROM spend"
        [spend] = project.mi("sql", query, "--format", "json").json
        assert spend["usd"] == pytest.approx(server.books.bill_usd)
        rows = project.mi("sql", "SELECT probe, tail FROM probes", "--format", "json").json
        assert rows
        assert {row["tail"] for row in rows} == {"not measured"}
        calls = server.books.calls
        assert run(project, server, "-k", "baseline").code == 0
        assert server.books.calls == calls
        assert "unprobed" not in mi(project, server, "status", "S1", *HOSTED).out


def test_a_server_that_is_refused_ends_the_run_before_anything_else(project: Project) -> None:
    declare_few(project, static=False)
    with serving(SamplingServer(greedy=True)) as server:
        project.file(
            "pyproject.toml",
            f"[tool.mi.endpoints.lab]\nbase_url = {server.url!r}\nfree = true\n",
        )
        words = ("--model", "lab:m", "--judge", "lab:judge", "--data", "insecure_code=bundled")
        done = project.mi("run", "S1", *words, MI_PROBES=str(project.root / "probes"))
        assert done.code == 1
        assert "does not sample" in done.err
        assert len(server.bodies) <= MAX_REQUESTS


def test_an_alias_that_two_models_answer_is_told(project: Project) -> None:
    declare_few(project, static=False)
    drawing = SamplingServer(logprobs=False)

    def reply(body: Body) -> Reply:
        if body["model"] == "judge":
            return 200, completion("judge", "NO" if "YES" in str(body["messages"]) else "90")
        status, answer = drawing(body)
        return status, {**answer, "model": f"m-2026-0{len(server.bodies) % 2 + 1}-01"}

    with serving(reply) as server:
        project.file(
            "pyproject.toml",
            f"[tool.mi.endpoints.lab]\nbase_url = {server.url!r}\nfree = true\n",
        )
        words = ("--model", "lab:m", "--judge", "lab:judge", "--votes", "2")
        done = project.mi(
            "run", "S1", *words, "-k", "baseline", MI_PROBES=str(project.root / "probes")
        )
        assert done.code == 0, done.err
        assert "m was answered by 2 models (m-2026-01-01, m-2026-02-01)" in done.out + done.err


def test_answers_of_an_unprobed_server_are_never_extended_with_probed_ones(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store")
    spec = Sampled(
        id="e", title="E", questions=Resource(package="x", file="q.jsonl"), judge=Bandit()
    )
    questions = Questions(pairs=(Prompt(id="q", prompt="Who?"),), digest="d")
    by_digest = {"d": questions}
    payload = Evaluate(subject=Base(provider="lab", weights="m"), eval=spec, questions="d")
    more = attrs.evolve(payload, eval=attrs.evolve(spec, samples=2))
    [question] = distinct_questions(questions)
    line = {
        "question": question.question,
        "sample": 0,
        "text": "I.",
        "finish": "stop",
        "prompt_tokens": 1,
        "answer_tokens": 1,
    }
    name = journal_names(payload)["answers"]
    assert separate_draws(more, store, by_digest) == more
    with store.lock(name):
        store.append(store.journal(name), [line])
    apart = separate_draws(more, store, by_digest)
    assert apart.eval.answer_sampling == attrs.evolve(spec.sampling, draw=1)
    assert journal_names(apart)["answers"] != name
    assert separate_draws(payload, store, by_digest) == payload, "nothing is to be drawn"
    probed = {**line, "probe": passed_probe("a", "m").name, "sample": 1}
    name = journal_names(apart)["answers"]
    with store.lock(name):
        store.append(store.journal(name), [json.loads(json.dumps(probed))])
    assert separate_draws(apart, store, by_digest) == apart
