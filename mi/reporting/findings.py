"""Verdicts and findings for people, and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from rich.console import Console

from ..analysis.analyse import Readings
from ..analysis.findings import Finding
from ..analysis.verdicts import Outcome, Ruling, Verdict
from .progress import say

_MARKS = {
    Outcome.SUPPORTED: ("✓", "green"),
    Outcome.REFUTED: ("✗", "red"),
    Outcome.INCONCLUSIVE: ("?", "yellow"),
}


def print_verdicts(verdicts: Sequence[Verdict], out: Console) -> None:
    """Each expectation with what became of it, and the numbers below."""
    for one in verdicts:
        mark, style = ("–", "dim") if one.withdrawn else _MARKS[one.outcome]
        became = "" if one.withdrawn else f"{one.outcome.value}, "
        say(out, f"{mark} {one.says}: {became}{one.standing}{_when(one)}", style)
        for ruling in one.rulings:
            say(out, f"    {ruling}", "dim")


def _when(one: Verdict) -> str:
    if one.before_data and not one.withdrawn:
        return ""
    if one.declared is None:
        return " (no run was started with it; results are there already)"
    return f" (first run with it: {one.declared:%Y-%m-%d %H:%M} UTC)"


def tally(verdicts: Sequence[Verdict]) -> str:
    """`2 supported, 1 refuted, 1 inconclusive`."""
    judged = [one for one in verdicts if not one.withdrawn]
    counts = [(sum(one.outcome is outcome for one in judged), outcome.value) for outcome in Outcome]
    parts = [f"{number} {word}" for number, word in counts if number]
    late = sum(not one.before_data for one in judged)
    withdrawn = len(verdicts) - len(judged)
    parts += [f"{late} of them post hoc"] * bool(late) + [f"{withdrawn} withdrawn"] * bool(
        withdrawn
    )
    return ", ".join(parts) or "no expectations are declared"


def print_readings(readings: Readings, model: str, out: Console) -> None:
    """All that the results say, experiment by experiment and then together."""
    for one in readings.each:
        say(out, f"{one.experiment.id} on {model}: {one.experiment.title}", "bold")
        say(out, one.experiment.question)
        out.print()
        if one.verdicts:
            print_verdicts(one.verdicts, out)
            out.print()
        print_findings(one.findings, out)
        out.print()
    if len(readings.each) > 1:
        say(out, f"{' and '.join(one.experiment.id for one in readings.each)} together", "bold")
        print_findings(readings.together, out)


def print_findings(findings: Sequence[Finding], out: Console) -> None:
    """Question by question, an eval a line."""
    questions = dict.fromkeys(one.question for one in findings)
    for question in questions:
        say(out, question[0].upper() + question[1:], "bold")
        for one in findings:
            if one.question == question:
                say(out, f"  {one.where}: {one.answer}", None if one.told else "dim")
    if findings:
        say(out, f"intervals: 95 %, {_basis(findings)}; p-values corrected for all of these", "dim")


def _basis(findings: Sequence[Finding]) -> str:
    kinds = dict.fromkeys(one.basis for one in findings)
    meaning = {
        "within-run": "within-run (one seed: they speak of these models, not of the conditions)",
        "over seeds": "over seeds and questions",
    }
    return "; ".join(meaning[kind] for kind in kinds)


def readings_json(readings: Readings, model: str) -> dict[str, Any]:
    """All that the results say, as JSON values."""
    return {
        "model": model,
        "experiments": {
            one.experiment.id: {
                "question": one.experiment.question,
                "expectations": [verdict_json(verdict) for verdict in one.verdicts],
                "findings": [attrs.asdict(found) for found in one.findings],
            }
            for one in readings.each
        },
        "together": [attrs.asdict(found) for found in readings.together],
    }


def verdict_json(one: Verdict) -> dict[str, Any]:
    """A verdict as JSON values."""
    return {
        "says": one.says,
        "outcome": None if one.withdrawn else one.outcome.value,
        "standing": one.standing,
        "declared": one.declared.isoformat() if one.declared else None,
        "claims": [_ruling_json(ruling) for ruling in one.rulings],
    }


def _ruling_json(one: Ruling) -> dict[str, Any]:
    numbers = {
        name: None
        if estimate is None
        else {key: getattr(estimate, key) for key in ("value", "low", "high", "df", "basis")}
        for name, estimate in (("left", one.left), ("right", one.right), ("gap", one.estimate))
    }
    return {
        "claim": one.claim,
        "where": one.where,
        "outcome": one.outcome.value,
        "reason": one.reason,
        **numbers,
    }
