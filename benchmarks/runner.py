"""What the runner itself costs: planning, inspecting and running when everything is done already.

    python -m benchmarks.runner
    python -m benchmarks.runner --cells 100 1000 --peers FOLDER

A project with one experiment of N cells (a mix, a training and an eval each: 3 N units) gets a
store in which every unit is done, written in the store's own format. Then `mi plan`, `mi status`
and `mi run` read it, each in a process of its own: the first one hashes every published file, later
ones only what has changed. For comparison pytest collects 3 N tests, and other tools check 3 N
steps that are all done, if `--peers` names a folder that has them.

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

from .finished_project import create_project, publish_all

ROOT = Path(__file__).resolve().parent.parent
CELLS = (100, 1_000, 10_000, 33_330)
GOALS = {3_000: (1.0, None), 99_990: (8.0, 500.0)}  # units: CPU seconds, MiB


@attrs.frozen
class Measurement:
    """The cost of a command: wall and CPU seconds, and peak resident MiB."""

    wall: float
    cpu: float
    memory: float


def measure_command(command: list[str], directory: Path) -> Measurement:
    """Run a command to its end.

    Raises:
        SystemExit: It failed.
    """
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "140"}
    with tempfile.TemporaryFile() as output:
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=directory, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 5):
            output.seek(0)
            raise SystemExit(f"{' '.join(command)}: {output.read()[-2000:].decode()}")
    return Measurement(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


MI = [sys.executable, "-m", "mi"]
COMMANDS = {
    "mi run, database empty": [*MI, "run", "N01"],
    "mi plan": [*MI, "plan", "N01"],
    "mi status": [*MI, "status", "N01"],
    "mi run": [*MI, "run", "N01"],
}
SMALL_COMMANDS = {
    "mi --help": [*MI, "--help"],
    "mi list": [*MI, "list"],
    "mi plan A05a": [*MI, "plan", "A05a"],
}


def measure_commands(cells: int) -> Iterator[tuple[str, int, Measurement]]:
    """Each command on a store of so many cells: its label, the number of units, its cost."""
    with tempfile.TemporaryDirectory(prefix="mi-runner-") as name:
        directory = Path(name)
        create_project(directory, cells)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            units = pool.submit(publish_all, directory).result()
        time.sleep(3)  # what was written a moment ago is hashed again, and that once is not meant
        yield "mi plan, all hashed", units, measure_command(COMMANDS["mi plan"], directory)
        for label, command in COMMANDS.items():
            yield label, units, measure_command(command, directory)


@attrs.frozen
class Peer:
    """Another tool on as many steps.

    Args:
        tool: Its command.
        files: The files that it reads, for a number of steps: name → text.
        commands: The measured commands: label → arguments.
        preparation: Arguments of the commands that do everything first, in order.
    """

    tool: str
    files: Callable[[int], dict[str, str]]
    commands: dict[str, tuple[str, ...]]
    preparation: tuple[tuple[str, ...], ...] = ()


def _pytest_files(steps: int) -> dict[str, str]:
    body = f"import pytest\n@pytest.mark.parametrize('n', range({steps}))\ndef test_it(n): pass\n"
    return {"test_many.py": body}


def _snakemake_files(steps: int) -> dict[str, str]:
    body = (
        f"rule all:\n    input: expand('made/{{n}}', n=range({steps}))\n"
        "rule one:\n    output: 'made/{n}'\n    shell: 'touch {output}'\n"
    )
    return {"Snakefile": body, **{f"made/{number}": "" for number in range(steps)}}


def _redun_files(steps: int) -> dict[str, str]:
    body = (
        "from redun import task\nredun_namespace = 'many'\n"
        "@task()\ndef one(n): return n\n"
        f"@task()\ndef main(): return [one(n) for n in range({steps})]\n"
    )
    return {"many.py": body}


def _dvc_files(steps: int) -> dict[str, str]:
    stages = (
        f"  s{number}:\n    cmd: touch o{number}\n    outs: [o{number}]\n"
        for number in range(steps)
    )
    return {"dvc.yaml": "stages:\n" + "".join(stages)}


COLLECT = ("--collect-only", "-q", "-p", "no:cacheprovider")
REDUN = ("run", "many.py", "main")
PEERS = (
    Peer("pytest", _pytest_files, {"pytest --collect-only": COLLECT}),
    Peer("snakemake", _snakemake_files, {"snakemake -n": ("-n", "-q")}),
    Peer("redun", _redun_files, {"redun run, all cached": REDUN}, preparation=(REDUN,)),
    Peer(
        "dvc",
        _dvc_files,
        {"dvc status": ("status", "-q"), "dvc repro, nothing new": ("repro", "-q")},
        preparation=(("init", "--no-scm", "-q"), ("repro", "-q")),
    ),
)


def measure_peers(bin: Path, steps: int) -> Iterator[tuple[str, int, Measurement]]:
    """Each peer that is in `bin`, on so many steps."""
    for peer in PEERS:
        tool = shutil.which(peer.tool, path=f"{bin}:{Path(sys.executable).parent}")
        if tool is None:
            continue
        with tempfile.TemporaryDirectory(prefix="mi-peer-") as name:
            for file, text in peer.files(steps).items():
                path = Path(name, file)
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
            for args in peer.preparation:
                measure_command([tool, *args], Path(name))
            for label, args in peer.commands.items():
                yield label, steps, measure_command([tool, *args], Path(name))


def small_table() -> Table:
    """The cost of commands with little to do, next to pytest's; median of five."""
    table = Table("command", "CPU s", "× pytest", "MiB", title="small things", title_justify="left")
    with tempfile.TemporaryDirectory(prefix="mi-small-") as name:
        directory, pytest = Path(name), [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        references = {
            "pytest --version": [*pytest, "--version"],
            "pytest --collect-only, 18 tests": [*pytest, "--collect-only", "-q"],
        }
        (directory / "test_many.py").write_text(_pytest_files(18)["test_many.py"])
        measurements = {
            label: [measure_command(command, directory) for _ in range(5)]
            for label, command in {**references, **SMALL_COMMANDS}.items()
        }
    medians = {
        label: median(measurement.cpu for measurement in runs)
        for label, runs in measurements.items()
    }
    for label, cpu in medians.items():
        reference = list(references)[label != "mi --help" and label not in list(references)[:1]]
        memory = median(measurement.memory for measurement in measurements[label])
        table.add_row(label, f"{cpu:.2f}", f"{cpu / medians[reference]:.1f}", f"{memory:.0f}")
    return table


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.runner", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--cells", type=int, nargs="+", default=list(CELLS), metavar="N")
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path(sys.executable).parent,
        metavar="FOLDER",
        help="where pytest, snakemake, redun and dvc are (default: this environment)",
    )
    parser.add_argument("--steps", type=int, default=3000, help="of a peer (default 3000)")
    return parser


