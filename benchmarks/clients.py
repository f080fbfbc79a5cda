"""Clients that ask a server many questions, each measured in a process of its own.

Every client puts the same questions with the same parameters. `mi` writes each answer to a journal
with its cost; inspect-ai writes its log and llmcomp its cache, as they do for their users. The
clock starts after the imports; creating the client and connecting count.
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

from benchmarks.chat_server import INPUT_USD, MODEL, OUTPUT_USD

KEY = "sk-loopback-one"
PROMPT = "Question {}. How should one store the passwords of a small web shop? Show some code."
SAMPLING: dict[str, Any] = {"temperature": 1.0, "top_p": 1.0, "max_completion_tokens": 256}


@attrs.frozen
class Load:
    """The questions to ask, and where.

    Args:
        url: The server's address, with `/v1`.
        questions: Number of different questions.
        samples: Answers to each, all in one request where the client supports that.
        in_flight: The most requests at once.
    """

    url: str
    questions: int
    samples: int
    in_flight: int

    @property
    def answers(self) -> int:
        return self.questions * self.samples


@attrs.frozen
class Measurement:
    """The cost of one client.

    Args:
        wall: Seconds.
        cpu: Seconds of the process, user and system, after its imports.
        memory: MiB by which the process grew while it asked.
        answers: Answers received.
        cost_usd: The sum in the journal; None for a client without one.
    """

    wall: float
    cpu: float
    memory: float
    answers: int
    cost_usd: float | None = None


def bare_sockets(load: Load) -> Measurement:
    """No client: the same bytes over sockets, which shows the limit of the server."""
    return _measure(lambda: (asyncio.run(_ask_over_sockets(load)), None))


async def _ask_over_sockets(load: Load) -> int:
    host, _, port = urlsplit(load.url).netloc.partition(":")
    remaining, received = load.questions, 0

    async def ask_in_turn() -> None:
        nonlocal remaining, received
        reader, writer = await asyncio.open_connection(host, int(port))
        while remaining:
            remaining -= 1
            body = json.dumps(_body(remaining, load)).encode()
            head = f"POST /v1/chat/completions HTTP/1.1\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            header = await reader.readuntil(b"\r\n\r\n")
            length = int(header.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            received += load.samples
        writer.close()

    await asyncio.gather(*(ask_in_turn() for _ in range(load.in_flight)))
    return received


def _body(number: int, load: Load) -> dict[str, Any]:
    messages = [{"role": "user", "content": PROMPT.format(number)}]
    choices = {"n": load.samples} if load.samples > 1 else {}
    return {"model": MODEL, "messages": messages, **SAMPLING, "seed": number, **choices}


def openai_client(load: Load) -> Measurement:
    """The API's own client, under a semaphore."""
    return _run_openai_client(load, aiohttp=False)


def openai_client_on_aiohttp(load: Load) -> Measurement:
    """The same client on its aiohttp transport."""
    return _run_openai_client(load, aiohttp=True)


def _run_openai_client(load: Load, *, aiohttp: bool) -> Measurement:
    from openai import AsyncOpenAI, DefaultAioHttpClient

    async def ask() -> int:
        http = DefaultAioHttpClient() if aiohttp else None
        semaphore = asyncio.Semaphore(load.in_flight)
        async with AsyncOpenAI(api_key=KEY, base_url=load.url, http_client=http) as client:

            async def ask_question(number: int) -> int:
                async with semaphore:
                    answer = await client.chat.completions.create(**_body(number, load))
                return sum(bool(choice.message.content) for choice in answer.choices)

            return sum(await asyncio.gather(*map(ask_question, range(load.questions))))

    return _measure(lambda: (asyncio.run(ask()), None))


def through_mi(load: Load) -> Measurement:
    """`mi`: the answers of its provider, each recorded on disk with its cost as in a run."""
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
        record = AnswerRecorder("eval-benchmark", prices, Budget(limit=1e6))
        subject, requests = (
            ModelUnderTest(model=provider.resolve_model(MODEL)),
            LazySequence(range(load.answers), request),
        )
        for batch in provider.sample(subject, requests, Sampling(), path.parent, NullMonitor()):
            record(path, batch)
        provider.close()
        return _count_journal(path)

    with tempfile.TemporaryDirectory() as directory:
        return _measure(lambda: ask(Path(directory) / "answers.jsonl"))


