"""A run's report as JUnit XML for CI servers: one suite, one test case per unit, as pytest does."""

from __future__ import annotations

import socket
from pathlib import Path
from xml.etree import ElementTree

from ..errors import UsageError
from ..files.clock import utc_timestamp
from ..planning.plan import Plan, PlannedUnit
from ..runner.types import RunResult
from ..store.base import Store


def write_junit(path: str, plan: Plan, result: RunResult, store: Store, seconds: float) -> None:
    """Write the report of a run.

    Args:
        path: Of the XML file; missing directories are created.
        plan: The units of the run.
        result: Their outcomes.
        store: Has the records of the units.
        seconds: Duration of the run.

    Raises:
        UsageError: The file cannot be written.
    """
    suites = ElementTree.Element("testsuites", name="mi")
    cases = [_case(planned, result, store) for planned in plan.units]
    numbers = {
        "tests": len(cases),
        "failures": len(result.failures),
        "errors": 0,
        "skipped": sum(case.find("skipped") is not None for case in cases),
    }
    suite = ElementTree.SubElement(
        suites,
        "testsuite",
        name="mi",
        time=f"{seconds:.3f}",
        timestamp=utc_timestamp(),
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


def _case(planned: PlannedUnit, result: RunResult, store: Store) -> ElementTree.Element:
    unit = planned.unit
    seconds = store.record(unit.key).seconds if unit.key in result.done_units else 0.0
    case = ElementTree.Element(
        "testcase",
        classname=f"{planned.cells[0].rpartition('::')[0]}.{unit.kind}",
        name=f"{unit.title} {unit.key}",
        time=f"{seconds:.3f}",
    )
    if unit.key in result.failures:
        message = _printable(result.failures[unit.key])
        failure = ElementTree.SubElement(case, "failure", message=message.splitlines()[0])
        failure.text = message
    elif unit.key in result.blocked_units:
        _skip(case, f"blocked: {result.blocked_units[unit.key]} is missing")
    elif planned.is_todo and unit.key not in {*result.done_units, *result.reused_units}:
        _skip(case, "not attempted: the run ended first")
    elif unit.key not in result.done_units:
        ElementTree.SubElement(case, "system-out").text = "reused: already done"
    return case


def _skip(case: ElementTree.Element, message: str) -> None:
    ElementTree.SubElement(case, "skipped", message=message)


def _printable(text: str) -> str:
    """The text without control characters, which XML cannot represent."""
    return "".join(char for char in text if char.isprintable() or char in "\n\t") or "failed"
