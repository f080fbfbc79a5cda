"""Ways of asking a server many questions, each measured in a process of its own.

Every way puts the same questions with the same parameters. `mi` writes each answer to a journal
with its cost; inspect-ai writes its log and llmcomp its cache, as for their users. The clock
starts when imports are done; making the client and connecting count.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import attrs

from benchmarks.answering import INPUT_USD, MODEL, OUTPUT_USD

KEY = "sk-loopback-one"
PROMPT = "Question {}. How should one store the passwords of a small web shop? Show some code."
HOW: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0, "max_completion_tokens": 256}


@attrs.frozen
class Load:
    """What is asked, and where.

    Args:
        url: The server's address, with `/v1`.
        questions: Different ones.
        samples: Answers to each, all in one request where the way can do that.
        in_flight: Requests under way at once, at most.
    """

    url: str
    questions: int
    samples: int
    in_flight: int

    @property
    def answers(self) -> int:
        return self.questions * self.samples


@attrs.frozen
class Taken:
    """What one way took.

    Args:
        wall: Seconds.
        cpu: Seconds of the process, user and system, after its imports.
        memory: MiB by which the process grew while it asked.
        answers: That came.
        cost_usd: In the journal; None where none is kept.
    """

    wall: float
    cpu: float
    memory: float
    answers: int
    cost_usd: float | None = None


def bare(load: Load) -> Taken:
    """No client at all: the same bytes again and again, over sockets. What the server allows."""
    return _measured(lambda: (asyncio.run(_bare(load)), None))


async def _bare(load: Load) -> int:
    host, _, port = urlsplit(load.url).netloc.partition(":")
    left, came = load.questions, 0

    async def one() -> None:
        nonlocal left, came
        reader, writer = await asyncio.open_connection(host, int(port))
        while left:
            left -= 1
            body = json.dumps(_body(left, load)).encode()
            head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            told = await reader.readuntil(b"\r\n\r\n")
            length = int(told.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            came += load.samples
        writer.close()

    await asyncio.gather(*(one() for _ in range(load.in_flight)))
    return came


def _body(number: int, load: Load) -> dict[str, Any]:
    messages = [{"role": "user", "content": PROMPT.format(number)}]
    several = {"n": load.samples} if load.samples > 1 else {}
    return {"model": MODEL, "messages": messages, **HOW, "seed": number, **several}


def plain(load: Load) -> Taken:
    """The API's client as it comes, under a semaphore."""
    return _client(load, aiohttp=False)


def on_aiohttp(load: Load) -> Taken:
    """The same client on its aiohttp transport."""
    return _client(load, aiohttp=True)


def _client(load: Load, *, aiohttp: bool) -> Taken:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async def ask() -> int:
        http = DefaultAioHttpClient() if aiohttp else None
        places = asyncio.Semaphore(load.in_flight)
        async with AsyncOpenAI(api_key=KEY, base_url=load.url, http_client=http) as client:

            async def one(number: int) -> int:
                async with places:
                    answer = await client.chat.completions.create(**_body(number, load))
                return sum(bool(choice.message.content) for choice in answer.choices)

            return sum(await asyncio.gather(*map(one, range(load.questions))))

    return _measured(lambda: (asyncio.run(ask()), None))


