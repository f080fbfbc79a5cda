"""Verdicts and findings, printed for people and as JSON for scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from rich.console import Console

from ..analysis.analyse import Analysis
from ..analysis.findings import POLICY, Finding
from ..analysis.rulings import Outcome, Ruling
from ..analysis.standing import Standing
from ..analysis.verdicts import ExpectationVerdict
from .console import say

_MARKS = {
    Outcome.SUPPORTED: ("✓", "green"),
    Outcome.REFUTED: ("✗", "red"),
    Outcome.INCONCLUSIVE: ("?", "yellow"),
    Outcome.OPEN: ("·", "yellow"),
}
_BASIS_TEXTS = {
    "within-run": "within-run (one seed: they speak of these models, not of the conditions)",
    "over seeds": "over seeds and groups of questions",
}
_COUNTED = {
    Standing.POST_HOC: "of them post hoc",
    Standing.PARTLY: "of them partly before the data",
    Standing.WITHDRAWN: "withdrawn",
    Standing.OTHER_DESIGN: "not part of this design",
}
"""The standings that a summary counts, and what it says of them."""
_JSON_KEYS = {"conclusive": "told"}
"""Keys of the JSON output that differ from the fields: scripts depend on them."""


def print_verdicts(verdicts: Sequence[ExpectationVerdict], console: Console) -> None:
    """Print each expectation with its verdict, and the numbers below."""
    for verdict in verdicts:
        mark, style = _MARKS[verdict.outcome] if verdict.is_judged else ("–", "dim")
        outcome = f"{verdict.outcome.value}, " if verdict.is_judged else ""
        say(console, f"{mark} {verdict.says}: {outcome}{verdict.standing_text}", style)
        for ruling in verdict.rulings:
            say(console, f"    {ruling}", "dim")


def outcome_counts(verdicts: Sequence[ExpectationVerdict]) -> str:
    """`2 supported, 1 refuted, 1 inconclusive`."""
    judged = [verdict for verdict in verdicts if verdict.is_judged]
    parts = []
    for outcome in Outcome:
        if number := sum(verdict.outcome is outcome for verdict in judged):
            parts.append(f"{number} {outcome.value}")
    for standing, note in _COUNTED.items():
        if number := sum(verdict.standing is standing for verdict in verdicts):
            parts.append(f"{number} {note}")
    return ", ".join(parts) or "no expectations are declared"


def print_analysis(analysis: Analysis, model: str, console: Console) -> None:
    """Print verdicts and findings, experiment by experiment, and then the joint findings.

    Args:
        analysis: Of one or more experiments.
        model: Id of the model.
        console: Where to print.
    """
    for part in analysis.experiments:
        say(console, f"{part.experiment.id} on {model}: {part.experiment.title}", "bold")
        say(console, part.experiment.question)
        console.print()
        if part.verdicts:
            print_verdicts(part.verdicts, console)
            console.print()
        print_findings(part.findings, console)
        console.print()
    if len(analysis.experiments) > 1:
        ids = " and ".join(part.experiment.id for part in analysis.experiments)
        say(console, f"{ids} together", "bold")
        print_findings(analysis.joint_findings, console)


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print the findings question by question, one line per eval."""
    questions = dict.fromkeys(finding.question for finding in findings)
    for question in questions:
        say(console, question[0].upper() + question[1:], "bold")
        for finding in findings:
            if finding.question == question:
                style = None if finding.conclusive else "dim"
                say(console, f"  {finding.where}: {finding.answer}", style)
    if findings:
        say(console, f"intervals {_basis_text(findings)}; {POLICY}", "dim")


def _basis_text(findings: Sequence[Finding]) -> str:
    kinds = dict.fromkeys(finding.basis for finding in findings)
    return "; ".join(_BASIS_TEXTS[kind] for kind in kinds)


def analysis_json(analysis: Analysis, model: str) -> dict[str, Any]:
    """Verdicts and findings as JSON values; `model` is the model's id."""
    return {
        "model": model,
        "experiments": {
            part.experiment.id: {
                "question": part.experiment.question,
                "expectations": [verdict_json(verdict) for verdict in part.verdicts],
                "findings": [_finding_json(finding) for finding in part.findings],
            }
            for part in analysis.experiments
        },
        "together": [_finding_json(finding) for finding in analysis.joint_findings],
    }


def verdict_json(verdict: ExpectationVerdict) -> dict[str, Any]:
    """A verdict as JSON values."""
    registration = verdict.registration
    return {
        "says": verdict.says,
        "outcome": verdict.outcome.value if verdict.is_judged else None,
        "standing": verdict.standing.value,
        "declared": registration.declared.isoformat() if registration else None,
        "early": list(verdict.early),
        "commit": registration.commit if registration else None,
        "dirty": registration.dirty if registration else None,
        "hash": registration.hash if registration else None,
        "claims": [_ruling_json(ruling) for ruling in verdict.rulings],
    }


def _finding_json(finding: Finding) -> dict[str, Any]:
    values = attrs.asdict(finding, filter=lambda field, _: field.name != "curve")
    return {_JSON_KEYS.get(name, name): value for name, value in values.items()}


def _ruling_json(ruling: Ruling) -> dict[str, Any]:
    estimates = {"left": ruling.left, "right": ruling.right, "gap": ruling.estimate}
    numbers = {
        name: None
        if estimate is None
        else {key: getattr(estimate, key) for key in ("value", "low", "high", "level", "basis")}
        for name, estimate in estimates.items()
    }
    return {
        "claim": ruling.claim,
        "where": ruling.where,
        "outcome": ruling.outcome.value,
        "reason": ruling.reason,
        **numbers,
    }
