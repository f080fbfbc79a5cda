"""Verdicts: the data judge each declared expectation supported, refuted or inconclusive.

A claim is judged in each setting and eval that it applies to, by the 95 % interval of its left side
less its right side: supported if the whole interval is on the claimed side, refuted if the whole
interval is on the other side, inconclusive if it contains both. An expectation is supported if each
of its claims is, everywhere, and refuted if any is. A claim about many evals must not be refuted
by chance more often than a claim about one, so the interval that refutes is widened for their
number (Bonferroni; Dunn 1961).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

import attrs

from ..errors import did_you_mean
from ..spec import Claim, Expect, Experiment
from ..spec.expect import (
    ConditionShare,
    Difference,
    EvalQuantity,
    Quantity,
    Relation,
    Trend,
    eval_quantities,
)
from ..units.cells import declared_conditions
from ..units.claims import expectation_id
from .evidence import Evidence, ResultScope, load_evidence
from .stats import ALPHA, Estimate, Study, slope_weights

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray


class Outcome(Enum):
    """What the data say about an expectation."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@attrs.frozen(kw_only=True)
class Ruling:
    """The outcome of one claim in one setting and eval.

    Args:
        claim: The claim in words.
        where: Setting and eval.
        estimate: Left side less right side; None if it could not be computed.
        left: The left side itself, as `right`; None for a side that is a number.
        reason: Why the estimate could not be computed.
    """

    claim: str
    outcome: Outcome
    where: str = ""
    estimate: Estimate | None = None
    left: Estimate | None = None
    right: Estimate | None = None
    reason: str = ""

    def __str__(self) -> str:
        if self.estimate is None or self.left is None:
            return f"{self.claim}: {self.reason}"
        where = f" · {self.where}" if self.where else ""
        if self.right is None:
            return f"{self.claim}: {self.left}{where} ({self.left.basis})"
        gap = f"difference {self.estimate:+}, {self.estimate.basis}"
        return f"{self.claim}: {self.left.value:.2f} and {self.right.value:.2f}{where} ({gap})"


@attrs.frozen(kw_only=True)
class Verdict:
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
) -> list[Verdict]:
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
    for expectation in experiment.expectations:
        unregistered = (expectation.says, None, not has_data)
        _, declared, before = registered.pop(expectation_id(expectation), unregistered)
        judged.append(_judge(expectation, all_evidence, declared, before_data=before))
    withdrawn = [
        Verdict(
            says=says,
            outcome=Outcome.INCONCLUSIVE,
            rulings=(),
            declared=declared,
            before_data=before,
            withdrawn=True,
        )
        for says, declared, before in registered.values()
    ]
    return judged + withdrawn


_REGISTERED = """
SELECT expectation, says, declared, before_data FROM expectations WHERE experiment = ?
ORDER BY declared, says
"""
_RESULT_COUNT = """
SELECT count(*) FROM current_cell WHERE experiment = ? AND role LIKE 'eval:%'
AND unit IN (SELECT unit FROM unit)
"""


def _judge(
    expectation: Expect,
    all_evidence: Sequence[Evidence],
    declared: datetime | None,
    *,
    before_data: bool,
) -> Verdict:
    comparisons = [
        (claim, evidence)
        for claim in expectation.claims
        for evidence in _applicable_evidence(claim, all_evidence)
    ]
    rulings = [
        _ruling(claim, evidence, len(comparisons))
        if evidence is not None
        else _no_ruling(claim, has_results=bool(all_evidence))
        for claim, evidence in comparisons
    ]
    outcomes = {ruling.outcome for ruling in rulings}
    if Outcome.REFUTED in outcomes:
        outcome = Outcome.REFUTED
    elif outcomes == {Outcome.SUPPORTED}:
        outcome = Outcome.SUPPORTED
    else:
        outcome = Outcome.INCONCLUSIVE
    return Verdict(
        says=expectation.says,
        outcome=outcome,
        rulings=tuple(rulings),
        declared=declared,
        before_data=before_data,
    )


def _applicable_evidence(
    claim: Claim, all_evidence: Sequence[Evidence]
) -> Iterable[Evidence | None]:
    """The evals that a claim applies to; only None if there are none."""
    quantities = [*eval_quantities(claim.left), *eval_quantities(claim.right)]
    applicable = [
        evidence
        for evidence in all_evidence
        if all(_applies_to(quantity, evidence) for quantity in quantities)
    ]
    return applicable or [None]


