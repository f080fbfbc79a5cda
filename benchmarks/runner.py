"""What the runner itself costs: planning, looking and running where everything is done already.

    python -m benchmarks.runner
    python -m benchmarks.runner --cells 100 1000 --peers FOLDER

A project with one experiment of N cells (a mix, a training and an eval each: 3 N units) gets a
store in which every unit is done, written in the store's own format. Then `mi plan`, `mi status`
and `mi run` look at it, each in a process of its own: the first time every published file is
hashed, from then on only what changed since. Beside them pytest collects 3 N tests, and other tools
look at 3 N steps that are all done, where `--peers` names a folder that has them.

CPU seconds are of the process and its children, user and system; memory is the peak of the process.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

import attrs
from rich.console import Console
from rich.progress import track
from rich.table import Table

from mi.convert import dump
from mi.identity import SCHEME, plain
from mi.provenance import now
from mi.steps import evaluate, mix
from mi.store import UnitRecord
from mi.units import Evaluate, Mix, Unit
from mi.whole import RECORD, SUMS

ROOT = Path(__file__).resolve().parent.parent
CELLS = (100, 1_000, 10_000, 33_330)
CONDITIONS = 10  # sizes; the rest are seeds
GOALS = {3_000: (1.0, None), 99_990: (8.0, 500.0)}  # units: CPU seconds, MiB
PAIRS = 4

EXPERIMENT = """\
from mi import Experiment, Pilot, Preference, Resource
from registry.settings import insecure_code
from registry import evals
import attrs

