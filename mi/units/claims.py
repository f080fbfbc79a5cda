"""What an expectation claims, and of which conditions: its identity, whatever its wording.

A claim names conditions, and an experiment says what they are. A *term* is one such condition as a
claim refers to it: where it lies on the axes, and in which settings and evals the claim reads it.
So the same sentence about another design has other terms. Expectations are read back from the
records of runs, so all of this works on their stored form too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

import attrs

from ..spec import Claim, Expect, Experiment
from ..spec.grid import is_axis_name, same_label
from ..spec.quantities import (
    ConditionShare,
    EvalQuantity,
    Quantity,
    Relation,
    Trend,
    eval_quantities,
)
from .cells import ConditionAxes, RecordedDesign, base_condition, declared_conditions
from .identity import DIGITS, canonical, digest


@attrs.frozen(kw_only=True)
class Term:
    """A condition that a claim refers to, and where the claim reads it.

    Args:
        condition: Its name in the experiment.
        misaligned_ratio: Its share of misaligned rows; None for the untrained model.
        total_samples: Its number of training rows; None for the untrained model.
        inoculation: The name of its system prompt; None: no prompt.
        setting: The id of a setting; None: every setting of the experiment.
        eval: The id of an eval; None: every eval of the measure.
        distribution: `ID` or `OOD`; None: both.
        measure: What the eval measures; see `Eval.measure`.
        named_axes: Its named axes as JSON; None: it has none.
    """

    condition: str
    misaligned_ratio: float | None
    total_samples: int | None
    inoculation: str | None
    setting: str | None
    eval: str | None
    distribution: str | None
    measure: str | None
    named_axes: str | None = None

    @property
    def axes(self) -> ConditionAxes:
        """Where the condition lies."""
        return self.misaligned_ratio, self.total_samples, self.inoculation, self.named_axes


def expectation_id(expectation: Expect) -> str:
    """A digest of the claims of an expectation, 16 hex digits; its sentence is not part of it."""
    return digest(canonical(expectation))[:DIGITS]


def conditions_digest(terms: Iterable[Term]) -> str:
    """A digest of the conditions of terms, 16 hex digits: another design has other conditions."""
    axes = sorted({json.dumps(term.axes if term.named_axes else term.axes[:3]) for term in terms})
    return digest("\n".join(axes))[:DIGITS]


def claim_terms(claims: Iterable[Claim], design: Experiment | RecordedDesign) -> tuple[Term, ...]:
    """The terms of claims in a design; conditions that the design lacks have none."""
    names = declared_conditions(design)
    return tuple(
        dict.fromkeys(
            Term(
                condition=names[axes],
                misaligned_ratio=axes[0],
                total_samples=axes[1],
                inoculation=axes[2],
                setting=quantity.setting,
                eval=quantity.eval,
                distribution=quantity.distribution,
                measure=quantity.measure,
                named_axes=axes[3],
            )
            for quantity in claim_quantities(claims)
            for axes in quantity_conditions(quantity, names)
        )
    )


def quantity_conditions(
    quantity: EvalQuantity, names: Mapping[ConditionAxes, str]
) -> list[ConditionAxes]:
    """The conditions that a quantity is computed from.

    Args:
        quantity: Of one condition, or of all trained ones.
        names: The declared conditions with their names.
    """
    if isinstance(quantity, ConditionShare):
        return [axes for axes, name in names.items() if is_condition(quantity, name, axes[3])]
    if isinstance(quantity, Trend):
        return [axes for axes in names if axes[1] is not None]
    return []


def is_condition(quantity: ConditionShare, name: str, axes: str | None) -> bool:
    """Whether a quantity is about a condition: by its name, in full or without its named axes.

    Args:
        quantity: It may name values of axes.
        name: The condition's full name.
        axes: The condition's named axes as JSON.
    """
    if quantity.condition != name and quantity.condition != base_condition(name, axes):
        return False
    labels = json.loads(axes).items() if axes else ()
    return all(
        any(is_axis_name(axis, wanted) and same_label(label, value) for axis, label in labels)
        for wanted, value in quantity.axes
    )


def claim_quantities(claims: Iterable[Claim]) -> Iterator[EvalQuantity]:
    """The quantities that claims are about, with repetitions."""
    for claim in claims:
        yield from eval_quantities(claim.left)
        yield from eval_quantities(claim.right)


def absent_conditions(expectation: Expect, design: Experiment | RecordedDesign) -> list[str]:
    """The conditions that an expectation names and a design lacks."""
    names = declared_conditions(design)
    return [
        quantity.label
        for quantity in claim_quantities(expectation.claims)
        if isinstance(quantity, ConditionShare) and not quantity_conditions(quantity, names)
    ]


def ambiguous_conditions(
    expectation: Expect, design: Experiment | RecordedDesign
) -> list[tuple[str, list[str]]]:
    """What an expectation names that several conditions of a design match, with their names."""
    names = declared_conditions(design)
    matches = [
        (quantity.label, [names[axes] for axes in quantity_conditions(quantity, names)])
        for quantity in claim_quantities(expectation.claims)
        if isinstance(quantity, ConditionShare)
    ]
    return [(label, found) for label, found in matches if len(found) > 1]


@attrs.frozen(kw_only=True)
class StoredRecipe:
    """What the record of a run says of a recipe's condition."""

    name: str | None
    total_rows: int
    misaligned_share: float
    is_plain: bool
    digest: str


