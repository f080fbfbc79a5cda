"""How fast do results come, and how fast can they be asked, with a million answers?

    python -m benchmarks.results
    python -m benchmarks.results --quick

Writes a store of made-up results in the files that runs write (a million answers of 400 letters,
each judged, with their scores) and measures, each in a process of its own: bringing a database up
to date from nothing, again with nothing new, and with one more eval; every query of README and
cookbook; the page of `mi report --out`; and the same answers in CSV with pandas and in SQLite. Then
a store of 100,000 small units, from nothing and with nothing new. The exit status is 1 where a goal
is missed.
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

from benchmarks import beside, stored
from mi import Experiment
from mi.analysis.evidence import ResultScope
from mi.database import Database, sync_database
from mi.reporting.page import build_page, render_page
from mi.store.local import Store
from registry.settings import insecure_code

ROWS_A_SECOND, QUERY_MS, NOTHING_NEW = 80_000, 300, 2.0
_ROOT = Path(__file__).parent.parent
_COOKBOOK = re.compile(r"^## ([^\n]+)\n(?:(?!^## ).)*?```sql\n(.*?)```", re.M | re.S)
_README = re.compile(r'^mi sql "(.*?)"', re.M)
_TABLES = ("answer", "judgment", "score", "question", "training_metric", "attempt", "unit")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of it")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="leave everything there")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)
    parsed = parser.parse_args(words)
    if parsed.part:
        print(json.dumps(_PARTS[parsed.part[0]](Path(parsed.part[1]))))
        return 0
    with tempfile.TemporaryDirectory(prefix="mi-benchmark-") as spare:
        return _measure(parsed.keep or Path(spare), 10 if parsed.quick else 1)


def _measure(folder: Path, less: int) -> int:
    large, many = folder / "large", folder / "many"
    if not large.exists():
        stored.make(large / "store", stored.Size(samples=100 // less))
    if not many.exists():
        evals = (attrs.evolve(stored.EVALS[0], questions=4),)
        stored.make(many / "store", stored.Size(seeds=3030 // less, samples=2, evals=evals))
    missed = [
        *_told("from nothing", _part("load", large), rate=ROWS_A_SECOND),
        *_told("nothing new", _part("again", large), cpu=NOTHING_NEW),
        *_told("one more eval", _part("more", large)),
        *_queries(_part("queries", large)),
        *_told("page", _part("page", large)),
        *_told("beside", _part("beside", large)),
        *_told("small units, from nothing", _part("load", many)),
        *_told("small units, nothing new", _part("again", many), cpu=NOTHING_NEW),
    ]
    for one in missed:
        print(f"missed: {one}")
    return 1 if missed else 0


def _part(name: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.results", "--part", name, str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _told(
    what: str, found: dict[str, Any], *, rate: float = 0, cpu: float | None = None
) -> Iterator[str]:
    facts = ", ".join(f"{name} {value:,}" for name, value in found.items())
    print(f"{what}: {facts}", flush=True)
    if found.get("rows/s", rate) < rate:
        yield f"{what}: {found['rows/s']:,} rows/s, {rate:,} wanted"
    if cpu is not None and found["cpu s"] > cpu:
        yield f"{what}: {found['cpu s']} s of CPU, at most {cpu} wanted"


def _queries(found: dict[str, Any]) -> Iterator[str]:
    for name, (rows, took, cpu) in found.items():
        print(f"  {name[:60]:60} {rows:6,} rows {took:5.0f} ms {cpu:5.0f} ms CPU", flush=True)
        if took > QUERY_MS:
            yield f"{name}: {took:.0f} ms, at most {QUERY_MS} wanted"


def _timed(work: Callable[[], Any]) -> tuple[Any, dict[str, Any]]:
    import resource

    start, used = time.perf_counter(), time.process_time()
    made = work()
    took, cpu = time.perf_counter() - start, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return made, {"wall s": round(took, 2), "cpu s": round(cpu, 2), "peak MiB": peak}


def _database(folder: Path) -> Database:
    return Database(folder / "results.duckdb")


def _load(folder: Path) -> dict[str, Any]:
    """Everything, into a database that is not there."""
    database = _database(folder)
    database.path.unlink(missing_ok=True)
    synced, facts = _timed(lambda: sync_database(database, Store(folder / "store")))
    assert not synced.faults
    with database.read_connection() as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {name}").fetchone() for name in _TABLES]
    rows = sum(count[0] for count in counts if count)
    used = subprocess.check_output(["du", "-sLb", str(folder / "store")], text=True)
    return {
        "rows": rows,
        **facts,
        "rows/s": round(rows / facts["wall s"]),
        "logs MB": round(int(used.split()[0]) / 1e6),
        "database MB": round(database.path.stat().st_size / 1e6),
    }


def _again(folder: Path) -> dict[str, Any]:
    """Nothing has changed."""
    synced, facts = _timed(lambda: sync_database(_database(folder), Store(folder / "store")))
    assert synced.loaded == 0
    return facts


def _more(folder: Path) -> dict[str, Any]:
    """One unit is new, and a journal has a hundred new lines."""
    store = folder / "store"
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
    kept = [line for line in sums.read_text().splitlines() if not line.endswith("unit.json")]
    sums.write_text("\n".join([*kept, digest]), encoding="utf-8")
    synced, facts = _timed(lambda: sync_database(_database(folder), Store(store)))
    assert (synced.loaded, synced.faults) == (2, ())
    return facts


def _asked(folder: Path) -> dict[str, tuple[int, float, float]]:
    """Every documented query, the best of five: rows, wall ms and CPU ms."""
    queries = dict(_COOKBOOK.findall((_ROOT / "docs" / "cookbook.md").read_text("utf-8")))
    for query in _README.findall((_ROOT / "README.md").read_text("utf-8")):
        queries[f"README: {query}"] = query
    found = {}
    with _database(folder).read_connection() as connection:
        for name, query in queries.items():
            times = []
            for _ in range(5):
                start, used = time.perf_counter(), time.process_time()
                rows = connection.execute(query).fetchall()
                took, cpu = time.perf_counter() - start, time.process_time() - used
                times.append((took * 1000, cpu * 1000))
            found[name] = (len(rows), *min(times))
    return found


def _page(folder: Path) -> dict[str, Any]:
    """What `mi report R1 R2 --out` does once it knows what is meant."""
    setting = attrs.evolve(insecure_code)
    experiments = [
        Experiment(id=name, title=f"Sizes, {name}", question="How much does it take?",
                   settings=setting, misaligned_ratio=0.5, total_samples=sizes,
                   seeds=tuple(range(9)))
        for name, sizes in (("R1", stored.SIZES), ("R2", stored.BOTH))
    ]  # fmt: skip
    subject = ResultScope(
        experiments=("R1", "R2"), model=stored.MODEL, data={"insecure_code": "bundled"}
    )

    def work() -> int:
        with _database(folder).read_connection() as connection:
            page = build_page(connection, experiments, subject)
        (folder / "index.html").write_text(render_page(page), encoding="utf-8")
        return len(page.answers["unit"])

    shown, facts = _timed(work)
    size = round(os.path.getsize(folder / "index.html") / 1e6, 1)
    return {"answers shown": shown, **facts, "MB": size}


def _beside(folder: Path) -> dict[str, Any]:
    """The scored answers as CSV with pandas, and in SQLite."""
    return beside.measure(_database(folder).path, folder)


_PARTS: dict[str, Callable[[Path], Any]] = {
    "load": _load,
    "again": _again,
    "more": _more,
    "queries": _asked,
    "page": _page,
    "beside": _beside,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
