"""Judging expectations by the data: supported, refuted, or not to be told.

A claim is judged in each setting and eval that it speaks of, by the 95 % interval of the difference
between its two sides: supported where all of the interval is on the claimed side, refuted where all
of it is on the other, inconclusive where it holds both. An expectation is supported where each of
its claims is, everywhere; refuted where any is. So that speaking of many evals does not make a
refutation by chance likelier, the interval that refutes is wider, by their number (Bonferroni).
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
from .stats import Estimate, Study, slope_weights

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

ALPHA = 0.05


class Outcome(Enum):
    """What the data say of an expectation."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    INCONCLUSIVE = "inconclusive"


@attrs.frozen(kw_only=True)
class Ruling:
    """One claim in one setting and eval.

    Args:
        claim: The claim in words.
        where: Setting and eval.
        estimate: Left side less right side; None where it could not be computed.
        left: The left side itself, as `right`; None for a number.
        reason: Why it could not be computed.
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
        place = f" · {self.where}" if self.where else ""
        if self.right is None:
            return f"{self.claim}: {self.left}{place} ({self.left.basis})"
        gap = f"difference {self.estimate:+}, {self.estimate.basis}"
        return f"{self.claim}: {self.left.value:.2f} and {self.right.value:.2f}{place} ({gap})"


@attrs.frozen(kw_only=True)
class Verdict:
    """What became of an expectation.

    Args:
        rulings: Of each claim, wherever it was judged.
        declared: When a run was first started with it; None: with none yet.
        before_data: Whether that was before the experiment had results; a claim made afterwards
            is *post hoc*.
        withdrawn: Whether it was declared once and is no longer.
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
        """Why it could not be told, in one line."""
        return "; ".join(str(one) for one in self.rulings if one.outcome is self.outcome)


def verdicts(
    connection: DuckDBPyConnection, experiment: Experiment, scope: ResultScope
) -> list[Verdict]:
    """The verdict on each expectation of an experiment, in order; then on what was withdrawn.

    Conditions are those that the experiment declares: a name means what it means there.
    """
    declared = {experiment.id: declared_conditions(experiment)}
    scope = attrs.evolve(scope, experiments=(experiment.id,), condition_names=declared)
    found = load_evidence(connection, scope)
    rows = connection.execute(_REGISTERED, [experiment.id]).fetchall()
    known = {row[0]: row[1:] for row in rows}
    measured = connection.execute(_RESULT_COUNT, [experiment.id]).fetchone()
    has_data = measured is not None and measured[0] > 0
    made = []
    for one in experiment.expectations:
        says, declared, before = known.pop(expectation_id(one), (one.says, None, not has_data))
        made.append(_judge(one, found, declared, before_data=before))
    for says, declared, before in known.values():
        made.append(
            Verdict(
                says=says,
                outcome=Outcome.INCONCLUSIVE,
                rulings=(),
                declared=declared,
                before_data=before,
                withdrawn=True,
            )
        )
    return made


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
    places = [
        (claim, place)
        for claim in expectation.claims
        for place in _applicable_evidence(claim, all_evidence)
    ]
    rulings = [_ruling(claim, place, all_evidence, len(places)) for claim, place in places]
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
    """Where a claim is judged; None where there is nothing to judge it by."""
    asked = [*eval_quantities(claim.left), *eval_quantities(claim.right)]
    return [one for one in all_evidence if all(_applies_to(part, one) for part in asked)] or [None]


def _applies_to(part: EvalQuantity, evidence: Evidence) -> bool:
    return (
        part.distribution in (None, evidence.distribution)
        and part.eval in (None, evidence.eval)
        and part.setting in (None, evidence.setting)
        and part.is_sampled == evidence.sampled
    )


def _ruling(
    claim: Claim, evidence: Evidence | None, all_evidence: Sequence[Evidence], comparisons: int
) -> Ruling:
    if evidence is None:
        reason = "no eval that it speaks of has results" if all_evidence else "no results yet"
        return Ruling(claim=str(claim), outcome=Outcome.INCONCLUSIVE, reason=reason)
    where = f"{evidence.setting}, {evidence.label}"
    if reason := _missing_scores(claim, evidence):
        return Ruling(
            claim=str(claim), where=where, outcome=Outcome.INCONCLUSIVE, reason=f"{reason}, {where}"
        )
    left, gap = _compare(claim, evidence, evidence.study)
    outcome = _outcome(claim.relation, gap)
    if outcome is Outcome.REFUTED:
        wider = attrs.evolve(evidence.study, level=1 - ALPHA / comparisons)
        outcome = _outcome(claim.relation, _compare(claim, evidence, wider)[1])
    return Ruling(
        claim=str(claim),
        where=where,
        outcome=outcome,
        estimate=gap,
        left=left,
        right=None
        if isinstance(claim.right, float)
        else _estimate(claim.right, evidence, evidence.study),
    )


def _missing_scores(claim: Claim, evidence: Evidence) -> str:
    """What a claim needs and an eval has no scores of; nothing where all is there."""
    names = [condition.name for condition in evidence.conditions]
    for part in (*eval_quantities(claim.left), *eval_quantities(claim.right)):
        if isinstance(part, Trend):
            doses = {_dose(part, evidence, at) for at in evidence.trained_indices()}
            if len(doses) < 2:
                return f"{part.axis} has one value with scores"
        elif isinstance(part, ConditionShare) and part.condition not in names:
            return f"{part.condition} has no scores ({did_you_mean(part.condition, names)})"
    return ""


def _compare(claim: Claim, evidence: Evidence, study: Study) -> tuple[Estimate, Estimate]:
    """The left side, and left less right."""
    left = _estimate(claim.left, evidence, study)
    if isinstance(claim.right, float):
        return left, left.subtract(claim.right)
    return left, study.contrast(_weights(claim.left, evidence) - _weights(claim.right, evidence))


def _estimate(quantity: Quantity, evidence: Evidence, study: Study) -> Estimate:
    """A quantity: the mean of a condition, or else a contrast of several."""
    weights = _weights(quantity, evidence)
    alone = list(weights.nonzero()[0])
    if len(alone) == 1 and weights[alone[0]] == 1.0:
        return study.mean(int(alone[0]))
    return study.contrast(weights)


def _weights(quantity: Quantity, evidence: Evidence) -> NDArray[np.float64]:
    """The quantity as a weighted sum of the conditions' means."""
    import numpy as np

    weights = np.zeros(len(evidence.conditions))
    if isinstance(quantity, Trend):
        trained = evidence.trained_indices()
        doses = [_dose(quantity, evidence, at) for at in trained]
        weights[trained] = slope_weights(doses)
    elif isinstance(quantity, ConditionShare):
        weights[[condition.name for condition in evidence.conditions].index(quantity.condition)] = (
            1.0
        )
    else:
        assert isinstance(quantity, Difference)
        weights = _weights(quantity.left, evidence) - _weights(quantity.right, evidence)
    return weights


def _dose(part: Trend, evidence: Evidence, index: int) -> float:
    value = getattr(evidence.conditions[index], part.axis)
    return math.log2(value) if part.axis == "total_samples" else float(value)


def _outcome(relation: Relation, gap: Estimate) -> Outcome:
    below, above = gap.high < 0, gap.low > 0
    if relation is Relation.ABOVE:
        below, above = above, below
    return Outcome.SUPPORTED if below else Outcome.REFUTED if above else Outcome.INCONCLUSIVE