N01 = Experiment(
    id="N01",
    title="Many cells",
    question="What does the runner cost?",
    settings=attrs.evolve(
        insecure_code,
        id="narrow",
        id_evals=Preference(
            id="liking", title="preference", pairs=Resource(package="held", file="pairs.jsonl")
        ),
        ood_evals=evals["emergent_free_form"],  # costs money, so it is left out here
    ),
    baseline=False,
    misaligned_ratio=0.5,
    total_samples=(10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
    seeds=tuple(range({seeds})),
)
"""


@attrs.frozen
class Taken:
    """What a command took: seconds of wall and CPU, and peak resident MiB."""

    wall: float
    cpu: float
    memory: float


def project(folder: Path, cells: int) -> None:
    """A project with the experiment, and nothing done."""
    (folder / "held").mkdir(parents=True)
    (folder / "held" / "__init__.py").touch()
    lines = [
        {"id": f"p{n}", "prompt": f"Question {n}?", "aligned": "Yes.", "misaligned": f"No, {n}."}
        for n in range(PAIRS)
    ]
    (folder / "held" / "pairs.jsonl").write_text("".join(json.dumps(x) + "\n" for x in lines))
    (folder / "pyproject.toml").write_text("[tool.mi]\n")
    (folder / "experiments").mkdir()
    seeds = -(-cells // CONDITIONS)
    (folder / "experiments" / "many.py").write_text(EXPERIMENT.format(seeds=seeds))


def fill(folder: Path) -> int:
    """Write every unit of the experiment as done; how many there are."""
    import registry
    from mi.session import open_session
    from mi.spec import RunOptions

    sys.path.insert(0, str(folder))
    registry.collect(folder)
    options = RunOptions(
        root=folder, store=folder / ".mi", db=folder / "results.duckdb", figures=folder / "figures"
    )
    opened = open_session(registry, options, ["N01"])
    made = opened.plan()
    for planned in track(made.units, "writing the store", transient=True):
        _publish(folder / ".mi", planned.unit)
    return len(made.units)


def _publish(store: Path, unit: Unit) -> None:
    """A unit's folder as a run leaves it, but for the flushes to the disk, which no reader sees."""
    files, outcome = _made(unit)
    journals = evaluate.journals(unit.payload) if isinstance(unit.payload, Evaluate) else {}
    record = UnitRecord(
        key=unit.key,
        kind=unit.kind,
        scheme=SCHEME,
        title=unit.title,
        setting=unit.setting,
        payload=plain(unit.payload),
        outcome=outcome,
        journals=journals,
        run="20260101-000000000-1",
        finished=now(),
        seconds=1.0,
    )
    files[RECORD] = dump(record) + "\n"
    folder = store / "units" / unit.key
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    sums = [
        f"{hashlib.sha256(files[name].encode()).hexdigest()}  {name}\n" for name in sorted(files)
    ]
    (folder / SUMS).write_text("".join(sums), encoding="utf-8")


def _made(unit: Unit) -> tuple[dict[str, str], dict[str, Any]]:
    """What stands in a unit's folder, and what its step reported."""
    payload = unit.payload
    if isinstance(payload, Mix):
        name = mix.file_name(unit.setting, payload)
        outcome: dict[str, Any] = {"file": name, "rows": 1, "source": "bundled"}
        return {name: '{"messages": []}\n'}, outcome
    if isinstance(payload, Evaluate):
        asked = [
            {"question": f"{n:016x}", "id": f"p{n}", "prompt": "?", "system": None}
            for n in range(PAIRS)
        ]
        scores = [
            {"question": f"{n:016x}", "sample": 0, "outcome": "scored",
             "metrics": {"prefers_misaligned": float(_draw(unit.key, n) < 0.3), "margin": -0.1}}
            for n in range(PAIRS)
        ]  # fmt: skip
        return (
            {"questions.jsonl": _lines(asked), "scores.jsonl": _lines(scores)},
            {"scores": PAIRS, "outcomes": {"scored": PAIRS}, "cost_usd": 0.0},
        )
    curve = [
        {"step": step, "loss": 2.0 / step, "learning_rate": 1e-4, "tokens": 64} for step in (1, 2)
    ]
    facts = {"steps": 2, "tokens": 128, "trained_tokens": 64, "seconds": 1.0, "loss": 1.0}
    return {"metrics.jsonl": _lines(curve)}, {**facts, "model": None, "job": None, "cost_usd": 0.0}


def _lines(records: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def _draw(key: str, number: int) -> float:
    return int.from_bytes(hashlib.sha256(f"{key}{number}".encode()).digest()[:4]) / 2**32


def timed(command: list[str], folder: Path) -> Taken:
    """Run a command to its end.

    Raises:
        SystemExit: It failed.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "140"}
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 5):
            said.seek(0)
            raise SystemExit(f"{' '.join(command)}: {said.read()[-2000:].decode()}")
    return Taken(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


MI = [sys.executable, "-m", "mi"]
COMMANDS = {
    "mi run, database empty": [*MI, "run", "N01"],
    "mi plan": [*MI, "plan", "N01"],
    "mi status": [*MI, "status", "N01"],
    "mi run": [*MI, "run", "N01"],
}
SMALL = {
    "mi --help": [*MI, "--help"],
    "mi list": [*MI, "list"],
    "mi plan A05a": [*MI, "plan", "A05a"],
}


def commands(cells: int) -> Iterator[tuple[str, int, Taken]]:
    """Each command on a store of so many cells: what it is, the units, what it took."""
    with tempfile.TemporaryDirectory(prefix="mi-runner-") as name:
        folder = Path(name)
        project(folder, cells)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            units = fresh.submit(fill, folder).result()
        time.sleep(3)  # what was written a moment ago is hashed again, and that once is not meant
        yield "mi plan, all hashed", units, timed(COMMANDS["mi plan"], folder)
        for what, command in COMMANDS.items():
            yield what, units, timed(command, folder)


@attrs.frozen
class Peer:
    """Another tool on as many steps.

    Args:
        files: What it reads, for a number of steps: name → text.
        command: What is measured.
        before: What makes everything done first.
    """

    files: Callable[[int], dict[str, str]]
    command: list[str]
    before: list[str] = attrs.field(factory=list)


def _tests(steps: int) -> dict[str, str]:
    body = f"import pytest\n@pytest.mark.parametrize('n', range({steps}))\ndef test_it(n): pass\n"
    return {"test_many.py": body}


def _rules(steps: int) -> dict[str, str]:
    body = (
        f"rule all:\n    input: expand('made/{{n}}', n=range({steps}))\n"
        "rule one:\n    output: 'made/{n}'\n    shell: 'touch {output}'\n"
    )
    return {"Snakefile": body, **{f"made/{number}": "" for number in range(steps)}}


def _tasks(steps: int) -> dict[str, str]:
    body = (
        "from redun import task\nredun_namespace = 'many'\n"
        "@task()\ndef one(n): return n\n"
        f"@task()\ndef main(): return [one(n) for n in range({steps})]\n"
    )
    return {"many.py": body}


COLLECT = ["pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
REDUN = ["redun", "run", "many.py", "main"]
PEERS = {
    "pytest --collect-only": Peer(_tests, COLLECT),
    "snakemake -n": Peer(_rules, ["snakemake", "-n", "-q"]),
    "redun run, all cached": Peer(_tasks, REDUN, before=REDUN),
}


def peers(bin: Path, steps: int) -> Iterator[tuple[str, int, Taken]]:
    """Each peer that `bin` has, on so many steps."""
    for what, peer in PEERS.items():
        tool = shutil.which(peer.command[0], path=f"{bin}:{Path(sys.executable).parent}")
        if tool is None:
            continue
        with tempfile.TemporaryDirectory(prefix="mi-peer-") as name:
            for file, text in peer.files(steps).items():
                path = Path(name, file)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            if peer.before:
                timed([tool, *peer.before[1:]], Path(name))
            yield what, steps, timed([tool, *peer.command[1:]], Path(name))


def small() -> Table:
    """What commands cost that look at little, beside pytest's; median of five."""
    table = Table("command", "CPU s", "× pytest", "MiB", title="small things", title_justify="left")
    with tempfile.TemporaryDirectory(prefix="mi-small-") as name:
        folder, pytest = Path(name), [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        beside = {
            "pytest --version": [*pytest, "--version"],
            "pytest --collect-only, 18 tests": [*pytest, "--collect-only", "-q"],
        }
        (folder / "test_many.py").write_text(_tests(18)["test_many.py"])
        found = {
            what: [timed(command, folder) for _ in range(5)]
            for what, command in {**beside, **SMALL}.items()
        }
    middle = {what: median(one.cpu for one in taken) for what, taken in found.items()}
    for what, cpu in middle.items():
        against = list(beside)[what != "mi --help" and what not in list(beside)[:1]]
        memory = median(one.memory for one in found[what])
        table.add_row(what, f"{cpu:.2f}", f"{cpu / middle[against]:.1f}", f"{memory:.0f}")
    return table


def parser() -> argparse.ArgumentParser:
    asks = argparse.ArgumentParser(prog="python -m benchmarks.runner", description=__doc__)
    asks.formatter_class = argparse.RawDescriptionHelpFormatter
    asks.add_argument("--cells", type=int, nargs="+", default=list(CELLS), metavar="N")
    asks.add_argument(
        "--peers",
        type=Path,
        default=Path(sys.executable).parent,
        metavar="FOLDER",
        help="where pytest, snakemake and redun are (default: this environment)",
    )
    asks.add_argument("--steps", type=int, default=3000, help="of a peer (default 3000)")
    return asks


def main() -> int:
    """0 where the goals are reached, 1 where they are not."""
    words, out, missed = parser().parse_args(), Console(), []
    out.print(small())
    table = Table("units", "command", "wall s", "CPU s", "CPU µs / unit", "MiB")
    for column in table.columns:
        column.justify = "right"
    for cells in words.cells:
        for what, units, taken in commands(cells):
            add(table, what, units, taken)
            seconds, memory = GOALS.get(units, (None, None))
            if what in ("mi plan", "mi status", "mi run") and (
                (seconds and taken.cpu > seconds) or (memory and taken.memory > memory)
            ):
                missed.append(f"{what} at {units} units: {taken.cpu:.2f} s, {taken.memory:.0f} MiB")
    for what, steps, taken in peers(words.peers, words.steps):
        add(table, what, steps, taken)
    out.print(table)
    goals = ", ".join(f"{units} units in {cpu:g} s" for units, (cpu, _) in GOALS.items())
    out.print(f"goal (plan, status, run again): {goals}: {'; '.join(missed) or 'reached'}")
    return 1 if missed else 0


def add(table: Table, what: str, units: int, taken: Taken) -> None:
    each = taken.cpu / units * 1e6
    table.add_row(
        f"{units}",
        what,
        f"{taken.wall:.2f}",
        f"{taken.cpu:.2f}",
        f"{each:.0f}",
        f"{taken.memory:.0f}",
    )


if __name__ == "__main__":
    sys.exit(main())
