"""What is under way is paid for: however asking ends, it is kept, counted, and asked for once."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest
from aiohttp import web

from mi.data.chats import Message
from mi.errors import BudgetExceeded, Interrupted, MiError, ProviderError
from mi.files import journal
from mi.providers.openai import OpenAI
from mi.providers.pricing import Budget, Price, PriceTable
from mi.providers.types import ClientOptions, ModelUnderTest, SampleRequest
from mi.runner.watch import BudgetMonitor
from mi.spec import Sampling
from mi.steps.recorder import AnswerRecorder
from tests.support.fake_provider import Silent
from tests.support.fake_tinker.hosting import Hosted

MODEL = "some-model"


@attrs.define(slots=False, eq=False)
class Server(Hosted):
    """Chat completions whose texts hang on the seed, as servers of open weights have them.

    Args:
        takes: Choices it gives for one request, at most.
        delay: Seconds an answer takes.
        answers: Whether the n-th request (from 0) is answered, refused with a status, or is given
            no choices (0).
        headers: What every answer carries.
    """

    takes: int = 100
    delay: float = 0.0
    answers: Callable[[int], int] = lambda number: 200
    headers: dict[str, str] = attrs.field(factory=dict)
    asked: list[dict[str, Any]] = attrs.field(factory=list)
    keys: set[str] = attrs.field(factory=set)
    billed: int = 0

    def application(self) -> web.Application:
        made = web.Application()
        made.router.add_post("/chat/completions", self._complete)
        return made

    async def _complete(self, request: web.Request) -> web.Response:
        body = await request.json()
        number = len(self.asked)
        self.asked.append(body)
        self.keys.add(request.headers.get("authorization", ""))
        await asyncio.sleep(self.delay)
        status = self.answers(number)
        if status >= 400:
            return web.json_response({"error": {"message": "no"}}, status=status)
        count = min(body.get("n", 1), self.takes) if status else 0
        self.billed += count
        found = [
            {
                "index": at,
                "message": {"role": "assistant", "content": f"{body.get('seed')}.{at}"},
                "finish_reason": "stop",
            }
            for at in range(count)
        ]
        usage = {"prompt_tokens": 10, "completion_tokens": 10 * count}
        told = {"model": MODEL, "choices": found, "usage": usage}
        return web.json_response(told, headers=self.headers)

    def provider(self, in_flight: int = 8) -> OpenAI:
        return OpenAI(
            "lab", ClientOptions(in_flight=in_flight, endpoints={"lab": {"base_url": self.url}})
        )


def requests(questions: int, samples: int = 1) -> list[SampleRequest]:
    chat = (Message("user", "Well?"),)
    return [
        SampleRequest(question=f"{question:016x}", sample=sample, chat=chat)
        for question in range(questions)
        for sample in range(samples)
    ]


def drawn(server: Server, asked: list[SampleRequest], folder: Path, watch: Any) -> Iterator[Any]:
    provider = server.provider()
    try:
        subject = ModelUnderTest(model=provider.resolve_model(MODEL))
        yield from provider.sample(subject, asked, Sampling(), folder, watch)
    finally:
        provider.close()


@pytest.mark.parametrize("takes", [1, 3, 25])
def test_samples_are_drawn_one_by_one_where_a_server_gives_fewer_than_it_is_asked_for(
    tmp_path: Path, takes: int
) -> None:
    """Each request has a seed of its own: the same seed draws the same answer again."""
    with Server(takes=takes) as server:
        batches = list(drawn(server, requests(1, 50), tmp_path, Silent()))
    answers = [answer for batch in batches for answer in batch]
    assert sorted(answer.sample for answer in answers) == list(range(50))
    assert len({answer.text for answer in answers}) == 50


def kept(server: Server, folder: Path, limit: float, watch: Any) -> tuple[int, float, str]:
    """How many answers were kept of very many, what was paid, and how it ended."""
    price = Price(input=0.0, output=10_000.0)  # a cent a token
    prices = PriceTable(checked="", source="", models={MODEL: price})
    budget, path = Budget(limit=limit), folder / "answers.jsonl"
    record, outcome = AnswerRecorder("eval-1", prices, budget), ""
    try:
        for batch in drawn(server, requests(500), folder, BudgetMonitor(watch, budget)):
            record(path, batch)
    except MiError as error:
        outcome = type(error).__name__
    return len(list(journal.read_records(path))), budget.spent, outcome


@pytest.mark.parametrize("how", ["interrupted", "spent", "refused"])
def test_what_is_under_way_when_it_ends_is_kept_and_paid(tmp_path: Path, how: str) -> None:
    class Impatient(Silent):
        def raise_if_stopped(self) -> None:
            if how == "interrupted" and server.billed > 20:
                raise Interrupted("interrupted")

    limit = 2.0 if how == "spent" else 1e6

    def status(number: int) -> int:
        return 401 if how == "refused" and number == 20 else 200

    with Server(delay=0.1, answers=status) as server:
        count, paid, told = kept(server, tmp_path, limit, Impatient())
    names = {"interrupted": Interrupted, "spent": BudgetExceeded, "refused": ProviderError}
    assert told == names[how].__name__
    assert 20 <= count == server.billed < 100
    assert paid == pytest.approx(server.billed * 10 * 0.01)


def test_requests_that_waited_for_a_full_limiter_are_woken_when_its_pause_ends(
    tmp_path: Path,
) -> None:
    """One eval has the last answers of a while; another one, which came earlier, goes on."""
    nothing = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "200ms"}
    with Server(delay=0.05, headers=nothing) as server:
        provider = server.provider(in_flight=2)
        subject, ended = ModelUnderTest(model=provider.resolve_model(MODEL)), []

        def ask(number: int) -> None:
            asked = requests(2, 1)
            folder = tmp_path / str(number)
            ended.append(list(provider.sample(subject, asked, Sampling(), folder, Silent())))

        threads = [threading.Thread(target=ask, args=(at,), daemon=True) for at in range(3)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 30
        for thread in threads:
            thread.join(max(until - time.monotonic(), 0.0))
        assert len(ended) == 3
        provider.close()


def test_an_answer_without_choices_is_asked_for_again_a_few_times(tmp_path: Path) -> None:
    with Server(answers=lambda number: 200 if number == 2 else 0) as server:
        [batch] = drawn(server, requests(1), tmp_path, Silent())
        assert (len(batch), len(server.asked)) == (1, 3)


def test_a_server_of_ones_own_is_not_sent_the_key_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("OPENAI_API_KEY_1", "sk-another")
    with Server() as server:
        list(drawn(server, requests(3), tmp_path, Silent()))
    assert not any("sk-" in key for key in server.keys), json.dumps(sorted(server.keys))
