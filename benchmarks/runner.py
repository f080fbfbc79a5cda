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

import attrs
from rich.console import Console
from rich.table import Table

from .idle import fill, project

ROOT = Path(__file__).resolve().parent.parent
CELLS = (100, 1_000, 10_000, 33_330)
GOALS = {3_000: (1.0, None), 99_990: (8.0, 500.0)}  # units: CPU seconds, MiB


@attrs.frozen
class Taken:
    """What a command took: seconds of wall and CPU, and peak resident MiB."""

    wall: float
    cpu: float
    memory: float


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
        tool: Its command.
        files: What it reads, for a number of steps: name → text.
        measured: What is measured: name → arguments.
        before: Arguments of what makes everything done first, call by call.
    """

    tool: str
    files: Callable[[int], dict[str, str]]
    measured: dict[str, tuple[str, ...]]
    before: tuple[tuple[str, ...], ...] = ()


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


def _stages(steps: int) -> dict[str, str]:
    stages = (
        f"  s{number}:\n    cmd: touch o{number}\n    outs: [o{number}]\n"
        for number in range(steps)
    )
    return {"dvc.yaml": "stages:\n" + "".join(stages)}


COLLECT = ("--collect-only", "-q", "-p", "no:cacheprovider")
REDUN = ("run", "many.py", "main")
PEERS = (
    Peer("pytest", _tests, {"pytest --collect-only": COLLECT}),
    Peer("snakemake", _rules, {"snakemake -n": ("-n", "-q")}),
    Peer("redun", _tasks, {"redun run, all cached": REDUN}, before=(REDUN,)),
    Peer(
        "dvc",
        _stages,
        {"dvc status": ("status", "-q"), "dvc repro, nothing new": ("repro", "-q")},
        before=(("init", "--no-scm", "-q"), ("repro", "-q")),
    ),
)


def peers(bin: Path, steps: int) -> Iterator[tuple[str, int, Taken]]:
    """Each peer that `bin` has, on so many steps."""
    for peer in PEERS:
        tool = shutil.which(peer.tool, path=f"{bin}:{Path(sys.executable).parent}")
        if tool is None:
            continue
        with tempfile.TemporaryDirectory(prefix="mi-peer-") as name:
            for file, text in peer.files(steps).items():
                path = Path(name, file)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            for words in peer.before:
                timed([tool, *words], Path(name))
            for what, words in peer.measured.items():
                yield what, steps, timed([tool, *words], Path(name))


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
        help="where pytest, snakemake, redun and dvc are (default: this environment)",
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
