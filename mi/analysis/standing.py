"""The standing of expectations: whether their data came after they were registered.

A claim reads evals, some of which may have been done before the claim was registered: in a run of
another experiment that shares them, or by another machine. The database knows which
(`registered_unit` in its schema); here the evals that a verdict uses are looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

import attrs

from ..spec import Claim, Expect, Experiment
from ..spec.quantities import EvalQuantity, Trend, eval_quantities
from ..units.cells import ConditionAxes, axis_value, cells, declared_conditions
from ..units.claims import claim_terms, conditions_digest, expectation_id, quantity_conditions
from .evidence import Evidence
from .rulings import applicable_evidence

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MAX_NAMED = 4
HASH_DIGITS = 12
"""Digits of a hash or a commit that are shown to people."""


class Standing(StrEnum):
    """What may be said of a claim's time; the value is how reports say it."""

    BEFORE = "declared before the data"
    PARTLY = "declared partly before the data"
    POST_HOC = "post hoc"
    UNREGISTERED = "not registered yet"
    WITHDRAWN = "withdrawn"
    OTHER_DESIGN = "not part of this design"


@attrs.frozen(kw_only=True)
class ClaimRegistration:
    """When an expectation was registered for a design.

    Args:
        expectation: Digest of the claims.
        design: Digest of the conditions that they are about.
        says: The newest wording.
        declared: When it was registered, in UTC.
        commit: The git commit of the project then; None outside a repository.
        dirty: Whether the project had uncommitted changes then; None outside a repository.
        hash: sha256 of the registration; None: a run of an earlier version stands for it.
        early_units: Units that it reads and that had results then, with their conditions.
    """

    expectation: str
    design: str
    says: str
    declared: datetime
    commit: str | None
    dirty: bool | None
    hash: str | None
    early_units: Mapping[str, str]

    def __str__(self) -> str:
        parts = [f"registered {self.declared:%Y-%m-%d %H:%M} UTC"]
        if self.commit:
            changed = " with uncommitted changes" if self.dirty else ""
            parts.append(f"commit {self.commit[:HASH_DIGITS]}{changed}")
        parts.append(self.hash[:HASH_DIGITS] if self.hash else "by a run of an earlier version")
        return ", ".join(parts)


_REGISTERED = """
SELECT g.expectation, g.design, coalesce(w.says, g.says), g.declared, g.git_commit, g.git_dirty,
       g.hash, coalesce(map_from_entries(u.early_units), MAP {})
FROM registered g
LEFT JOIN wording w ON w.experiment = g.experiment AND w.expectation = g.expectation
LEFT JOIN (
    SELECT registration, list(DISTINCT (unit, condition)) AS early_units
    FROM registered_unit WHERE early AND experiment = $1 GROUP BY ALL
) u USING (registration)
WHERE g.experiment = $1
ORDER BY g.declared, g.expectation
"""


def load_registrations(connection: DuckDBPyConnection, experiment: str) -> list[ClaimRegistration]:
    """The registrations of an experiment, for every design, oldest first."""
    rows = connection.execute(_REGISTERED, [experiment]).fetchall()
    names = [field.name for field in attrs.fields(ClaimRegistration)]
    return [ClaimRegistration(**dict(zip(names, row, strict=True))) for row in rows]


def find_registration(
    registrations: Sequence[ClaimRegistration], expectation: Expect, experiment: Experiment
) -> ClaimRegistration | None:
    """The registration of an expectation for an experiment's design; None if it has none.

    Args:
        registrations: Those of the experiment, oldest first.
        expectation: It applies to the experiment's design.
        experiment: The experiment that declares it.
    """
    design = conditions_digest(claim_terms(expectation.claims, experiment))
    identity = expectation_id(expectation), design
    for registration in registrations:
        if (registration.expectation, registration.design) == identity:
            return registration
    return None


