"""Simulated studies: do intervals cover, do reports tell the truth, and do they tell enough?

python -m benchmarks.recovery [coverage] [report] [power] [claims] [broken]
python -m benchmarks.recovery --quick
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator

from . import broken, claims, coverage, power, report

SECTIONS = ("coverage", "report", "power", "claims", "broken")
_SIZES = {"coverage": 150, "report": 100, "power": 200, "claims": 1000, "broken": 400}
_QUICK_SIZES = {"coverage": 20, "report": 2, "power": 4, "claims": 20, "broken": 4}


def lines(section: str, size: int, processes: int, *, quick: bool = False) -> Iterator[str]:
    """The tables of a section.

    Args:
        section: One of `SECTIONS`.
        size: Simulated studies or reports of each kind.
        processes: How many work at once.
        quick: Fewer kinds of studies.
    """
    if section == "coverage":
        yield from coverage.table(coverage.run(size, processes, quick=quick))
    elif section == "report":
        yield from report.table(report.run(size, processes))
    else:
        modules = {"power": power, "claims": claims, "broken": broken}
        yield from modules[section].run(size, processes)


def main() -> None:
    """Print the tables of the sections that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--quick", action="store_true", help="a look that takes two minutes")
    parser.add_argument("--size", type=int, help="simulated studies or reports of each kind")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    if unknown := set(arguments.sections) - set(SECTIONS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; choose from {', '.join(SECTIONS)}")
    os.nice(10)
    sizes = _QUICK_SIZES if arguments.quick else _SIZES
    for section in arguments.sections or SECTIONS:
        start = time.monotonic()
        size = arguments.size or sizes[section]
        print(f"\n{section}: {size} of each kind\n", flush=True)
        for line in lines(section, size, arguments.processes, quick=arguments.quick):
            print(line, flush=True)
        print(f"\n{time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
