"""What sampling costs compared with other clients: time, CPU, memory, requests.

    python -m benchmarks.sampling --answers 2000 --latency 0.02 --in-flight 100

A server in a process of its own (`benchmarks.chat_server`) answers each chat completion after a
fixed time. The same questions are put to it with bare sockets, which shows how fast the server is,
by the API's own client, by the same client on aiohttp, by `mi`, which also writes every answer to a
journal with its cost, and by inspect-ai and llmcomp if they are installed. The clients take turns,
each time in a fresh process, so that CPU and memory are theirs alone. The tables show medians over
rounds. A measurement counts only if the server's ledger agrees: every question asked once, the
requested number of answers, every dollar of the bill in the journal.

Without options it covers 20 and 200 ms, 30, 100 and 500 in flight, one and 20 answers per request:
half an hour for 20,000 answers each.
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

from benchmarks.clients import CLIENTS, PEERS, PROBES, Load, Measurement, is_installed

ROOT = Path(__file__).resolve().parent.parent
REFERENCE, OURS, BARE = "AsyncOpenAI", "mi, kept on disk", "bare sockets"
SINGLE_ANSWER_CLIENT = (
    "llmcomp"  # it asks for each answer alone, after a request to see the server is there
)
GOAL_WALL, GOAL_CPU = 1.15, 0.4


@attrs.frozen(kw_only=True)
class Case:
    """A cell of the matrix: latency of the server in seconds, requests at once, answers to each."""

    latency: float
    in_flight: int
    n: int

    def ideal(self, requests: int) -> float:
        """Seconds for so many requests if every place is always taken."""
        return self.latency * math.ceil(requests / self.in_flight)


@attrs.frozen
class Round:
    """A client's measurement in one round, and the server's side of it."""

    measurement: Measurement
    requests: int
    server_cpu: float


@contextmanager
def run_server(latency: float) -> Iterator[str]:
    """Run a server in a process of its own; yields its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.chat_server", "--latency", str(latency)],
        cwd=ROOT,
        stdin=subprocess.PIPE,  # the server ends when this is closed
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        yield server.stdout.readline().strip()
        server.stdin.close()


def _read_ledger(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url.removesuffix("/v1") + "/_books") as reply:
        ledger: dict[str, Any] = json.load(reply)
    return ledger


def measure(name: str, case: Case, answers: int) -> Round:
    """Run one client, in a fresh process, against a fresh server.

    Args:
        name: The client.
        case: Latency, requests at once, answers to each.
        answers: How many answers to ask for.

    Raises:
        SystemExit: The answers, the requests or the bill are not what they should be.
    """
    with run_server(case.latency) as url:
        start = _read_ledger(url)["cpu"]
        load = Load(url, math.ceil(answers / case.n), case.n, case.in_flight)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            measurement = pool.submit(CLIENTS[name], load).result()
        ledger = _read_ledger(url)
    if measurement.answers != load.answers:
        raise SystemExit(f"{name}: {measurement.answers} answers of {load.answers} came")
    expected = Counter({load.samples: load.questions})
    expected[1] += PROBES.get(name, 0)
    if Counter(dict(ledger["answers"])) != +expected:
        raise SystemExit(f"{name}: answers a question, and questions: {ledger['answers']}")
    requests = load.questions if name != SINGLE_ANSWER_CLIENT else load.answers + 1
    if ledger["requests"] != requests:
        raise SystemExit(f"{name}: {ledger['requests']} requests were made instead of {requests}")
    if measurement.cost_usd is not None and not math.isclose(
        measurement.cost_usd, ledger["usd"], rel_tol=1e-6
    ):
        raise SystemExit(
            f"{name}: ${measurement.cost_usd} in the journal, ${ledger['usd']} on the bill"
        )
    return Round(measurement, ledger["requests"], ledger["cpu"] - start)


def format_row(name: str, case: Case, rounds: list[Round], plain: list[Round] | None) -> list[str]:
    """The medians of a client, as a row of a table.

    Args:
        name: The client.
        case: What was asked.
        rounds: Its rounds.
        plain: The rounds of the reference client, if it was measured.
    """

    def middle(figure: Any) -> float:
        return median(figure(run) for run in rounds)

    requests, wall = rounds[0].requests, middle(lambda run: run.measurement.wall)
    cpu = middle(lambda run: run.measurement.cpu) / rounds[0].measurement.answers
    base = plain and median(run.measurement.cpu / run.measurement.answers for run in plain)
    return [
        name,
        f"{wall:.2f}",
        f"{wall / case.ideal(requests):.2f}",
        f"{middle(lambda run: run.measurement.cpu) / requests * 1000:.2f}",
        f"{cpu / base:.2f}" if base else "–",
        f"{middle(lambda run: run.measurement.memory):.0f}",
        f"{middle(lambda run: run.server_cpu) / wall:.0%}",
    ]


COLUMNS = ("way", "wall s", "× ideal", "CPU ms / request", "× plain CPU", "MiB grown", "server")


