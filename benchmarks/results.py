"""How fast a million answers are loaded, and how fast they are queried.

    python -m benchmarks.results
    python -m benchmarks.results --quick

Writes a store of synthetic results in the files that runs write (a million answers of 400 letters,
each judged, with their scores) and measures, each in a process of its own: a sync of the database
from nothing, again with nothing new, and with one more eval; every query of README and cookbook;
the page of `mi report --out`; and the same answers in CSV with pandas and in SQLite. Then a store
of 100,000 small units, from nothing and with nothing new. The exit status is 1 if a goal is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs

from benchmarks import file_formats, synthetic_store
from mi import Experiment
from mi.analysis.evidence import ResultScope
from mi.database import Database, sync_database
from mi.reporting.page import build_page, render_page
from mi.store import LocalStore
from registry.settings import insecure_code

MIN_ROWS_PER_SECOND, MAX_QUERY_MS, NOTHING_NEW_CPU = 80_000, 300, 2.0
_ROOT = Path(__file__).parent.parent
_COOKBOOK = re.compile(r"^## ([^\n]+)\n(?:(?!^## ).)*?```sql\n(.*?)```", re.M | re.S)
_README = re.compile(r'^mi sql "(.*?)"', re.M)
_TABLES = ("answer", "judgment", "score", "question", "training_metric", "attempt", "unit")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="leave everything there")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args(words)
    if args.part:
        print(json.dumps(_PARTS[args.part[0]](Path(args.part[1]))))
        return 0
    with tempfile.TemporaryDirectory(prefix="mi-benchmark-") as scratch:
        return _measure(args.keep or Path(scratch), 10 if args.quick else 1)


def _measure(directory: Path, divisor: int) -> int:
    large, many = directory / "large", directory / "many"
    if not large.exists():
        synthetic_store.write_store(
            large / "store", synthetic_store.StoreSize(samples=100 // divisor)
        )
    if not many.exists():
        evals = (attrs.evolve(synthetic_store.EVALS[0], questions=4),)
        synthetic_store.write_store(
            many / "store", synthetic_store.StoreSize(seeds=3030 // divisor, samples=2, evals=evals)
        )
    missed = [
        *_report("from nothing", _run_part("load", large), min_rate=MIN_ROWS_PER_SECOND),
        *_report("nothing new", _run_part("again", large), max_cpu=NOTHING_NEW_CPU),
        *_report("one more eval", _run_part("more", large)),
        *_report_queries(_run_part("queries", large)),
        *_report("page", _run_part("page", large)),
        *_report("formats", _run_part("formats", large)),
        *_report("small units, from nothing", _run_part("load", many)),
        *_report("small units, nothing new", _run_part("again", many), max_cpu=NOTHING_NEW_CPU),
    ]
    for goal in missed:
        print(f"missed: {goal}")
    return 1 if missed else 0


def _run_part(name: str, directory: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.results", "--part", name, str(directory)]
    process = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, Any] = json.loads(process.stdout)
    return figures


def _report(
    label: str, figures: dict[str, Any], *, min_rate: float = 0, max_cpu: float | None = None
) -> Iterator[str]:
    facts = ", ".join(f"{name} {value:,}" for name, value in figures.items())
    print(f"{label}: {facts}", flush=True)
    if figures.get("rows/s", min_rate) < min_rate:
        yield f"{label}: {figures['rows/s']:,} rows/s, {min_rate:,} wanted"
    if max_cpu is not None and figures["cpu s"] > max_cpu:
        yield f"{label}: {figures['cpu s']} s of CPU, at most {max_cpu} wanted"


def _report_queries(figures: dict[str, Any]) -> Iterator[str]:
    for name, (rows, wall, cpu) in figures.items():
        print(f"  {name[:60]:60} {rows:6,} rows {wall:5.0f} ms {cpu:5.0f} ms CPU", flush=True)
        if wall > MAX_QUERY_MS:
            yield f"{name}: {wall:.0f} ms, at most {MAX_QUERY_MS} wanted"


def _measure_call(work: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    import resource

    start, cpu_start = time.perf_counter(), time.process_time()
    result = work()
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu_start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return result, {"wall s": round(wall, 2), "cpu s": round(cpu, 2), "peak MiB": peak}


def _database(directory: Path) -> Database:
    return Database(directory / "results.duckdb")


def _load_everything(directory: Path) -> dict[str, Any]:
    """Load everything into a new database."""
    database = _database(directory)
    database.path.unlink(missing_ok=True)
    synced, facts = _measure_call(lambda: sync_database(database, LocalStore(directory / "store")))
    assert not synced.faults
    with database.read_connection() as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in _TABLES]
    rows = sum(count[0] for count in counts if count)
    disk_usage = subprocess.check_output(["du", "-sLb", str(directory / "store")], text=True)
    return {
        "rows": rows,
        **facts,
        "rows/s": round(rows / facts["wall s"]),
        "logs MB": round(int(disk_usage.split()[0]) / 1e6),
        "database MB": round(database.path.stat().st_size / 1e6),
    }


def _load_nothing(directory: Path) -> dict[str, Any]:
    """Sync when nothing has changed."""
    synced, facts = _measure_call(
        lambda: sync_database(_database(directory), LocalStore(directory / "store"))
    )
    assert synced.loaded == 0
    return facts


def _load_one_more(directory: Path) -> dict[str, Any]:
    """Sync when one unit is new and a journal has a hundred new lines."""
    store = directory / "store"
    journal = store / "journals" / "answers-judged-base.jsonl"
    with journal.open("rb") as file:
        lines = [next(file) for _ in range(100)]
    with journal.open("ab") as file:  # as sample 1000 and on, so that no answer is there twice
        file.writelines(line.replace(b'"sample": ', b'"sample": 100', 1) for line in lines)
    name = f"eval-liking-None-None-{time.time_ns()}"
    shutil.copytree(store / "units" / "eval-liking-None-None", store / "units" / name)
    record = store / "units" / name / "unit.json"
    record.write_text(record.read_text("utf-8").replace("eval-liking-None-None", name), "utf-8")
    sums = record.with_name("SHA256SUMS")
    digest = subprocess.check_output(["sha256sum", "unit.json"], cwd=record.parent, text=True)
    other_lines = [line for line in sums.read_text().splitlines() if not line.endswith("unit.json")]
    sums.write_text("\n".join([*other_lines, digest]), encoding="utf-8")
    synced, facts = _measure_call(lambda: sync_database(_database(directory), LocalStore(store)))
    assert (synced.loaded, synced.faults) == (2, ())
    return facts


def _time_queries(directory: Path) -> dict[str, tuple[int, float, float]]:
    """Every documented query, the best of five: rows, wall ms and CPU ms."""
    queries = dict(_COOKBOOK.findall((_ROOT / "docs" / "cookbook.md").read_text("utf-8")))
    for query in _README.findall((_ROOT / "README.md").read_text("utf-8")):
        queries[f"README: {query}"] = query
    figures = {}
    with _database(directory).read_connection() as connection:
        for name, query in queries.items():
            times = []
            for _ in range(5):
                start, cpu_start = time.perf_counter(), time.process_time()
                rows = connection.execute(query).fetchall()
                wall, cpu = time.perf_counter() - start, time.process_time() - cpu_start
                times.append((wall * 1000, cpu * 1000))
            figures[name] = (len(rows), *min(times))
    return figures


def _build_page(directory: Path) -> dict[str, Any]:
    """The work of `mi report R1 R2 --out` after the selection."""
    setting = attrs.evolve(insecure_code)
    experiments = [
        Experiment(id=name, title=f"Sizes, {name}", question="How much does it take?",
                   settings=setting, misaligned_ratio=0.5, total_samples=sizes,
                   seeds=tuple(range(9)))
        for name, sizes in (("R1", synthetic_store.SIZES), ("R2", synthetic_store.SHARED_SIZES))
    ]  # fmt: skip
    scope = ResultScope(
        experiments=("R1", "R2"), model=synthetic_store.MODEL, data={"insecure_code": "bundled"}
    )

    def work() -> int:
        with _database(directory).read_connection() as connection:
            page = build_page(connection, experiments, scope)
        (directory / "index.html").write_text(render_page(page), encoding="utf-8")
        return len(page.answers["unit"])

    count, facts = _measure_call(work)
    size = round(os.path.getsize(directory / "index.html") / 1e6, 1)
    return {"answers shown": count, **facts, "MB": size}


def _compare_formats(directory: Path) -> dict[str, Any]:
    """The scored answers as CSV with pandas, and in SQLite."""
    return file_formats.compare_formats(_database(directory).path, directory)


_PARTS: dict[str, Callable[[Path], Any]] = {
    "load": _load_everything,
    "again": _load_nothing,
    "more": _load_one_more,
    "queries": _time_queries,
    "page": _build_page,
    "formats": _compare_formats,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