def main() -> int:
    """Print the tables. Returns 0 if the goals are reached, 1 if not."""
    args, out, missed = build_parser().parse_args(), Console(), []
    out.print(small_table())
    table = Table("units", "command", "wall s", "CPU s", "CPU µs / unit", "MiB")
    for column in table.columns:
        column.justify = "right"
    for cells in args.cells:
        for label, units, measurement in measure_commands(cells):
            add_row(table, label, units, measurement)
            seconds, memory = GOALS.get(units, (None, None))
            if label in ("mi plan", "mi status", "mi run") and (
                (seconds and measurement.cpu > seconds) or (memory and measurement.memory > memory)
            ):
                missed.append(
                    f"{label} at {units} units: {measurement.cpu:.2f} s, "
                    f"{measurement.memory:.0f} MiB"
                )
    for label, steps, measurement in measure_peers(args.peers, args.steps):
        add_row(table, label, steps, measurement)
    out.print(table)
    goals = ", ".join(f"{units} units in {cpu:g} s" for units, (cpu, _) in GOALS.items())
    out.print(f"goal (plan, status, run again): {goals}: {'; '.join(missed) or 'reached'}")
    return 1 if missed else 0


def add_row(table: Table, label: str, units: int, measurement: Measurement) -> None:
    """Add a row to the table.

    Args:
        table: The table.
        label: The command.
        units: How many units or steps it saw.
        measurement: Its cost.
    """
    cpu_per_unit = measurement.cpu / units * 1e6
    table.add_row(
        f"{units}",
        label,
        f"{measurement.wall:.2f}",
        f"{measurement.cpu:.2f}",
        f"{cpu_per_unit:.0f}",
        f"{measurement.memory:.0f}",
    )


if __name__ == "__main__":
    sys.exit(main())