def case_table(case: Case, rounds_by_client: dict[str, list[Round]], answers: int) -> Table:
    """A row for each client.

    Args:
        case: What was asked.
        rounds_by_client: The rounds of each client.
        answers: How many answers each was asked for.
    """
    requests = math.ceil(answers / case.n)
    table = Table(
        title=f"{case.latency * 1000:.0f} ms, {case.in_flight} in flight, n = {case.n}: "
        f"{requests} requests; ideal {case.ideal(requests):.2f} s"
    )
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == "way" else "right")
    for name, rounds in rounds_by_client.items():
        table.add_row(*format_row(name, case, rounds, rounds_by_client.get(REFERENCE)))
    return table


def overview_table(rounds_by_case: Mapping[Case, dict[str, list[Round]]]) -> Table:
    """A row for each case: each client's CPU and wall time."""
    clients = list(
        dict.fromkeys(
            client for rounds_by_client in rounds_by_case.values() for client in rounds_by_client
        )
    )
    table = Table(title="CPU ms an answer, and wall as a multiple of the ideal")
    for name in ("ms", "in flight", "n", *clients):
        table.add_column(name, justify="right")
    for case, rounds_by_client in rounds_by_case.items():
        figures = []
        for client in clients:
            cpu = (
                median(
                    run.measurement.cpu / run.measurement.answers
                    for run in rounds_by_client[client]
                )
                * 1000
            )
            times = median(
                run.measurement.wall / case.ideal(run.requests) for run in rounds_by_client[client]
            )
            figures.append(f"{cpu:.3f} ({times:.2f})")
        table.add_row(f"{case.latency * 1000:.0f}", str(case.in_flight), str(case.n), *figures)
    return table


def judge_case(case: Case, rounds_by_client: dict[str, list[Round]]) -> tuple[bool, str]:
    """Whether the goals are reached, and a sentence that says so.

    The time that a core allows is the longer of the ideal and the client's own CPU time; and no
    client is faster than bare sockets.
    """
    ours, plain = rounds_by_client[OURS], rounds_by_client[REFERENCE]
    cpu = median(run.measurement.cpu for run in ours) / median(run.measurement.cpu for run in plain)
    wall = median(run.measurement.wall for run in ours)
    floors = {
        "the ideal": case.ideal(ours[0].requests),
        "its CPU": median(run.measurement.cpu for run in ours),
    }
    if BARE in rounds_by_client:
        floors["bare sockets"] = median(run.measurement.wall for run in rounds_by_client[BARE])
    floor = max(floors, key=lambda name: floors[name])
    reached = cpu <= GOAL_CPU and wall <= GOAL_WALL * floors[floor]
    return reached, (
        f"{cpu:.2f} × plain CPU (goal {GOAL_CPU}), {wall / floors[floor]:.2f} × {floor} "
        f"(goal {GOAL_WALL}): {'reached' if reached else 'missed'}"
    )


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sampling", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--answers", type=int, default=20_000, help="of each way and round (default 20000)")
    add("--peers", type=int, metavar="ANSWERS", help="of inspect-ai and llmcomp (default: as many)")
    add("--rounds", type=int, default=1, help="default 1")
    add("--latency", type=float, nargs="+", default=[0.02, 0.2], help="s (default 0.02 0.2)")
    add("--in-flight", type=int, nargs="+", default=[30, 100, 500], help="default 30 100 500")
    add("--n", type=int, nargs="+", default=[1, 20], help="answers a request (default 1 20)")
    add("--ways", nargs="+", choices=list(CLIENTS), default=list(CLIENTS), help="default: all")
    return parser


def main() -> int:
    """Print the tables. Returns 0 if the goals are reached, 1 if not."""
    args = build_parser().parse_args()
    out = Console()
    clients = [client for client in args.ways if is_installed(client)]
    for client in set(args.ways) - set(clients):
        out.print(f"{client} is not installed (pip install {client}) and not measured")
    cases = [
        Case(latency=latency, in_flight=in_flight, n=n)
        for latency, in_flight, n in itertools.product(args.latency, args.in_flight, args.n)
    ]
    missed, rounds_by_case = 0, dict[Case, dict[str, list[Round]]]()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=out, transient=True) as bar:
        task = bar.add_task("", total=len(cases) * args.rounds * len(clients))
        for case in cases:
            rounds_by_client: dict[str, list[Round]] = {client: [] for client in clients}
            for _, client in itertools.product(range(args.rounds), clients):
                bar.update(
                    task, description=f"{case.latency} s, {case.in_flight}, {case.n}: {client}"
                )
                answers = args.peers if client in PEERS and args.peers else args.answers
                rounds_by_client[client].append(measure(client, case, answers))
                bar.advance(task)
            rounds_by_case[case] = rounds_by_client
            out.print(case_table(case, rounds_by_client, args.answers))
            if {OURS, REFERENCE} <= rounds_by_client.keys():
                reached, sentence = judge_case(case, rounds_by_client)
                missed += not reached
                out.print(sentence)
    if len(cases) > 1:
        out.print(overview_table(rounds_by_case))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