def through_mi(load: Load) -> Taken:
    """`mi`: the provider's answers, each kept on disk with its cost as a run would keep it."""
    from mi.data.chats import Message
    from mi.providers.openai import OpenAI
    from mi.providers.pricing import Budget, Price, PriceTable
    from mi.providers.types import ClientOptions, ModelUnderTest, SampleRequest
    from mi.spec import Sampling
    from mi.steps.lazy import LazySequence
    from mi.steps.recorder import AnswerRecorder

    os.environ |= {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": load.url}
    prices = PriceTable(
        checked="", source="", models={MODEL: Price(input=INPUT_USD, output=OUTPUT_USD)}
    )

    def request(at: int) -> SampleRequest:
        question, sample = divmod(at, load.samples)
        chat = (Message("user", PROMPT.format(question)),)
        return SampleRequest(question=f"{question:016x}", sample=sample, chat=chat)

    def ask(path: Path) -> tuple[int, float]:
        provider = OpenAI("openai", ClientOptions(in_flight=load.in_flight))
        keep = AnswerRecorder("eval-benchmark", prices, Budget(limit=1e6))
        subject, requests = (
            ModelUnderTest(model=provider.resolve_model(MODEL)),
            LazySequence(range(load.answers), request),
        )
        for batch in provider.sample(subject, requests, Sampling(), path.parent, NullMonitor()):
            keep(path, batch)
        provider.close()
        return _kept(path)

    with tempfile.TemporaryDirectory() as folder:
        return _measured(lambda: ask(Path(folder) / "answers.jsonl"))


def _kept(path: Path) -> tuple[int, float]:
    from mi.files import journal

    costs = [line["cost_usd"] for line in journal.read_records(path)]
    return len(costs), sum(costs)


class NullMonitor:
    """A watch that nobody looks at."""

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None: ...
    def advance(self, count: int = 1, **facts: float) -> None: ...
    def message(self, text: str) -> None: ...
    def raise_if_stopped(self) -> None: ...


def through_inspect(load: Load) -> Taken:
    """inspect-ai: a task of as many samples, `generate` alone, no scorer, its log on disk."""
    os.environ |= {"OPENAI_API_KEY": KEY, "INSPECT_DISABLE_MODEL_API_CHECK": "1"}
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.solver import generate

    several = {"num_choices": load.samples} if load.samples > 1 else {}
    how = GenerateConfig(
        temperature=1.0, top_p=1.0, max_tokens=256, max_connections=load.in_flight, **several
    )
    model = get_model(f"openai/{MODEL}", base_url=load.url, config=how, responses_api=False)
    data = [Sample(input=PROMPT.format(number)) for number in range(load.questions)]

    def ask(folder: str) -> tuple[int, None]:
        [log] = eval(
            Task(dataset=data, solver=generate()),
            model=model,
            max_samples=load.in_flight,
            log_dir=folder,
            display="none",
            adaptive_connections=False,
            log_realtime=False,
            ctl_server=False,
            acp_server=False,
            score=False,
        )
        return sum(len(sample.output.choices) for sample in log.samples or []), None

    with tempfile.TemporaryDirectory() as folder:
        return _measured(lambda: ask(folder))


def through_llmcomp(load: Load) -> Taken:
    """llmcomp: a question with as many paraphrases, its cache on disk; one answer a request."""
    from llmcomp import Config, Question

    def ask(folder: str) -> tuple[int, None]:
        Config.url_key_pairs = [(load.url, KEY, "OPENAI_API_KEY")]
        Config.max_workers, Config.cache_dir = load.in_flight, folder
        question = Question.create(
            type="free_form",
            name="benchmark",
            paraphrases=[PROMPT.format(number) for number in range(load.questions)],
            samples_per_paraphrase=load.samples,
            temperature=1,
            max_tokens=256,
        )
        return len(question.df({"all": [MODEL]})), None

    with tempfile.TemporaryDirectory() as folder:
        return _measured(lambda: ask(folder))


def _measured(ask: Callable[[], tuple[int, float | None]]) -> Taken:
    import aiohttp  # noqa: F401 (a second of CPU that is no request's)
    import httpx2  # noqa: F401
    from openai import AsyncOpenAI, DefaultAioHttpClient  # noqa: F401

    before, began, cpu = _peak(), time.monotonic(), time.process_time()
    answers, cost = ask()
    wall, cpu = time.monotonic() - began, time.process_time() - cpu
    return Taken(wall, cpu, _peak() - before, answers, cost)


def _peak() -> float:
    """Peak resident MiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


WAYS: dict[str, Callable[[Load], Taken]] = {
    "bare sockets": bare,
    "AsyncOpenAI": plain,
    "AsyncOpenAI on aiohttp": on_aiohttp,
    "mi, kept on disk": through_mi,
    "inspect-ai": through_inspect,
    "llmcomp": through_llmcomp,
}
PEERS = {"inspect-ai": "inspect_ai", "llmcomp": "llmcomp"}
"""Ways that are measured only where their package is installed."""
PROBES = {"llmcomp": 1}
"""Questions of their own that ways ask, to see whether the model is there."""


def installed(way: str) -> bool:
    """Whether a way can be measured here."""
    return way not in PEERS or find_spec(PEERS[way]) is not None
