"""Verdicts and findings for people, and for machines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from rich.console import Console

from ..analysis.analyse import Analysis
from ..analysis.findings import Finding
from ..analysis.verdicts import Outcome, Ruling, Verdict
from .progress import say

_MARKS = {
    Outcome.SUPPORTED: ("✓", "green"),
    Outcome.REFUTED: ("✗", "red"),
    Outcome.INCONCLUSIVE: ("?", "yellow"),
}


def print_verdicts(verdicts: Sequence[Verdict], console: Console) -> None:
    """Each expectation with what became of it, and the numbers below."""
    for one in verdicts:
        mark, style = ("–", "dim") if one.withdrawn else _MARKS[one.outcome]
        became = "" if one.withdrawn else f"{one.outcome.value}, "
        say(console, f"{mark} {one.says}: {became}{one.standing}{_registration_note(one)}", style)
        for ruling in one.rulings:
            say(console, f"    {ruling}", "dim")


def _registration_note(verdict: Verdict) -> str:
    if verdict.before_data and not verdict.withdrawn:
        return ""
    if verdict.declared is None:
        return " (no run was started with it; results are there already)"
    return f" (first run with it: {verdict.declared:%Y-%m-%d %H:%M} UTC)"


def outcome_counts(verdicts: Sequence[Verdict]) -> str:
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


def print_analysis(analysis: Analysis, model: str, console: Console) -> None:
    """All that the results say, experiment by experiment and then together."""
    for one in analysis.experiments:
        say(console, f"{one.experiment.id} on {model}: {one.experiment.title}", "bold")
        say(console, one.experiment.question)
        console.print()
        if one.verdicts:
            print_verdicts(one.verdicts, console)
            console.print()
        print_findings(one.findings, console)
        console.print()
    if len(analysis.experiments) > 1:
        say(
            console,
            f"{' and '.join(one.experiment.id for one in analysis.experiments)} together",
            "bold",
        )
        print_findings(analysis.joint_findings, console)


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """Question by question, an eval a line."""
    questions = dict.fromkeys(one.question for one in findings)
    for question in questions:
        say(console, question[0].upper() + question[1:], "bold")
        for one in findings:
            if one.question == question:
                say(console, f"  {one.where}: {one.answer}", None if one.conclusive else "dim")
    if findings:
        say(
            console,
            f"intervals: 95 %, {_basis_text(findings)}; p-values corrected for all of these",
            "dim",
        )


def _basis_text(findings: Sequence[Finding]) -> str:
    kinds = dict.fromkeys(one.basis for one in findings)
    meaning = {
        "within-run": "within-run (one seed: they speak of these models, not of the conditions)",
        "over seeds": "over seeds and questions",
    }
    return "; ".join(meaning[kind] for kind in kinds)


def analysis_json(analysis: Analysis, model: str) -> dict[str, Any]:
    """All that the results say, as JSON values."""
    return {
        "model": model,
        "experiments": {
            one.experiment.id: {
                "question": one.experiment.question,
                "expectations": [verdict_json(verdict) for verdict in one.verdicts],
                "findings": [_finding_json(finding) for finding in one.findings],
            }
            for one in analysis.experiments
        },
        "together": [_finding_json(finding) for finding in analysis.joint_findings],
    }


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON values."""
    return {
        "says": verdict.says,
        "outcome": None if verdict.withdrawn else verdict.outcome.value,
        "standing": verdict.standing,
        "declared": verdict.declared.isoformat() if verdict.declared else None,
        "claims": [_ruling_json(ruling) for ruling in verdict.rulings],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    stored = {"conclusive": "told"}  # the key in the JSON output, which scripts read
    return {stored.get(name, name): value for name, value in attrs.asdict(finding).items()}


def _ruling_json(ruling: Ruling) -> dict[str, Any]:
    numbers = {
        name: None
        if estimate is None
        else {key: getattr(estimate, key) for key in ("value", "low", "high", "df", "basis")}
        for name, estimate in (
            ("left", ruling.left),
            ("right", ruling.right),
            ("gap", ruling.estimate),
        )
    }
    return {
        "claim": ruling.claim,
        "where": ruling.where,
        "outcome": ruling.outcome.value,
        "reason": ruling.reason,
        **numbers,
    }