def judge_standing(
    expectation: Expect,
    experiment: Experiment,
    all_evidence: Sequence[Evidence],
    registration: ClaimRegistration | None,
) -> tuple[Standing, tuple[str, ...]]:
    """Compare the evals that a verdict reads with those that had results at the registration.

    Args:
        expectation: It applies to the experiment's design.
        experiment: The experiment that declares it.
        all_evidence: The evals with results.
        registration: Of the expectation for this design; None: it has none.

    Returns:
        The standing, and the conditions that had results before.
    """
    names = declared_conditions(experiment)
    units = [
        (condition, unit)
        for claim in expectation.claims
        for condition, unit in _units(claim, all_evidence, names)
    ]
    has_results = any(unit is not None for _, unit in units)
    if registration is None:
        return (Standing.POST_HOC if has_results else Standing.UNREGISTERED), ()
    if not has_results:
        early = tuple(dict.fromkeys(registration.early_units.values()))
        return (Standing.POST_HOC if early else Standing.BEFORE), early
    is_early = [unit in registration.early_units for _, unit in units]
    early = tuple(
        dict.fromkeys(
            condition for (condition, _), flag in zip(units, is_early, strict=True) if flag
        )
    )
    if not early:
        return Standing.BEFORE, ()
    return (Standing.POST_HOC if all(is_early) else Standing.PARTLY), early


def _units(
    claim: Claim, all_evidence: Sequence[Evidence], names: Mapping[ConditionAxes, str]
) -> list[tuple[str, str | None]]:
    """The conditions that a claim reads with their eval units; None: not run yet."""
    quantities = [*eval_quantities(claim.left), *eval_quantities(claim.right)]
    return [
        pair
        for evidence in applicable_evidence(claim, all_evidence)
        for quantity in quantities
        for pair in _evidence_units(quantity, evidence, names)
    ]


def _evidence_units(
    quantity: EvalQuantity, evidence: Evidence, names: Mapping[ConditionAxes, str]
) -> list[tuple[str, str | None]]:
    units = {
        condition.condition_axes: keys
        for condition, keys in zip(evidence.conditions, evidence.units, strict=True)
    }
    return [
        (names[axes], unit)
        for axes in quantity_conditions(quantity, names)
        for unit in units.get(axes) or (None,)
    ]


def describe_standing(
    standing: Standing, early: Sequence[str], registration: ClaimRegistration | None
) -> str:
    """The standing in words, with what was there before and with the registration.

    Args:
        standing: The standing.
        early: The conditions that had results before the registration.
        registration: The registration; None: there is none.
    """
    notes = []
    if standing is Standing.PARTLY:
        notes.append(f"{_enumerate(early)} had results before")
    if standing is Standing.POST_HOC and registration is None:
        notes.append("not registered for this design, and results exist already")
    if registration is not None:
        notes.append(str(registration))
    return f"{standing.value} ({'; '.join(notes)})" if notes else standing.value


def _enumerate(names: Sequence[str]) -> str:
    shown = list(names[:_MAX_NAMED])
    if len(names) > _MAX_NAMED:
        shown.append(f"{len(names) - _MAX_NAMED} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


def missing_run_reason(claim: Claim, experiment: Experiment, evidence: Evidence) -> str:
    """Which condition of a claim was not run yet in an eval, in words; empty if all were.

    `mixed_250 was not run yet (--full)`, where only the full design has the condition.

    Args:
        claim: It applies to the eval and to the experiment's design.
        experiment: The experiment that declares the claim.
        evidence: Of the eval.
    """
    names = declared_conditions(experiment)
    run = {condition.condition_axes for condition in evidence.conditions}
    for quantity in (*eval_quantities(claim.left), *eval_quantities(claim.right)):
        declared = quantity_conditions(quantity, names)
        absent = [axes for axes in declared if axes not in run]
        if absent and len(_doses(quantity, run.intersection(declared))) < 2:
            return _not_run(names[absent[0]], absent[0], experiment)
    return ""


def _doses(quantity: EvalQuantity, conditions: Iterable[ConditionAxes]) -> set[object]:
    """The values of a trend's axis; a trend needs two. Empty for a quantity of one condition."""
    if not isinstance(quantity, Trend):
        return set()
    positions = {"misaligned_ratio": 0, "total_samples": 1}
    if quantity.axis in positions:
        return {axes[positions[quantity.axis]] for axes in conditions}
    return {axis_value(axes[3], quantity.axis) for axes in conditions}


def _not_run(name: str, axes: ConditionAxes, experiment: Experiment) -> str:
    """The sentence about a declared condition without results."""
    pilot = {cell.condition_axes for cell in cells(experiment, full=False)}
    return f"{name} was not run yet" + ("" if axes in pilot else " (`--full`)")
