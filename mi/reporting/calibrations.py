"""Calibrations, corrected rates and bridges between judges, as tables and as JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ..analysis.calibrations import (
    AgreementEstimate,
    Bridge,
    Confusion,
    CorrectedCondition,
    Correction,
    ErrorRate,
    JudgeAgreement,
    Method,
    NaiveRate,
)
from .console import say
from .tables import plain_table

if TYPE_CHECKING:
    from rich.console import Console


def print_confusion(result: Confusion, judge: str, console: Console) -> None:
    """Print what labels say of a judge.

    Args:
        result: What they say.
        judge: What the judge is called.
        console: Where it is printed.
    """
    (spared, false), (missed, hits) = result.counts
    total = spared + false + missed + hits
    drawn = "" if result.pool is None else f" of {result.pool}"
    say(console, f"{judge}: {total}{drawn} answers labelled, {result.groups} groups", "bold")
    table = plain_table("", "judged negative", "judged positive")
    table.add_row("labelled negative", str(spared), str(false))
    table.add_row("labelled positive", str(missed), str(hits))
    console.print(table)
    rows = [*([result.point] if result.point else []), *result.thresholds]
    if rows:
        table = plain_table("threshold", "sensitivity", "specificity", "Youden's J")
        for point in rows:
            name = "as declared" if point.threshold is None else f"{point.threshold:g}"
            rates = (point.sensitivity, point.specificity, point.youden)
            table.add_row(name, *map(_rate_text, rates))
        console.print(table)
    if result.thresholds:
        say(console, "other thresholds: of the first rating alone", "dim")
    if result.agreement is not None:
        say(console, _agreement_text(result.agreement))
    if result.pool is None:
        note = (
            "nobody says how these answers were drawn: the labels count as a random sample of "
            "each class"
        )
        say(console, note, "yellow")
    if result.reason:
        say(console, f"rates are not corrected by these labels: {result.reason}", "yellow")
    say(console, "intervals: 95 %, clustered by question; labels weighted back by stratum", "dim")


def print_corrected(rates: Sequence[CorrectedCondition], console: Console) -> None:
    """Print the judge's rates with the corrected ones beside."""
    if not rates:
        return
    say(console, "Rates corrected for the judge's errors", "bold")
    table = plain_table("condition", "eval", "judge", "judge's rate", "corrected", "by")
    for rate in rates:
        table.add_row(
            f"{rate.experiment} {rate.setting} {rate.condition}",
            rate.eval,
            rate.judge,
            _naive_text(rate.naive),
            _corrected_text(rate.corrected),
            _method_text(rate.corrected),
        )
    console.print(table)
    withheld = {rate.corrected.note for rate in rates if rate.corrected.method is Method.WITHHELD}
    for reason in sorted(withheld):
        say(console, f"withheld: {reason}", "yellow")
    if any(rate.corrected.method is Method.SHARED for rate in rates):
        say(console, "equal errors in all conditions assumed where it says so", "dim")


def print_bridge(result: Bridge, old: str, new: str, console: Console) -> None:
    """Print how one judge's verdicts map to another's.

    Args:
        result: How they do.
        old: What the old judge is called, as `new`.
        new: The new one.
        console: Where it is printed.
    """
    (neither, gained), (lost, both) = result.counts
    total = neither + gained + lost + both
    say(console, f"{old} → {new}: {total} answers judged by both, {result.groups} groups", "bold")
    table = plain_table("", f"{new} negative", f"{new} positive", "becomes positive")
    negative, positive = result.after_negative, result.after_positive
    table.add_row(f"{old} negative", str(neither), str(gained), _rate_text(negative))
    table.add_row(f"{old} positive", str(lost), str(both), _rate_text(positive))
    console.print(table)
    if result.agreement is not None:
        say(console, _agreement_text(result.agreement))
    if result.conditions:
        table = plain_table("condition", "eval", "model", old, new, f"{old} carried over")
        for condition in result.conditions:
            table.add_row(
                f"{condition.experiment} {condition.setting} {condition.condition}",
                condition.eval,
                condition.model,
                _naive_text(condition.old),
                "–" if condition.new is None else _naive_text(condition.new),
                _corrected_text(condition.carried),
            )
        console.print(table)
    if result.reason:
        say(console, f"no rate is carried over: {result.reason}", "yellow")
    note = (
        "carried over: the rate that the new judge would give, with what the mapping leaves open; "
        "equal errors in all conditions assumed"
    )
    say(console, note, "dim")


def corrected_json(rates: Sequence[CorrectedCondition]) -> list[dict[str, Any]]:
    """Corrected rates as JSON values."""
    return [_json_value(attrs.asdict(rate, value_serializer=_enum)) for rate in rates]


def confusion_json(result: Confusion) -> dict[str, Any]:
    """What labels say of a judge, as JSON values."""
    value: dict[str, Any] = _json_value(attrs.asdict(result))
    return value


def bridge_json(result: Bridge) -> dict[str, Any]:
    """A bridge as JSON values."""
    value: dict[str, Any] = _json_value(attrs.asdict(result, value_serializer=_enum))
    return value


def _enum(_: Any, __: Any, value: Any) -> Any:
    return value.value if isinstance(value, Method) else value


def _json_value(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, dict):
        return {name: _json_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _rate_text(rate: ErrorRate) -> str:
    return "–" if math.isnan(rate.value) else _interval_text(rate.value, rate.low, rate.high)


def _naive_text(rate: NaiveRate) -> str:
    return _interval_text(rate.mean, rate.low, rate.high)


def _corrected_text(rate: Correction) -> str:
    if rate.mean is None or rate.low is None or rate.high is None:
        return "withheld"
    return _interval_text(rate.mean, rate.low, rate.high)


def _method_text(rate: Correction) -> str:
    return "–" if rate.method is Method.WITHHELD else f"{rate.labels} labels, {rate.method.value}"


def _interval_text(value: float, low: float, high: float) -> str:
    if math.isnan(low):
        return f"{value:.3f} [no interval]"
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _agreement_text(agreement: JudgeAgreement) -> str:
    parts = [
        f"{name} {_coefficient_text(estimate)}"
        for name, estimate in (
            ("Cohen's kappa", agreement.kappa),
            ("Krippendorff's alpha", agreement.alpha),
        )
    ]
    return f"agreement on {agreement.observed:.1%} of answers; {', '.join(parts)}"


def _coefficient_text(estimate: AgreementEstimate) -> str:
    if math.isnan(estimate.value):
        return "not defined (all verdicts equal)"
    if math.isnan(estimate.low):
        return f"{estimate.value:.2f}"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"
