"""Verdicts: the data judge each declared expectation supported, refuted or inconclusive.

A claim is judged in each setting and eval that it applies to (`rulings`). An expectation is
supported if each of its claims is, everywhere, and refuted if any is. All rulings on an
experiment's claims are corrected among themselves, so that a study in which every claim is at its
boundary is told something about any of them 5 times of 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import attrs

from ..spec import Claim, Expect, Experiment
from ..units.cells import declared_conditions
from ..units.claim_scope import is_applicable
from ..units.claims import expectation_id
from .evidence import Evidence, ResultScope, load_evidence
from .rulings import Outcome, Ruling, applicable_evidence, no_ruling, open_ruling, rule
from .standing import (
    ClaimRegistration,
    Standing,
    describe_standing,
    find_registration,
    judge_standing,
    load_registrations,
    missing_run_reason,
)

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class ExpectationVerdict:
    """The verdict on an expectation.

    Args:
        says: The expectation in words.
        rulings: Of each claim, in each setting and eval that it applies to.
        standing: Whether it was registered before its data; or why it is not judged.
        registration: Its registration for this design; None: it has none.
        early: The conditions that had results before the registration.
    """

    says: str
    outcome: Outcome
    rulings: tuple[Ruling, ...]
    standing: Standing
    registration: ClaimRegistration | None = None
    early: tuple[str, ...] = ()

    @property
    def declared(self) -> datetime | None:
        """When it was registered for this design; None if it was not."""
        return self.registration.declared if self.registration else None

    @property
    def is_judged(self) -> bool:
        """Whether the outcome means anything: the experiment declares it, for its own design."""
        return self.standing not in (Standing.WITHDRAWN, Standing.OTHER_DESIGN)

    @property
    def is_post_hoc(self) -> bool:
        """Whether some of the data that it is judged by were there before it was registered."""
        return self.standing in (Standing.POST_HOC, Standing.PARTLY)

    @property
    def standing_text(self) -> str:
        """The standing, what was there before, and when and as what it was registered."""
        return describe_standing(self.standing, self.early, self.registration)

    @property
    def reason(self) -> str:
        """The rulings that decided the outcome, in one line."""
        return "; ".join(str(ruling) for ruling in self.rulings if ruling.outcome is self.outcome)


def verdicts(
    connection: DuckDBPyConnection, experiment: Experiment, scope: ResultScope
) -> list[ExpectationVerdict]:
    """Judge each expectation of an experiment, in order, then list the withdrawn ones.

    Args:
        connection: To the results database.
        experiment: Its claims name conditions as this experiment declares them.
        scope: The model and data sources whose results to use.
    """
    all_evidence = load_evidence(connection, declared_scope(experiment, scope))
    registrations = load_registrations(connection, experiment.id)
    judged = []
    comparisons = count_comparisons(experiment, all_evidence)
    for expectation in experiment.expectations:
        if is_applicable(expectation, experiment):
            registration = find_registration(registrations, expectation, experiment)
            standing, early = judge_standing(expectation, experiment, all_evidence, registration)
            verdict = _judge(expectation, experiment, all_evidence, comparisons, standing)
            judged.append(attrs.evolve(verdict, registration=registration, early=early))
        else:
            judged.append(_unjudged(expectation.says, Standing.OTHER_DESIGN))
    declared = {expectation_id(expectation) for expectation in experiment.expectations}
    withdrawn = {
        registration.expectation: registration
        for registration in reversed(registrations)
        if registration.expectation not in declared
    }
    return judged + [
        _unjudged(registration.says, Standing.WITHDRAWN, registration)
        for registration in reversed(withdrawn.values())
    ]


def declared_scope(experiment: Experiment, scope: ResultScope) -> ResultScope:
    """The scope of one experiment alone, in the conditions that it declares."""
    names = {experiment.id: declared_conditions(experiment)}
    return attrs.evolve(scope, experiments=(experiment.id,), condition_names=names)


def judged_expectations(experiment: Experiment) -> list[Expect]:
    """The expectations that are about the experiment's design."""
    return [
        expectation
        for expectation in experiment.expectations
        if is_applicable(expectation, experiment)
    ]


def count_comparisons(experiment: Experiment, all_evidence: Sequence[Evidence]) -> int:
    """The number of rulings on an experiment's claims, which are corrected among themselves."""
    return sum(
        max(len(applicable_evidence(claim, all_evidence)), 1)
        for expectation in judged_expectations(experiment)
        for claim in expectation.claims
    )


def _unjudged(
    says: str, standing: Standing, registration: ClaimRegistration | None = None
) -> ExpectationVerdict:
    return ExpectationVerdict(
        says=says,
        outcome=Outcome.INCONCLUSIVE,
        rulings=(),
        standing=standing,
        registration=registration,
    )


def open_reason(claim: Claim, experiment: Experiment, evidence: Evidence) -> str:
    """Why a claim is not judged by an eval; empty if it is.

    Args:
        claim: It applies to the eval.
        experiment: The experiment that declares it.
        evidence: Of the eval.
    """
    if evidence.judge_problem:
        return f"the judge's probe is {evidence.judge_problem}"
    return missing_run_reason(claim, experiment, evidence)


def _judge(
    expectation: Expect,
    experiment: Experiment,
    all_evidence: Sequence[Evidence],
    comparisons: int,
    standing: Standing,
) -> ExpectationVerdict:
    applicable = [(claim, applicable_evidence(claim, all_evidence)) for claim in expectation.claims]
    rulings = []
    for claim, evals in applicable:
        for evidence in evals:
            if reason := open_reason(claim, experiment, evidence):
                rulings.append(open_ruling(claim, evidence, reason))
            else:
                rulings.append(rule(claim, evidence, comparisons))
        if not evals:
            rulings.append(no_ruling(claim, all_evidence))
    outcomes = {ruling.outcome for ruling in rulings}
    if Outcome.REFUTED in outcomes:
        outcome = Outcome.REFUTED
    elif outcomes == {Outcome.SUPPORTED}:
        outcome = Outcome.SUPPORTED
    elif Outcome.OPEN in outcomes:
        outcome = Outcome.OPEN
    else:
        outcome = Outcome.INCONCLUSIVE
    return ExpectationVerdict(
        says=expectation.says,
        outcome=outcome,
        rulings=tuple(rulings),
        standing=standing,
    )
