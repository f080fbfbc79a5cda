"""What sampling costs beside other clients: time, CPU, memory, requests.

    python -m benchmarks.sampling --answers 2000 --latency 0.02 --in-flight 100

A server in a process of its own (`benchmarks.answering`) answers each chat completion after a fixed
time. The same questions are put to it with bare sockets, which shows how fast the server is, by the
API's own client, by the same client on aiohttp, by `mi`, which also writes every answer to a
journal with what it cost, and by inspect-ai and llmcomp where they are installed. The ways take
turns, each time in a fresh process, so that CPU and memory are theirs alone. What is shown is the
median over rounds, and nothing is shown before the server's books agree: every question asked once,
as many answers as were wanted, every dollar of the bill in the journal.

Without options it goes through all of 20 and 200 ms, 30, 100 and 500 in flight, one and 20 answers
a request: half an hour for 20,000 answers each.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import subprocess
import sys
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import attrs
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from benchmarks.askers import PEERS, PROBES, WAYS, Load, Taken, installed

ROOT = Path(__file__).resolve().parent.parent
PLAIN, OURS, BARE = "AsyncOpenAI", "mi, kept on disk", "bare sockets"
ONE_AT_A_TIME = (
    "llmcomp"  # it asks for each answer alone, after a request to see the server is there
)
GOAL_WALL, GOAL_CPU = 1.15, 0.4


@attrs.frozen(kw_only=True)
class Case:
    """A cell of the matrix: seconds the server takes, requests at once, answers to each."""

    latency: float
    in_flight: int
    n: int

    def ideal(self, requests: int) -> float:
        """Seconds for so many requests where all places are always taken."""
        return self.latency * math.ceil(requests / self.in_flight)


@attrs.frozen
class Found:
    """What a way took in one round, and what the server says of it."""

    taken: Taken
    requests: int
    server_cpu: float


@contextmanager
def served(latency: float) -> Iterator[str]:
    """The address of a server of its own process."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.answering", "--latency", str(latency)],
        cwd=ROOT,
        stdin=subprocess.PIPE,  # the server ends when this is closed
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def _books(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/_books") as reply:
        books: dict[str, Any] = json.load(reply)
    return books


def measure(name: str, case: Case, answers: int) -> Found:
    """Ask one way, in a fresh process, at a fresh server.

    Raises:
        SystemExit: What came, what was asked or what was billed is not what it should be.
    """
    with served(case.latency) as url:
        start = _books(url)["cpu"]
        load = Load(url, math.ceil(answers / case.n), case.n, case.in_flight)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            taken = fresh.submit(WAYS[name], load).result()
        books = _books(url)
    if taken.answers != load.answers:
        raise SystemExit(f"{name}: {taken.answers} answers of {load.answers} came")
    wanted = Counter({load.samples: load.questions})
    wanted[1] += PROBES.get(name, 0)
    if Counter(dict(books["answers"])) != +wanted:
        raise SystemExit(f"{name}: answers a question, and questions: {books['answers']}")
    requests = load.questions if name != ONE_AT_A_TIME else load.answers + 1
    if books["requests"] != requests:
        raise SystemExit(f"{name}: {books['requests']} requests were made instead of {requests}")
    if taken.cost_usd is not None and not math.isclose(taken.cost_usd, books["usd"], rel_tol=1e-6):
        raise SystemExit(f"{name}: ${taken.cost_usd} in the journal, ${books['usd']} on the bill")
    return Found(taken, books["requests"], books["cpu"] - start)


def row(name: str, case: Case, rounds: list[Found], plain: list[Found] | None) -> list[str]:
    """The medians of a way, as a line of a table."""

    def middle(figure: Any) -> float:
        return median(figure(one) for one in rounds)

    requests, wall = rounds[0].requests, middle(lambda one: one.taken.wall)
    each = middle(lambda one: one.taken.cpu) / rounds[0].taken.answers
    base = plain and median(one.taken.cpu / one.taken.answers for one in plain)
    return [
        name,
        f"{wall:.2f}",
        f"{wall / case.ideal(requests):.2f}",
        f"{middle(lambda one: one.taken.cpu) / requests * 1000:.2f}",
        f"{each / base:.2f}" if base else "–",
        f"{middle(lambda one: one.taken.memory):.0f}",
        f"{middle(lambda one: one.server_cpu) / wall:.0%}",
    ]


COLUMNS = ("way", "wall s", "× ideal", "CPU ms / request", "× plain CPU", "MiB grown", "server")


def shown(case: Case, found: dict[str, list[Found]], answers: int) -> Table:
    """A row for each way."""
    requests = math.ceil(answers / case.n)
    table = Table(
        title=f"{case.latency * 1000:.0f} ms, {case.in_flight} in flight, n = {case.n}: "
        f"{requests} requests; ideal {case.ideal(requests):.2f} s"
    )
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == "way" else "right")
    for name, rounds in found.items():
        table.add_row(*row(name, case, rounds, found.get(PLAIN)))
    return table


