"""The laws that hold whatever goes wrong: nothing is paid twice, and the books are right."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.support.fake_openai import Completion
from tests.support.hosted import MODEL, PRICES

if TYPE_CHECKING:
    from tests.support.fault_plans.carry_out import Outcome, Round

ESTIMATE = 0.122
"""What a run of the experiment is likely to cost by its plan, in US dollars."""
_WORST_TOKENS = 2 * 600
_WORST = (_WORST_TOKENS * PRICES[f"ft:{MODEL}"][1] + 2000 * 3.0) / 1e6
"""What a request costs at most, in US dollars."""
_DUST = 1e-9


def violations(outcome: Outcome) -> Iterator[str]:
    """What of the laws does not hold."""
    last = outcome.rounds[-1]
    if last.runs[0].code != 0:
        yield f"the last run ended with {last.runs[0].code}: {last.runs[0].text[-1500:]}"
    for number, each in enumerate(outcome.rounds):
        for law in (_no_defect, _no_line_twice, _all_delivered_is_stored, _books_agree):
            for text in law(outcome, each):
                yield f"round {number}: {text}"
    for whole in (
        _trained_once,
        _trainings_are_booked,
        _paid_once,
        _bill_is_booked,
        _lost_is_said,
        _limits,
    ):
        yield from whole(outcome)


def _no_defect(outcome: Outcome, each: Round) -> Iterator[str]:
    for run in each.runs:
        if run.code not in (-9, 0, 1, 2, 4, 5) or "Traceback" in run.text:
            yield f"exit {run.code}: {run.text[-3000:]}"
        elif run.code == -9 and not run.plan.is_killed:
            yield "a run was killed that was to end"
        is_limited = outcome.plan.run_limit or outcome.plan.store_limit
        failures = run.report["failures"] if run.report else {}
        if run.code > 0 and not is_limited and not failures:
            yield f"exit {run.code} without a reason: {run.text[-1500:]}"
        for key, message in failures.items():
            if "unexpectedly" in message:
                yield f"{key}: {message}"


def _no_line_twice(outcome: Outcome, each: Round) -> Iterator[str]:
    twice = [place for place, n in Counter(line.position for line in each.after).items() if n > 1]
    if twice:
        yield f"answered twice: {twice}"
    if {line.position for line in each.before} - {line.position for line in each.after}:
        yield "a stored line is gone"


def _all_delivered_is_stored(outcome: Outcome, each: Round) -> Iterator[str]:
    """Only a process that is killed may have an answer and not store it."""
    if each.kills or outcome.plan.batch:
        return
    stored = {line.says for line in each.after}
    for completion in outcome.completions[slice(*each.made)]:
        if completion.delivered and not stored.issuperset(completion.says):
            yield f"delivered and not stored: {completion}"


def _books_agree(outcome: Outcome, each: Round) -> Iterator[str]:
    if len(each.runs) == 1 and (report := each.runs[0].report):
        if report["spend"] is None:
            yield "one run alone found the database held"
        elif abs(report["spend"] - report["books"]) > _DUST:
            yield f"the database says ${report['spend']}, the records say ${report['books']}"
        if report["faults"]:
            yield f"faults: {report['faults']}"


def _trained_once(outcome: Outcome) -> Iterator[str]:
    if list(outcome.trainings) != [1, 1]:
        yield f"jobs of each training: {outcome.trainings}"


def _trainings_are_booked(outcome: Outcome) -> Iterator[str]:
    """What is booked beside the answers is what the server billed for trainings, twins and all."""
    last = outcome.rounds[-1]
    if report := last.runs[0].report:
        booked = report["books"] - sum(line.cost for line in last.after)
        billed = last.billed[1] - sum(each.usd for each in outcome.completions)
        if abs(booked - billed) > _DUST:
            yield f"${billed} was billed for trainings, and ${booked} is booked"


def _paid_once(outcome: Outcome) -> Iterator[str]:
    """What a prompt needs is what is stored at the end; with all of it stored, nothing is asked."""
    keys = {says: each.key for each in outcome.completions for says in each.says}
    needed = Counter(keys.get(line.says) for line in outcome.rounds[-1].after)
    for number, each in enumerate(outcome.rounds):
        stored = Counter(keys.get(line.says) for line in each.before)
        for completion in outcome.completions[slice(*each.made)]:
            if stored[completion.key] >= needed[completion.key] > 0:
                yield f"round {number}: all was stored and more was asked: {completion}"
        if len(each.runs) == 1 and not each.kills:
            yield from (
                f"round {number}: {text}" for text in _none_too_many(outcome, each, stored, needed)
            )


def _none_too_many(
    outcome: Outcome, each: Round, stored: Counter[object], needed: Counter[object]
) -> Iterator[str]:
    delivered: Counter[object] = Counter()
    for completion in outcome.completions[slice(*each.made)]:
        if completion.delivered:
            delivered[completion.key] += len(completion.says)
    for key, count in delivered.items():
        if stored[key] + count > needed[key]:
            yield f"{count} answers came, {stored[key]} were stored of {needed[key]}: {key}"


def _bill_is_booked(outcome: Outcome) -> Iterator[str]:
    """Each request whose answers are all stored is booked with what it was billed."""
    lines = defaultdict(list)
    for line in outcome.rounds[-1].after:
        lines[line.says].append(line)
    for completion in outcome.completions:
        booked = [line for says in completion.says for line in lines[says]]
        if len(booked) != len(completion.says):
            continue
        if any(line.is_estimated for line in booked) != completion.odd_usage:
            yield f"estimated or not: {completion}"
        paid = sum(line.cost for line in booked)
        if not completion.odd_usage and abs(paid - completion.usd) > _DUST:
            yield f"booked ${paid}: {completion}"


def _unbooked(completion: Completion, stored: set[str]) -> bool:
    return not stored.intersection(completion.says)


def _lost_is_said(outcome: Outcome) -> Iterator[str]:
    """What was billed and is not in the books is at most what runs, or the ledger, call lost."""
    stored = {line.says for line in outcome.rounds[-1].after}
    lost = sum(each.usd for each in outcome.completions if _unbooked(each, stored))
    if lost > outcome.ledger + _DUST:
        yield f"${lost:.6f} was billed and is not booked, and ${outcome.ledger:.6f} is said"


def _limits(outcome: Outcome) -> Iterator[str]:
    """A limit is passed by at most one request."""
    for number, each in enumerate(outcome.rounds[:-1]):
        billed = each.billed[1] - each.billed[0]
        most = (outcome.limit + _WORST) * len(each.runs)
        if outcome.plan.run_limit and billed > most:
            yield f"round {number}: ${billed:.4f} was billed in runs that may spend ${most:.4f}"
    if outcome.plan.store_limit and outcome.rounds[-2].billed[1] > outcome.limit + _WORST:
        yield f"${outcome.rounds[-2].billed[1]:.4f} was billed of ${outcome.limit:.4f}"
