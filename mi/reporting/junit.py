"""JUnit XML of a run, in the form pytest writes: a suite of units, for CI servers to read."""

from __future__ import annotations

import socket
from pathlib import Path
from xml.etree import ElementTree

from ..errors import UsageError
from ..planning.plan import Plan, Planned
from ..runner.scheduler import Tally
from ..store.local import Store
from ..store.provenance import now


def write(path: str, made: Plan, tally: Tally, store: Store, seconds: float) -> None:
    """Write the report of a run.

    Raises:
        UsageError: The file cannot be written.
    """
    suites = ElementTree.Element("testsuites", name="mi")
    cases = [_case(one, tally, store) for one in made.units]
    numbers = {
        "tests": len(cases),
        "failures": len(tally.failed),
        "errors": 0,
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        name="mi",
        time=f"{seconds:.3f}",
        timestamp=now(),
        hostname=socket.gethostname(),
    )
    for name, number in numbers.items():
        suite.set(name, str(number))
    suite.extend(cases)
    ElementTree.indent(suites)
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        ElementTree.ElementTree(suites).write(path, encoding="utf-8", xml_declaration=True)
    except OSError as error:
        raise UsageError(f"--junitxml {path}: {error.strerror}") from None


def _case(one: Planned, tally: Tally, store: Store) -> ElementTree.Element:
    unit = one.unit
    taken = store.record(unit.key).seconds if unit.key in tally.done else 0.0
    case = ElementTree.Element(
        "testcase",
        classname=f"{one.cells[0].rpartition('::')[0]}.{unit.kind}",
        name=f"{unit.title} {unit.key}",
        time=f"{taken:.3f}",
    )
    if unit.key in tally.failed:
        message = _printable(tally.failed[unit.key])
        failure = ElementTree.SubElement(case, "failure", message=message.splitlines()[0])
        failure.text = message
    elif unit.key in tally.blocked:
        _skip(case, f"blocked: {tally.blocked[unit.key]} is not there")
    elif one.todo and unit.key not in {*tally.done, *tally.found}:
        _skip(case, "not tried: the run ended before")
    elif unit.key not in tally.done:
        ElementTree.SubElement(case, "system-out").text = "reused: done before"
    return case


def _skip(case: ElementTree.Element, message: str) -> None:
    ElementTree.SubElement(case, "skipped", message=message)


def _printable(text: str) -> str:
    """Without the control signs that XML has no way to hold."""
    return "".join(sign for sign in text if sign.isprintable() or sign in "\n\t") or "failed"
