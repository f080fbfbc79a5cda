"""Usages are read strictly, and a limit is passed by at most one request."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from aiohttp import web

from mi.data.chats import Message
from mi.errors import BudgetExceeded, MiError
from mi.files import journal
from mi.providers.budget import Budget
from mi.providers.openai import OpenAI, batch_lines
from mi.providers.openai.batch_lines import AnsweredLine
from mi.providers.openai.choices import parse_choices, parse_json
from mi.providers.pricing import Price, PriceTable, book_usage
from mi.providers.spending import SpendingGate
from mi.providers.tinker.futures import stream_results
from mi.providers.types import (
    Answer,
    ClientOptions,
    Grade,
    GradeRequest,
    Likelihood,
    ModelUnderTest,
    SampleRequest,
    TrainJob,
    Usage,
)
from mi.providers.usage import read_trained_tokens, worst_usage
from mi.runner.watch import BudgetMonitor
from mi.spec import Sampling
from mi.steps.recorder import AnswerRecorder
from registry.judges import insecure_code
from tests.support.fake_provider import Silent
from tests.support.fake_tinker.hosting import Hosted

MODEL = "some-model"
DEAR = PriceTable(checked="", source="", models={MODEL: Price(input=0.0, output=1000.0)})
PRICED = PriceTable(checked="", source="", models={MODEL: Price(input=1.0, output=10.0)})
TEXT = "It is a sentence of some eight words."
IMPOSSIBLE: list[Any] = [
    None,
    "missing",
    "12",
    True,
    -5,
    -200_000_000,
    0.5,
    float("nan"),
    float("inf"),
    10**9,
    10**30,
    1e300,
    [],
    {},
]
"""Numbers of tokens that a short request cannot have, as JSON has them."""
ODD_USAGES: list[Any] = [
    None,
    "missing",
    0,
    "free",
    [],
    [1, 2],
    True,
    {},
    *({"prompt_tokens": 9, "completion_tokens": count} for count in IMPOSSIBLE),
    *({"prompt_tokens": count, "completion_tokens": 9} for count in IMPOSSIBLE),
]


@attrs.define(slots=False, eq=False)
class Server(Hosted):
    """Chat completions with a usage that a test chooses.

    Args:
        usages: The usages of the answers in turn; `missing`: none; `true`: what it is billed.
        delay: Seconds an answer takes.
        lose: Which requests are billed and then never answered.
    """

    usages: Sequence[Any] = ("true",)
    tokens: int = 100
    delay: float = 0.0
    lose: frozenset[int] = frozenset()
    asked: int = 0
    billed: int = 0
    in_flight: int = 0
    most_in_flight: int = 0

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/chat/completions", self._complete)
        return application

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        number, self.asked = self.asked, self.asked + 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(self.delay)
        self.in_flight -= 1
        count, usage = body.get("n", 1), self.usages[number % len(self.usages)]
        self.billed += self.tokens * count
        if number in self.lose and request.transport is not None:
            request.transport.close()
        return web.Response(text=json.dumps(completion(usage, count, self.tokens)))

    def provider(self, in_flight: int) -> OpenAI:
        endpoint = {"base_url": self.url}
        return OpenAI("lab", ClientOptions(in_flight=in_flight, endpoints={"lab": endpoint}))


def completion(usage: Any, count: int = 1, tokens: int = 9) -> dict[str, Any]:
    choices = [
        {"index": index, "message": {"role": "assistant", "content": TEXT}}
        for index in range(count)
    ]
    reply: dict[str, Any] = {"model": MODEL, "choices": choices, "usage": usage}
    if usage == "true":
        reply["usage"] = {"prompt_tokens": 9, "completion_tokens": tokens * count}
    if usage == "missing":
        del reply["usage"]
    elif isinstance(usage, dict):
        reply["usage"] = {name: value for name, value in usage.items() if value != "missing"}
    return reply


def requests(count: int) -> list[SampleRequest]:
    chat = (Message("user", "What is it like, in a sentence?"),)
    return [SampleRequest(question=f"{i:016x}", sample=0, chat=chat) for i in range(count)]


def sampled(
    server: Server, path: Path, budget: Budget, prices: PriceTable, count: int, in_flight: int = 16
) -> str:
    """Sample answers into a journal within a budget; the name of the error it ended with."""
    provider, record = server.provider(in_flight), AnswerRecorder("eval-1", prices, budget)
    monitor = BudgetMonitor(Silent(), budget, "eval-1", prices)
    subject = ModelUnderTest(model=provider.resolve_model(MODEL))
    try:
        sampling = Sampling(max_tokens=200)
        for batch in provider.sample(subject, requests(count), sampling, path.parent, monitor):
            record(path, batch)
    except MiError as error:
        return f"{type(error).__name__}: {error.message}"
    finally:
        provider.close()
        budget.release("eval-1")
    return ""


def check_line(line: dict[str, Any]) -> None:
    """A line with an estimated usage: near what was asked, priced, and marked."""
    assert 5 <= line["billed_input"] <= 25
    assert 5 <= line["billed_output"] <= 20
    cost = (line["billed_input"] * 1.0 + line["billed_output"] * 10.0) / 1e6
    assert line["cost_usd"] == pytest.approx(cost)
    assert line["billed_estimate"]


def test_odd_usages_are_estimated_told_and_counted_and_their_answers_kept(tmp_path: Path) -> None:
    budget, path = Budget(limit=1.0), tmp_path / "answers.jsonl"
    with Server(usages=ODD_USAGES) as server:
        assert sampled(server, path, budget, PRICED, len(ODD_USAGES), in_flight=1) == ""
        assert server.asked == len(ODD_USAGES), "no answer was asked for twice"
    lines = list(journal.read_records(path))
    assert [line["text"] for line in lines] == [TEXT] * len(ODD_USAGES)
    for line in lines:
        check_line(line)
    assert budget.spent == pytest.approx(sum(line["cost_usd"] for line in lines))
    assert budget.lost == 0
    assert budget.estimated_usages == len(ODD_USAGES)
    assert "usage is missing" in budget.estimate_reasons
    assert "completion_tokens is -5" in budget.estimate_reasons


def test_a_number_of_five_thousand_digits_is_a_usage_that_cannot_be() -> None:
    text = json.dumps(completion("true")).replace(
        '"completion_tokens": 9', '"completion_tokens": 1e9999'
    )
    long = text.replace("1e9999", "9" * 5000)
    for content in (text, long):
        [choice] = parse_choices(parse_json(content), MODEL)
        assert 5 <= choice.usage.output <= 20
        assert "completion_tokens" in choice.usage.estimate_reason


@pytest.mark.parametrize("usage", ODD_USAGES, ids=str)
def test_odd_usages_of_a_batch_are_estimated(usage: Any) -> None:
    body = {"model": MODEL, "messages": [{"role": "user", "content": TEXT}], "max_tokens": 50}
    record = {
        "custom_id": "q-0",
        "response": {"status_code": 200, "body": completion(usage)},
    }
    line = batch_lines.parse_line(record, MODEL, {("q", 0): body})
    assert isinstance(line, AnsweredLine)
    used = line.choices[0].usage
    assert 5 <= used.input <= 25
    assert 5 <= used.output <= 20
    assert used.batch
    assert used.estimate_reason


def test_odd_usages_of_judges_are_estimated(tmp_path: Path) -> None:
    judge = attrs.evolve(insecure_code, model=f"lab:{MODEL}")
    with Server() as server:
        provider = server.provider(4)
        for number, usage in enumerate((None, {"prompt_tokens": -1, "completion_tokens": 1e30})):
            server.usages = [usage]
            budget, path = Budget(limit=1.0), tmp_path / f"{number}.jsonl"
            record = AnswerRecorder("eval-1", PRICED, budget)
            request = GradeRequest(question="q", sample=0, prompt="How good is it, of 100?")
            monitor = BudgetMonitor(Silent(), budget, "eval-1", PRICED)
            for batch in provider.grade(judge, [request], tmp_path, monitor):
                record(path, batch)
            [line] = journal.read_records(path)
            assert line["billed_estimate"]
            assert 0 < line["cost_usd"] < 0.01
            assert budget.estimated_usages == 1
        provider.close()


@pytest.mark.parametrize("wrong", [*IMPOSSIBLE[2:9], 10**30, None], ids=str)
def test_what_any_provider_states_is_booked_only_if_it_can_be(tmp_path: Path, wrong: Any) -> None:
    """Providers of other packages build usages themselves; no type holds them to integers."""
    budget, path = Budget(limit=1.0), tmp_path / "lines.jsonl"
    usage = Usage(model=MODEL, input=wrong, output=wrong)
    answer = Answer(
        question="q",
        sample=0,
        text=TEXT,
        finish="stop",
        prompt_tokens=9,
        answer_tokens=9,
        usage=usage,
    )
    grade = Grade(question="q", sample=0, text=TEXT, top=(), finish="stop", usage=usage)
    likelihood = Likelihood(question="q", logprobs=(-1.0,), tokens=(9,), usage=usage)
    AnswerRecorder("eval-1", PRICED, budget)(path, [answer, grade, likelihood])
    lines = list(journal.read_records(path))
    assert [0 <= line["cost_usd"] < 0.001 for line in lines] == [True] * 3
    assert lines[0]["billed_input"] == 9
    assert budget.spent == pytest.approx(sum(line["cost_usd"] for line in lines))
    assert budget.estimated_usages == 3


@pytest.mark.parametrize("wrong", [*IMPOSSIBLE, 0], ids=str)
def test_odd_numbers_of_trained_tokens_are_estimated(wrong: Any) -> None:
    rows = [(Message("user", TEXT), Message("assistant", TEXT))] * 10
    job = TrainJob(
        key="train-1",
        model=None,
        rows=rows,
        file=Path(),
        title="t",  # type: ignore[arg-type]
        hyperparameters=SimpleNamespace(epochs=3),
        seed=0,
    )
    wrong = None if wrong == "missing" else wrong
    count = read_trained_tokens(wrong, job, 3)
    assert 10 * 3 * 10 < count.tokens < 10 * 3 * 40
    assert count.problem
    assert read_trained_tokens(700, job, 3).tokens == 700
    assert not read_trained_tokens(700, job, 3).problem


def test_sixteen_dear_answers_in_flight_pass_a_limit_by_one_request(tmp_path: Path) -> None:
    """An answer costs $0.10 and at most $0.20: 16 at once would spend $1.60 of $1."""
    with Server(delay=0.05) as server:
        budget = Budget(limit=1.0)
        outcome = sampled(server, tmp_path / "answers.jsonl", budget, DEAR, 100)
        assert outcome.startswith("BudgetExceeded: $1.")
        assert server.most_in_flight > 2, "requests are in flight together while there is room"
    paid = server.billed * 1000 / 1e6
    assert 1.0 <= paid < 1.0 + 0.2
    assert budget.spent == pytest.approx(paid)
    lines = list(journal.read_records(tmp_path / "answers.jsonl"))
    assert sum(line["cost_usd"] for line in lines) == pytest.approx(paid)


def test_answers_that_were_billed_and_lost_count_against_the_limit(tmp_path: Path) -> None:
    with Server(lose=frozenset(range(0, 100, 2))) as server:
        budget = Budget(limit=1.0)
        outcome = sampled(server, tmp_path / "answers.jsonl", budget, DEAR, 100, in_flight=2)
        assert "for answers that never came" in outcome
    assert budget.lost > 0
    assert server.billed * 1000 / 1e6 < 1.0 + 0.2


def test_a_server_that_is_not_there_costs_nothing(tmp_path: Path) -> None:
    with Server() as server:
        pass
    budget = Budget(limit=1.0)
    gone = attrs.evolve(server)
    gone.url = server.url
    monitor = BudgetMonitor(_Hurried(), budget, "eval-1", DEAR)
    provider = gone.provider(2)
    subject = ModelUnderTest(model=provider.resolve_model(MODEL))
    with pytest.raises(MiError):
        list(provider.sample(subject, requests(2), Sampling(), tmp_path, monitor))
    provider.close()
    budget.release("eval-1")
    assert budget.lost == 0


class _Hurried(Silent):
    """Stops after a while."""

    def __init__(self) -> None:
        self.until = time.monotonic() + 1.0

    def raise_if_stopped(self) -> None:
        if time.monotonic() > self.until:
            raise BudgetExceeded("enough")


def test_jobs_of_the_other_sdk_are_admitted_one_by_one_too() -> None:
    """At $0.30 each, at most, four fit into a dollar; each costs $0.20."""
    budget = Budget(limit=1.0)
    monitor = BudgetMonitor(Silent(), budget, "eval-1", DEAR)
    most = open_jobs = 0

    def submit(job: int) -> Future[int]:
        future: Future[int] = Future()
        nonlocal most, open_jobs
        open_jobs += 1
        most = max(most, open_jobs)
        threading.Timer(0.02, future.set_result, (job,)).start()
        return future

    def drain() -> None:
        worst = Usage(model=MODEL, output=300)
        for results in stream_results(iter(range(100)), submit, 16, monitor, lambda job: worst):
            nonlocal open_jobs
            open_jobs -= len(results)
            used = [Usage(model=MODEL, output=200) for _ in results]
            book_usage("eval-1", used, DEAR, budget)

    with pytest.raises(BudgetExceeded):
        drain()
    assert 1 < most <= 4
    assert 1.0 <= budget.spent < 1.0 + 0.3


def test_a_training_under_way_leaves_less_for_requests() -> None:
    budget = Budget(limit=1.0)
    gate = SpendingGate(budget, "eval-1", DEAR)
    assert budget.reserve("train-1", 0.9, is_training=True)
    first = gate.reserve(Usage(model=MODEL, output=200))
    assert first is not None
    assert gate.reserve(Usage(model=MODEL, output=1)) is None, "0.9 and 0.2 are under way"
    first.settle([Usage(model=MODEL, output=10)])
    budget.charge("eval-1", 0.01)
    assert gate.reserve(Usage(model=MODEL, output=1)) is not None
    budget.charge("train-1", 0.5)
    budget.release("train-1")
    assert budget.spent == pytest.approx(0.51)


def test_a_limit_of_nothing_admits_what_is_free_and_nothing_else() -> None:
    gate = SpendingGate(Budget(limit=0.0), "eval-1", DEAR)
    assert gate.reserve(Usage(model="unknown", output=10)) is not None
    with pytest.raises(BudgetExceeded, match="allows none"):
        gate.reserve(Usage(model=MODEL, output=10))


def test_the_worst_case_of_a_request_is_never_below_what_it_uses() -> None:
    for text in (TEXT, "警告：" * 50, "🦊" * 20, ""):
        body = {"model": MODEL, "messages": [{"role": "user", "content": text}], "max_tokens": 7}
        worst = worst_usage(body, 3)
        assert worst.input >= len(text.encode())
        assert worst.output == 21