def overview(all_found: Mapping[Case, dict[str, list[Found]]]) -> Table:
    """A row for each case: each way's CPU and wall."""
    ways = list(dict.fromkeys(way for found in all_found.values() for way in found))
    table = Table(title="CPU ms an answer, and wall as a multiple of the ideal")
    for name in ("ms", "in flight", "n", *ways):
        table.add_column(name, justify="right")
    for case, found in all_found.items():
        figures = []
        for way in ways:
            cpu = median(one.taken.cpu / one.taken.answers for one in found[way]) * 1000
            times = median(one.taken.wall / case.ideal(one.requests) for one in found[way])
            figures.append(f"{cpu:.3f} ({times:.2f})")
        table.add_row(f"{case.latency * 1000:.0f}", str(case.in_flight), str(case.n), *figures)
    return table


def judged(case: Case, found: dict[str, list[Found]]) -> tuple[bool, str]:
    """Whether the goals are reached, and a sentence that says so.

    The time a core allows is the ideal or the way's own CPU, whichever is longer; and no way is
    faster than bare sockets.
    """
    ours, plain = found[OURS], found[PLAIN]
    cpu = median(one.taken.cpu for one in ours) / median(one.taken.cpu for one in plain)
    wall = median(one.taken.wall for one in ours)
    floors = {
        "the ideal": case.ideal(ours[0].requests),
        "its CPU": median(one.taken.cpu for one in ours),
    }
    if BARE in found:
        floors["bare sockets"] = median(one.taken.wall for one in found[BARE])
    what = max(floors, key=lambda name: floors[name])
    reached = cpu <= GOAL_CPU and wall <= GOAL_WALL * floors[what]
    return reached, (
        f"{cpu:.2f} × plain CPU (goal {GOAL_CPU}), {wall / floors[what]:.2f} × {what} "
        f"(goal {GOAL_WALL}): {'reached' if reached else 'missed'}"
    )


def parser() -> argparse.ArgumentParser:
    asks = argparse.ArgumentParser(prog="python -m benchmarks.sampling", description=__doc__)
    asks.formatter_class = argparse.RawDescriptionHelpFormatter
    add = asks.add_argument
    add("--answers", type=int, default=20_000, help="of each way and round (default 20000)")
    add("--peers", type=int, metavar="ANSWERS", help="of inspect-ai and llmcomp (default: as many)")
    add("--rounds", type=int, default=1, help="default 1")
    add("--latency", type=float, nargs="+", default=[0.02, 0.2], help="s (default 0.02 0.2)")
    add("--in-flight", type=int, nargs="+", default=[30, 100, 500], help="default 30 100 500")
    add("--n", type=int, nargs="+", default=[1, 20], help="answers a request (default 1 20)")
    add("--ways", nargs="+", choices=list(WAYS), default=list(WAYS), help="default: all")
    return asks


def main() -> int:
    """0 where the goals are reached, 1 where they are not."""
    words = parser().parse_args()
    out = Console()
    ways = [way for way in words.ways if installed(way)]
    for way in set(words.ways) - set(ways):
        out.print(f"{way} is not installed (pip install {way}) and not measured")
    cases = [
        Case(latency=latency, in_flight=in_flight, n=n)
        for latency, in_flight, n in itertools.product(words.latency, words.in_flight, words.n)
    ]
    missed, all_found = 0, dict[Case, dict[str, list[Found]]]()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=out, transient=True) as bar:
        task = bar.add_task("", total=len(cases) * words.rounds * len(ways))
        for case in cases:
            found: dict[str, list[Found]] = {way: [] for way in ways}
            for _, way in itertools.product(range(words.rounds), ways):
                bar.update(task, description=f"{case.latency} s, {case.in_flight}, {case.n}: {way}")
                answers = words.peers if way in PEERS and words.peers else words.answers
                found[way].append(measure(way, case, answers))
                bar.advance(task)
            all_found[case] = found
            out.print(shown(case, found, words.answers))
            if {OURS, PLAIN} <= found.keys():
                reached, sentence = judged(case, found)
                missed += not reached
                out.print(sentence)
    if len(cases) > 1:
        out.print(overview(all_found))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
