"""Fault plans: runs among faults and kills, and whether the laws of money and data held.

Each plan is drawn from its number. A small experiment (two trainings, their answers and verdicts)
runs on a loopback server where a fifth of all requests go wrong, before or after the work: 429, 500
and 503, cut connections, nonsense in place of JSON, late answers, creates whose answer is lost,
usages that cannot be. One, two or four runs at once share a store, with and without limits; some
are killed at random moments. Then one run ends the work, and the books are compared with what the
server did: no training twice, no stored answer paid twice, the database equal to the records, each
request booked at what it was billed, what is not booked called lost, limits passed by one request.

One thing is taken as it is: a chat completion that is answered by 429 or 503 was not worked on.

    python -m benchmarks.faults                    # 200 plans
    python -m benchmarks.faults --plans 20 --first 100
    python -m benchmarks.faults --only 13 57       # again, with what the runs printed
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.fault_plans import Outcome, carry_out, draw_plan


def one(number: int, root: Path) -> Outcome:
    """Carry out a plan in a folder of its own, which stays if a law did not hold."""
    folder = root / f"plan{number}"
    folder.mkdir()
    start = time.monotonic()
    outcome = carry_out(draw_plan(number), folder)
    codes = [run.code for each in outcome.rounds for run in each.runs]
    seconds = time.monotonic() - start
    print(
        f"{outcome.plan}: {codes} ${outcome.rounds[-1].billed[1]:.4f} {seconds:.0f} s", flush=True
    )
    for text in outcome.violations:
        print(f"    VIOLATION in {folder}: {text}", flush=True)
    if not outcome.violations:
        shutil.rmtree(folder)
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plans", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--only", type=int, nargs="*")
    parser.add_argument("--at-once", type=int, default=2)
    args = parser.parse_args()
    numbers = args.only or range(args.first, args.first + args.plans)
    root = Path(tempfile.mkdtemp(prefix="mi-faults-"))
    counts: Counter[str] = Counter()
    broken = []
    with ThreadPoolExecutor(args.at_once) as pool:
        for number, outcome in zip(numbers, pool.map(lambda n: one(n, root), numbers), strict=True):
            counts.update(outcome.count())
            broken += [number] if outcome.violations else []
    print(", ".join(f"{count} {name}" for name, count in counts.items()))
    if broken:
        print(f"laws that did not hold in the plans {broken}, kept in {root}")
    else:
        root.rmdir()
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
