"""What sampling costs beside the plain client: time, CPU, memory, requests.

    python -m benchmarks.sampling --requests 2000

A server on this machine answers each chat completion after a fixed time. The same questions are put
to it by the API's own client, by the same client on aiohttp, and by `mi`, which also writes every
answer to a journal with what it cost. The ways take turns, each time in a process of its own, so
that CPU and memory are theirs alone. What is shown of each is the median over rounds, and no
figure is shown before the server's books agree with it: every question asked once, every dollar
of the bill in the journal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import attrs
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
MODEL = "gpt-4.1-2025-04-14"
INPUT_USD, OUTPUT_USD, TRAINING_USD = 2.0, 8.0, 25.0  # per million tokens; the server's and ours
KEY = "sk-loopback-one"
PROMPT = "Question {}. How should one store the passwords of a small web shop? Show some code."
MANY_QUESTIONS, MANY_SAMPLES = 8, 100
GOAL_WALL, GOAL_CPU = 1.15, 0.6


@attrs.frozen
class Load:
    """What is asked, and where.

    Args:
        url: The server's address, with `/v1`.
        questions: Different ones.
        samples: Answers to each.
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
        memory: Peak resident MiB.
        answers: That came.
        cost_usd: In the journal; None where none is kept.
        requests: That reached the server, by its books.
    """

    wall: float
    cpu: float
    memory: float
    answers: int
    cost_usd: float | None = None
    requests: int = 0


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

            async def one(number: int) -> bool:
                async with places:
                    answer = await client.chat.completions.create(
                        model=MODEL,
                        messages=[{"role": "user", "content": PROMPT.format(number)}],
                        temperature=1.0,
                        top_p=1.0,
                        max_completion_tokens=256,
                        seed=number,
                    )
                return bool(answer.choices[0].message.content)

            return sum(await asyncio.gather(*map(one, range(load.questions))))

    return _measured(lambda: (asyncio.run(ask()), None))


def through_mi(load: Load) -> Taken:
    """`mi`: the provider's answers, each kept on disk with its cost as a run would keep it."""
    from mi import journal
    from mi.data import Message
    from mi.money import Price, Prices, Purse
    from mi.providers.base import SampleRequest, Subject, Terms
    from mi.providers.openai import OpenAI
    from mi.spec import Sampling
    from mi.steps.keep import Keeper

    _import_client()
    os.environ |= {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": load.url}
    price = Price(input=INPUT_USD, output=OUTPUT_USD)
    prices = Prices(checked="", source="", models={MODEL: price})

    def ask(path: Path) -> tuple[int, float]:
        provider = OpenAI("openai", Terms(in_flight=load.in_flight))
        keep = Keeper("eval-benchmark", prices, Purse(limit=1e6))
        requests = [
            SampleRequest(
                question=f"{number:016x}",
                sample=sample,
                chat=(Message("user", PROMPT.format(number)),),
            )
            for number in range(load.questions)
            for sample in range(load.samples)
        ]
        subject = Subject(model=provider.find(MODEL))
        for batch in provider.sample(subject, requests, Sampling(), path.parent, _Deaf()):
            keep(path, batch)
        provider.close()
        lines = list(journal.read(path))
        return len(lines), sum(line["cost_usd"] for line in lines)

    with tempfile.TemporaryDirectory() as folder:
        return _measured(lambda: ask(Path(folder) / "answers.jsonl"))


def _import_client() -> None:
    """All import the client before the clock runs: a second of CPU that is no request's."""
    import httpx2  # noqa: F401
    from openai import AsyncOpenAI, DefaultAioHttpClient  # noqa: F401


class _Deaf:
    """A watch that nobody looks at."""

    def start(self, what: str, total: int, *, unit: str = "step", done: int = 0) -> None: ...
    def advance(self, n: int = 1, **facts: float) -> None: ...
    def note(self, text: str) -> None: ...
    def check(self) -> None: ...


WAYS: dict[str, Callable[[Load], Taken]] = {
    "AsyncOpenAI": plain,
    "AsyncOpenAI on aiohttp": on_aiohttp,
    "mi, kept on disk": through_mi,
}


def _measured(ask: Callable[[], tuple[int, float | None]]) -> Taken:
    _import_client()
    began, cpu = time.monotonic(), _cpu()
    answers, cost = ask()
    wall, cpu = time.monotonic() - began, _cpu() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    unit = 1 if sys.platform == "darwin" else 1024
    return Taken(wall, cpu, peak * unit / 2**20, answers, cost)


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@contextmanager
def served(latency: float) -> Iterator[str]:
    """The address of a server of its own process, which does not validate what it is sent."""
    prices = f"{MODEL}={INPUT_USD},{OUTPUT_USD},{TRAINING_USD}"
    command = [sys.executable, "-m", "tests.loopback", "--port", "0", "--latency", str(latency)]
    with (
        tempfile.TemporaryDirectory() as nowhere,
        subprocess.Popen(
            [*command, "--price", prices],
            cwd=ROOT,
            env={**os.environ, "MI_SHARED": nowhere},
            stdin=subprocess.PIPE,  # the server ends when this is closed
            stdout=subprocess.PIPE,
            text=True,
        ) as server,
    ):
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        if not address:
            raise SystemExit("the server did not start")
        yield address
        server.terminate()


def _books(url: str) -> tuple[int, float]:
    """Requests answered so far and US dollars billed."""
    with urllib.request.urlopen(url.removesuffix("/v1") + "/_books") as reply:
        books: dict[str, Any] = json.load(reply)
    return sum(times for *_, times in books["calls"]), books["bill_usd"]


def measure(way: Callable[[Load], Taken], load: Load) -> Taken:
    """Ask one way, in a fresh process.

    Raises:
        SystemExit: What came, what was asked or what was billed is not what it should be.
    """
    requests, bill = _books(load.url)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
        taken = fresh.submit(way, load).result()
    after, billed = _books(load.url)
    taken = attrs.evolve(taken, requests=after - requests)
    if taken.answers != load.answers:
        raise SystemExit(f"{taken.answers} answers of {load.answers} came")
    if load.samples == 1 and taken.requests != load.questions:
        raise SystemExit(f"{taken.requests} requests were made for {load.questions} questions")
    if taken.cost_usd is not None and not math.isclose(taken.cost_usd, billed - bill, rel_tol=1e-6):
        raise SystemExit(f"${taken.cost_usd} in the journal, ${billed - bill} on the bill")
    return taken


def middle(of: list[Taken]) -> Taken:
    """The median of each figure."""
    return attrs.evolve(
        of[0],
        wall=median(one.wall for one in of),
        cpu=median(one.cpu for one in of),
        memory=median(one.memory for one in of),
    )


def shown(found: dict[str, Taken], load: Load, ideal: float, rounds: int) -> Table:
    """A row for each way."""
    table = Table(
        title=f"{load.questions} questions, one answer each, {load.in_flight} at once; "
        f"ideal {ideal:.2f} s; median of {rounds}"
    )
    table.add_column("way")
    for name in ("wall s", "× ideal", "CPU ms / request", "× plain CPU", "peak MiB"):
        table.add_column(name, justify="right")
    base = next(iter(found.values()))
    for name, taken in found.items():
        table.add_row(
            name,
            f"{taken.wall:.2f}",
            f"{taken.wall / ideal:.2f}",
            f"{taken.cpu / taken.requests * 1000:.2f}",
            f"{taken.cpu / base.cpu:.2f}",
            f"{taken.memory:.0f}",
        )
    return table


def parser() -> argparse.ArgumentParser:
    asks = argparse.ArgumentParser(prog="python -m benchmarks.sampling", description=__doc__)
    asks.formatter_class = argparse.RawDescriptionHelpFormatter
    asks.add_argument("--requests", type=int, default=600, help="a round and way (default 600)")
    asks.add_argument("--rounds", type=int, default=3, help="default 3")
    asks.add_argument("--latency", type=float, default=0.2, help="of the server, s (default 0.2)")
    asks.add_argument("--in-flight", type=int, default=30, help="requests at once (default 30)")
    return asks


def main() -> int:
    """0 where the goals are reached, 1 where they are not."""
    words = parser().parse_args()
    out = Console()
    with served(words.latency) as url:
        load = Load(url, words.requests, 1, words.in_flight)
        rounds = [
            {name: measure(way, load) for name, way in WAYS.items()} for _ in range(words.rounds)
        ]
        many = Load(url, MANY_QUESTIONS, MANY_SAMPLES, words.in_flight)
        together = measure(through_mi, many)
    found = {name: middle([one[name] for one in rounds]) for name in WAYS}
    ideal = words.latency * words.requests / words.in_flight
    out.print(shown(found, load, ideal, words.rounds))
    out.print(
        f"{MANY_SAMPLES} answers to each of {MANY_QUESTIONS} questions: {together.requests} "
        f"requests instead of {many.answers}, {together.wall:.2f} s"
    )
    base, *_, ours = found.values()
    wall, cpu = ours.wall / ideal, ours.cpu / base.cpu
    reached = wall <= GOAL_WALL and cpu <= GOAL_CPU
    out.print(
        f"goal: at most {GOAL_WALL} × ideal and {GOAL_CPU} × plain CPU: "
        f"{wall:.2f} and {cpu:.2f}, {'reached' if reached else 'missed'}"
    )
    return 0 if reached else 1


if __name__ == "__main__":
    sys.exit(main())