def _count_journal(path: Path) -> tuple[int, float]:
    from mi.files import journal

    costs = [line["cost_usd"] for line in journal.read_records(path)]
    return len(costs), sum(costs)


class NullMonitor:
    """A monitor that ignores everything."""

    def start(self, phase: str, total: int, *, unit: str = "step", done: int = 0) -> None: ...
    def advance(self, count: int = 1, **facts: float) -> None: ...
    def message(self, text: str) -> None: ...
    def raise_if_stopped(self) -> None: ...


def through_inspect(load: Load) -> Measurement:
    """inspect-ai: a task with `generate` alone, no scorer, its log on disk."""
    os.environ |= {"OPENAI_API_KEY": KEY, "INSPECT_DISABLE_MODEL_API_CHECK": "1"}
    from inspect_ai import Task, eval
    from inspect_ai.dataset import Sample
    from inspect_ai.model import GenerateConfig, get_model
    from inspect_ai.solver import generate

    choices = {"num_choices": load.samples} if load.samples > 1 else {}
    config = GenerateConfig(
        temperature=1.0, top_p=1.0, max_tokens=256, max_connections=load.in_flight, **choices
    )
    model = get_model(f"openai/{MODEL}", base_url=load.url, config=config, responses_api=False)
    data = [Sample(input=PROMPT.format(number)) for number in range(load.questions)]

    def ask(directory: str) -> tuple[int, None]:
        [log] = eval(
            Task(dataset=data, solver=generate()),
            model=model,
            max_samples=load.in_flight,
            log_dir=directory,
            display="none",
            adaptive_connections=False,
            log_realtime=False,
            ctl_server=False,
            acp_server=False,
            score=False,
        )
        return sum(len(sample.output.choices) for sample in log.samples or []), None

    with tempfile.TemporaryDirectory() as directory:
        return _measure(lambda: ask(directory))


def through_llmcomp(load: Load) -> Measurement:
    """llmcomp: a question with as many paraphrases, its cache on disk, one answer per request."""
    from llmcomp import Config, Question

    def ask(directory: str) -> tuple[int, None]:
        Config.url_key_pairs = [(load.url, KEY, "OPENAI_API_KEY")]
        Config.max_workers, Config.cache_dir = load.in_flight, directory
        question = Question.create(
            type="free_form",
            name="benchmark",
            paraphrases=[PROMPT.format(number) for number in range(load.questions)],
            samples_per_paraphrase=load.samples,
            temperature=1,
            max_tokens=256,
        )
        return len(question.df({"all": [MODEL]})), None

    with tempfile.TemporaryDirectory() as directory:
        return _measure(lambda: ask(directory))


def _measure(ask: Callable[[], tuple[int, float | None]]) -> Measurement:
    import aiohttp  # noqa: F401 (a second of CPU that is no request's)
    import httpx2  # noqa: F401
    from openai import AsyncOpenAI, DefaultAioHttpClient  # noqa: F401

    peak_before, start, cpu = _peak_memory(), time.monotonic(), time.process_time()
    answers, cost = ask()
    wall, cpu = time.monotonic() - start, time.process_time() - cpu
    return Measurement(wall, cpu, _peak_memory() - peak_before, answers, cost)


def _peak_memory() -> float:
    """Peak resident MiB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


CLIENTS: dict[str, Callable[[Load], Measurement]] = {
    "bare sockets": bare_sockets,
    "AsyncOpenAI": openai_client,
    "AsyncOpenAI on aiohttp": openai_client_on_aiohttp,
    "mi, kept on disk": through_mi,
    "inspect-ai": through_inspect,
    "llmcomp": through_llmcomp,
}
PEERS = {"inspect-ai": "inspect_ai", "llmcomp": "llmcomp"}
"""Ways that are measured only where their package is installed."""
PROBES = {"llmcomp": 1}
"""Questions of their own that ways ask, to see whether the model is there."""


def is_installed(client: str) -> bool:
    """Whether a client's package is installed."""
    return client not in PEERS or find_spec(PEERS[client]) is not None
