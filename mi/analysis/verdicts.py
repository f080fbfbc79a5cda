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
from ..spec.expect import Difference, Quantity, Relation, Scored, Share, Trend, scored
from ..units.cells import places
from ..units.claims import expectation_id
from .evidence import Evidence, Subject, evidence
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
    connection: DuckDBPyConnection, experiment: Experiment, subject: Subject
) -> list[Verdict]:
    """The verdict on each expectation of an experiment, in order; then on what was withdrawn.

    Conditions are those that the experiment declares: a name means what it means there.
    """
    declared = {experiment.id: places(experiment)}
    subject = attrs.evolve(subject, experiments=(experiment.id,), places=declared)
    found = evidence(connection, subject)
    rows = connection.execute(_REGISTERED, [experiment.id]).fetchall()
    known = {row[0]: row[1:] for row in rows}
    measured = connection.execute(_MEASURED, [experiment.id]).fetchone()
    has_data = measured is not None and measured[0] > 0
    made = []
    for one in experiment.expectations:
        says, declared, before = known.pop(expectation_id(one), (one.says, None, not has_data))
        made.append(_judged(one, found, declared, before_data=before))
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
_MEASURED = """
SELECT count(*) FROM current_cell WHERE experiment = ? AND role LIKE 'eval:%'
AND unit IN (SELECT unit FROM unit)
"""


def _judged(
    one: Expect, found: Sequence[Evidence], declared: datetime | None, *, before_data: bool
) -> Verdict:
    places = [(claim, place) for claim in one.claims for place in _places(claim, found)]
    rulings = [_ruling(claim, place, found, len(places)) for claim, place in places]
    outcomes = {ruling.outcome for ruling in rulings}
    if Outcome.REFUTED in outcomes:
        outcome = Outcome.REFUTED
    elif outcomes == {Outcome.SUPPORTED}:
        outcome = Outcome.SUPPORTED
    else:
        outcome = Outcome.INCONCLUSIVE
    return Verdict(
        says=one.says,
        outcome=outcome,
        rulings=tuple(rulings),
        declared=declared,
        before_data=before_data,
    )


def _places(claim: Claim, found: Sequence[Evidence]) -> Iterable[Evidence | None]:
    """Where a claim is judged; None where there is nothing to judge it by."""
    asked = [*scored(claim.left), *scored(claim.right)]
    return [one for one in found if all(_speaks_of(part, one) for part in asked)] or [None]


def _speaks_of(part: Scored, one: Evidence) -> bool:
    return (
        part.distribution in (None, one.distribution)
        and part.eval in (None, one.eval)
        and part.setting in (None, one.setting)
        and part.sampled == one.sampled
    )


def _ruling(claim: Claim, one: Evidence | None, found: Sequence[Evidence], many: int) -> Ruling:
    if one is None:
        reason = "no eval that it speaks of has results" if found else "no results yet"
        return Ruling(claim=str(claim), outcome=Outcome.INCONCLUSIVE, reason=reason)
    where = f"{one.setting}, {one.called}"
    if reason := _missing(claim, one):
        return Ruling(
            claim=str(claim), where=where, outcome=Outcome.INCONCLUSIVE, reason=f"{reason}, {where}"
        )
    left, gap = _compared(claim, one, one.study)
    outcome = _outcome(claim.relation, gap)
    if outcome is Outcome.REFUTED:
        wider = attrs.evolve(one.study, level=1 - ALPHA / many)
        outcome = _outcome(claim.relation, _compared(claim, one, wider)[1])
    return Ruling(
        claim=str(claim),
        where=where,
        outcome=outcome,
        estimate=gap,
        left=left,
        right=None if isinstance(claim.right, float) else _value(claim.right, one, one.study),
    )


def _missing(claim: Claim, one: Evidence) -> str:
    """What a claim needs and an eval has no scores of; nothing where all is there."""
    names = [condition.name for condition in one.conditions]
    for part in (*scored(claim.left), *scored(claim.right)):
        if isinstance(part, Trend):
            doses = {_dose(part, one, at) for at in one.trained()}
            if len(doses) < 2:
                return f"{part.axis} has one value with scores"
        elif isinstance(part, Share) and part.condition not in names:
            return f"{part.condition} has no scores ({did_you_mean(part.condition, names)})"
    return ""


def _compared(claim: Claim, one: Evidence, study: Study) -> tuple[Estimate, Estimate]:
    """The left side, and left less right."""
    left = _value(claim.left, one, study)
    if isinstance(claim.right, float):
        return left, left.less(claim.right)
    return left, study.contrast(_weights(claim.left, one) - _weights(claim.right, one))


def _value(quantity: Quantity, one: Evidence, study: Study) -> Estimate:
    """A quantity: the mean of a condition, or else a contrast of several."""
    weights = _weights(quantity, one)
    alone = list(weights.nonzero()[0])
    if len(alone) == 1 and weights[alone[0]] == 1.0:
        return study.mean(int(alone[0]))
    return study.contrast(weights)


def _weights(quantity: Quantity, one: Evidence) -> NDArray[np.float64]:
    """The quantity as a weighted sum of the conditions' means."""
    import numpy as np

    weights = np.zeros(len(one.conditions))
    if isinstance(quantity, Trend):
        trained = one.trained()
        doses = [_dose(quantity, one, at) for at in trained]
        weights[trained] = slope_weights(doses)
    elif isinstance(quantity, Share):
        weights[[condition.name for condition in one.conditions].index(quantity.condition)] = 1.0
    else:
        assert isinstance(quantity, Difference)
        weights = _weights(quantity.left, one) - _weights(quantity.right, one)
    return weights


def _dose(part: Trend, one: Evidence, at: int) -> float:
    value = getattr(one.conditions[at], part.axis)
    return math.log2(value) if part.axis == "total_samples" else float(value)


def _outcome(relation: Relation, gap: Estimate) -> Outcome:
    below, above = gap.high < 0, gap.low > 0
    if relation is Relation.ABOVE:
        below, above = above, below
    return Outcome.SUPPORTED if below else Outcome.REFUTED if above else Outcome.INCONCLUSIVE