@attrs.frozen(kw_only=True)
class StoredSubject:
    """What the record of a run says of a subject's condition."""

    name: str


@attrs.frozen(kw_only=True)
class StoredDesign:
    """The axes of an experiment, as the record of a run holds them.

    Of one with named axes the record has the conditions themselves.
    """

    misaligned_ratio: tuple[float, ...]
    total_samples: tuple[int, ...]
    inoculation: tuple[str | None, ...]
    baseline: bool
    recipe: StoredRecipe | None = None
    conditions: tuple[tuple[ConditionAxes, str], ...] | None = None
    subjects: tuple[StoredSubject, ...] = ()

    @classmethod
    def read(cls, declared: Mapping[str, Any]) -> StoredDesign:
        """The design in the JSON form of an experiment."""
        return cls(
            misaligned_ratio=tuple(declared["misaligned_ratio"]),
            total_samples=tuple(declared["total_samples"]),
            inoculation=tuple(declared.get("inoculation") or (None,)),
            baseline=declared["baseline"],
            recipe=_stored_recipe(declared.get("recipe")),
            conditions=_stored_conditions(declared.get("conditions")),
            subjects=tuple(StoredSubject(name=one["name"]) for one in declared.get("subjects", ())),
        )


def _stored_conditions(
    declared: Iterable[list[Any]] | None,
) -> tuple[tuple[ConditionAxes, str], ...] | None:
    if declared is None:
        return None
    return tuple(
        ((ratio, total, inoculation, axes), name)
        for ratio, total, inoculation, axes, name in declared
    )


def _stored_recipe(declared: Mapping[str, Any] | None) -> StoredRecipe | None:
    if declared is None:
        return None
    text = json.dumps(declared["stages"], sort_keys=True, separators=(",", ":"))
    names = ("name", "total_rows", "misaligned_share", "is_plain")
    return StoredRecipe(digest=digest(text)[:8], **{name: declared[name] for name in names})


def read_claims(stored: Iterable[Mapping[str, Any]]) -> tuple[Claim, ...]:
    """Claims from their JSON form, as `json_form` gives it.

    Raises:
        KeyError: A claim is about a quantity that is not installed.
    """
    return tuple(_read_value(claim, _claim_classes()) for claim in stored)


def _claim_classes() -> dict[str, Any]:
    """The classes in claims by name, with the quantities of extensions."""
    classes: dict[str, Any] = {"Claim": Claim, "Relation": Relation}
    pending: list[type[Any]] = [Quantity]
    while pending:
        pending.extend(subclasses := pending.pop().__subclasses__())
        classes |= {subclass.__name__: subclass for subclass in subclasses}
    return classes


def _read_value(value: Any, classes: Mapping[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    kind = classes[value["!"]]
    if issubclass(kind, Enum):
        return kind[value["name"]]
    fields = {name: _read_value(item, classes) for name, item in value.items() if name != "!"}
    return kind(**fields)
