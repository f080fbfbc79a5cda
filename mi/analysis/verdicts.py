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

from ..spec import Expect, Experiment
from ..units.cells import declared_conditions
from ..units.claims import expectation_id
from .evidence import Evidence, ResultScope, load_evidence
from .rulings import Outcome, Ruling, applicable_evidence, no_ruling, rule

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True)
class ExpectationVerdict:
    """The verdict on an expectation.

    Args:
        says: The expectation in words.
        rulings: Of each claim, in each setting and eval that it applies to.
        declared: When the first run with it started; None if no run has had it yet.
        before_data: Whether that was before the experiment had results; a later claim is *post
            hoc*.
        withdrawn: Whether an earlier run declared it and the experiment no longer does.
    """

    says: str
    outcome: Outcome
    rulings: tuple[Ruling, ...]
    declared: datetime | None
    before_data: bool
    withdrawn: bool = False

    @property
    def standing(self) -> str:
        """`declared before the data`, `post hoc`, or `withdrawn`."""
        if self.withdrawn:
            return "withdrawn"
        return "declared before the data" if self.before_data else "post hoc"

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
    names = {experiment.id: declared_conditions(experiment)}
    scope = attrs.evolve(scope, experiments=(experiment.id,), condition_names=names)
    all_evidence = load_evidence(connection, scope)
    rows = connection.execute(_REGISTERED, [experiment.id]).fetchall()
    registered = {row[0]: row[1:] for row in rows}
    count = connection.execute(_RESULT_COUNT, [experiment.id]).fetchone()
    has_data = count is not None and count[0] > 0
    judged = []
    comparisons = sum(
        max(len(applicable_evidence(claim, all_evidence)), 1)
        for expectation in experiment.expectations
        for claim in expectation.claims
    )
    for expectation in experiment.expectations:
        unregistered = (expectation.says, None, not has_data)
        _, declared, before_data = registered.pop(expectation_id(expectation), unregistered)
        judged.append(
            _judge(expectation, all_evidence, comparisons, declared, before_data=before_data)
        )
    withdrawn = [
        ExpectationVerdict(
            says=says,
            outcome=Outcome.INCONCLUSIVE,
            rulings=(),
            declared=declared,
            before_data=before_data,
            withdrawn=True,
        )
        for says, declared, before_data in registered.values()
    ]
    return judged + withdrawn


_REGISTERED = """
SELECT expectation, says, declared, before_data FROM expectations WHERE experiment = ?
ORDER BY declared, says
"""
_RESULT_COUNT = """
SELECT count(*) FROM current_eval WHERE experiment = ? AND unit IN (SELECT unit FROM unit)
"""


def _judge(
    expectation: Expect,
    all_evidence: Sequence[Evidence],
    comparisons: int,
    declared: datetime | None,
    *,
    before_data: bool,
) -> ExpectationVerdict:
    applicable = [(claim, applicable_evidence(claim, all_evidence)) for claim in expectation.claims]
    rulings = []
    for claim, evals in applicable:
        rulings += [rule(claim, evidence, comparisons) for evidence in evals]
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
        declared=declared,
        before_data=before_data,
    )