def _applies_to(quantity: EvalQuantity, evidence: Evidence) -> bool:
    return (
        quantity.distribution in (None, evidence.distribution)
        and quantity.eval in (None, evidence.eval)
        and quantity.setting in (None, evidence.setting)
        and quantity.is_sampled == evidence.is_sampled
    )


def _no_ruling(claim: Claim, *, has_results: bool) -> Ruling:
    reason = "no eval that the claim applies to has results" if has_results else "no results yet"
    return Ruling(claim=str(claim), outcome=Outcome.INCONCLUSIVE, reason=reason)


def _ruling(claim: Claim, evidence: Evidence, comparisons: int) -> Ruling:
    """Judge a claim in one eval; `comparisons` is how many rulings can refute its expectation."""
    if reason := _missing_scores(claim, evidence):
        return Ruling(
            claim=str(claim),
            where=evidence.where,
            outcome=Outcome.INCONCLUSIVE,
            reason=f"{reason}, {evidence.where}",
        )
    left, gap = _compare(claim, evidence, evidence.study)
    outcome = _outcome(claim.relation, gap)
    if outcome is Outcome.REFUTED:
        wider = attrs.evolve(evidence.study, level=1 - ALPHA / comparisons)
        outcome = _outcome(claim.relation, _compare(claim, evidence, wider)[1])
    right = None
    if not isinstance(claim.right, float):
        right = _estimate(claim.right, evidence, evidence.study)
    return Ruling(
        claim=str(claim),
        where=evidence.where,
        outcome=outcome,
        estimate=gap,
        left=left,
        right=right,
    )


def _missing_scores(claim: Claim, evidence: Evidence) -> str:
    """The scores that a claim needs and an eval lacks, in words; empty if it has all."""
    names = [condition.name for condition in evidence.conditions]
    for quantity in (*eval_quantities(claim.left), *eval_quantities(claim.right)):
        if isinstance(quantity, Trend):
            doses = {_dose(quantity, evidence, index) for index in evidence.trained_indices()}
            if len(doses) < 2:
                return f"only one value of {quantity.axis} has scores"
        elif isinstance(quantity, ConditionShare) and quantity.condition not in names:
            hint = did_you_mean(quantity.condition, names)
            return f"{quantity.condition} has no scores ({hint})"
    return ""


def _compare(claim: Claim, evidence: Evidence, study: Study) -> tuple[Estimate, Estimate]:
    """The left side, and the left side less the right side."""
    left = _estimate(claim.left, evidence, study)
    if isinstance(claim.right, float):
        return left, left.subtract(claim.right)
    return left, study.contrast(_weights(claim.left, evidence) - _weights(claim.right, evidence))


def _estimate(quantity: Quantity, evidence: Evidence, study: Study) -> Estimate:
    """Estimate a quantity: the mean of one condition, or a contrast of several."""
    weights = _weights(quantity, evidence)
    indices = weights.nonzero()[0]
    if len(indices) == 1 and weights[indices[0]] == 1.0:
        return study.mean(int(indices[0]))
    return study.contrast(weights)


def _weights(quantity: Quantity, evidence: Evidence) -> NDArray[np.float64]:
    """The weights of a quantity as a sum of condition means; length conditions."""
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    if isinstance(quantity, Trend):
        trained = evidence.trained_indices()
        doses = [_dose(quantity, evidence, index) for index in trained]
        weights[trained] = slope_weights(doses)
    elif isinstance(quantity, ConditionShare):
        names = [condition.name for condition in evidence.conditions]
        weights[names.index(quantity.condition)] = 1.0
    else:
        assert isinstance(quantity, Difference)
        weights = _weights(quantity.left, evidence) - _weights(quantity.right, evidence)
    return weights


def _dose(trend: Trend, evidence: Evidence, index: int) -> float:
    """A condition's position on the axis of a trend; sizes are counted in doublings."""
    value = getattr(evidence.conditions[index], trend.axis)
    return math.log2(value) if trend.axis == "total_samples" else float(value)


def _outcome(relation: Relation, gap: Estimate) -> Outcome:
    below, above = gap.high < 0, gap.low > 0
    if relation is Relation.ABOVE:
        below, above = above, below
    return Outcome.SUPPORTED if below else Outcome.REFUTED if above else Outcome.INCONCLUSIVE
