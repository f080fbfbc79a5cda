"""What the gate lets through: generated lines, most of them odd, and what becomes of each.

python -m benchmarks.gate
python -m benchmarks.gate --count 100000
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections import Counter
from typing import Any

from benchmarks.journals import answer, judgment, likelihood
from mi.files import gate
from mi.units.lines import ANSWER, JUDGMENT, LIKELIHOOD

SHAPES = (ANSWER, JUDGMENT, LIKELIHOOD)
MAKERS = (answer, judgment, likelihood)
ODD: tuple[Any, ...] = (
    None, True, -1, 0, 1.5, 10**30, float("nan"), float("inf"), "", "x", "../x", "half \ud83d",
    [], {}, ["a"], {"a": 1}, [["90", -0.1]], [[None, 1]], "2026-01-01", "2026-99-99", "a\x00b",
)  # fmt: skip
ODD_BYTES = (b"\xff", b"\\ud83d", b"NaN", b"[" * 50, b'"', b"}", b"1e999", b"9" * 5000, b"\x00")


def through_the_gate(count: int) -> None:
    """Generated lines: whatever happens but a typed value or a reason ends the benchmark."""
    random_ = random.Random(0)
    outcomes: Counter[str] = Counter()
    start = time.process_time()
    for number in range(count):
        kind = number % len(SHAPES)
        record = MAKERS[kind](number)
        for _ in range(random_.choice((0, 1, 1, 2))):
            record[random_.choice((*record, "verdict", "extra"))] = random_.choice(ODD)
        raw = json.dumps(record).encode()
        if random_.random() < 0.3:
            at = random_.randrange(len(raw))
            raw = raw[:at] + random_.choice(ODD_BYTES) + raw[at + random_.randrange(3) :]
        try:
            value = SHAPES[kind].parse(raw)
        except gate.Refused as error:
            outcomes[str(error).partition(":")[0].partition("(")[0]] += 1
        else:
            assert SHAPES[kind].problem(value) is None
            json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
            outcomes["passed"] += 1
    seconds = time.process_time() - start
    print(f"{count:,} lines in {seconds:.0f} s of CPU, made and checked:")
    for outcome, number in outcomes.most_common(8):
        print(f"  {number:9,} {outcome}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    args = parser.parse_args()
    through_the_gate(args.count)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
