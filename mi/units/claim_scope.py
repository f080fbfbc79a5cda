"""Whether an expectation is about the experiment that declares it.

What a claim names must be in the design: its condition, its setting, its eval, and an eval that
measures what it speaks of. Otherwise nothing could ever support or refute it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import attrs

from ..errors import did_you_mean
from ..spec import Expect, Experiment
from ..spec.evals import Published
from ..spec.fields import declaration_error
from ..spec.quantities import TREND_UNITS, EvalQuantity, Trend
from .cells import BASELINE, cells, declared_conditions, grid_filter
from .claims import absent_conditions, ambiguous_conditions, claim_quantities


def check_expectations(experiment: Experiment) -> None:
    """Check that an experiment has all that its own expectations name: conditions, settings, evals.

    Inherited expectations may name others: they are left out where they do not apply.

    Raises:
        DeclarationError: Something is missing, or no eval measures what a claim is about; the hint
            names what there is.
    """
    if experiment.has_inherited_expectations:
        return
    for index, expectation in enumerate(experiment.expectations):
        for problem, hint in _mismatches(expectation, experiment):
            raise declaration_error(
                experiment, f"expectations[{index}]", f"{expectation.says!r} {problem}", hint
            )


def check_grid(experiment: Experiment) -> None:
    """Check that `only` and `exclude` can be read and leave a trained cell, and so does the pilot.

    Raises:
        DeclarationError: They cannot, or nothing is left to train.
    """
    if grid_filter(experiment) is None:
        return
    for full in (True, False):
        if all(cell.seed is None for cell in cells(experiment, full=full)):
            field = "exclude" if experiment.exclude else "only"
            rest = "no trained cell" + ("" if full else " of the pilot")
            raise declaration_error(
                experiment,
                field,
                f"{getattr(experiment, field)!r} leaves {rest}",
                "`exclude` drops the trained cells that it is true of, `only` all others",
            )


def check_subjects(experiment: Experiment) -> None:
    """Check that no subject has the name of another condition.

    Raises:
        DeclarationError: One has.
    """
    if not experiment.subjects:
        return
    others = attrs.evolve(experiment, subjects=()) if experiment.trains else None
    taken = {BASELINE, *(declared_conditions(others).values() if others else ())}
    for index, subject in enumerate(experiment.subjects):
        if subject.name in taken:
            raise declaration_error(
                experiment,
                f"subjects[{index}].name",
                f"{subject.name!r} is the name of another condition of this experiment",
                "give the subject another name",
            )


def _mismatches(expectation: Expect, experiment: Experiment) -> Iterator[tuple[str, str]]:
    """What an expectation names and an experiment lacks: the end of a sentence, and a hint."""
    names = tuple(declared_conditions(experiment).values())
    for condition in absent_conditions(expectation, experiment):
        yield (
            f"is about {condition!r}, which is not a condition of this experiment",
            did_you_mean(condition, names, overflow_hint=f"there are {', '.join(names)}"),
        )
    for label, found in ambiguous_conditions(expectation, experiment):
        yield (
            f"is about {label!r}, which matches several conditions",
            f"name one, or give values of axes: {', '.join(found)}",
        )
    for quantity in claim_quantities(expectation.claims):
        if isinstance(quantity, Trend) and (problem := _trend_problem(quantity, experiment)):
            yield problem
        yield from _scope_mismatches(quantity, experiment)


def _trend_problem(trend: Trend, experiment: Experiment) -> tuple[str, str] | None:
    """Why an experiment has no trend along a named axis, as `_mismatches` gives it."""
    if trend.axis in TREND_UNITS:
        return None
    axis = experiment.axis(trend.axis)
    if axis is None:
        names = [*TREND_UNITS, *(declared.name for declared in experiment.axes)]
        return _unknown("axis", trend.axis, names)
    if any(isinstance(label, bool) or not isinstance(label, (int, float)) for label in axis.labels):
        return (
            f"claims a trend over {trend.axis!r}, whose values are not numbers",
            "compare its conditions one by one",
        )
    return None


def _scope_mismatches(quantity: EvalQuantity, experiment: Experiment) -> Iterator[tuple[str, str]]:
    """Why a quantity can be read nowhere in an experiment, as `_mismatches` gives it."""
    evals = _declared_evals(experiment)
    if quantity.setting is not None and quantity.setting not in {read.setting for read in evals}:
        yield _unknown("setting", quantity.setting, [read.setting for read in evals])
    elif quantity.eval is not None and not any(read.has_id(quantity.eval) for read in evals):
        yield _unknown("eval", quantity.eval, [read.eval for read in evals])
    elif not any(read.matches(quantity) for read in evals):
        listed = ", ".join(f"{read.eval} ({read.distribution}, {read.measure})" for read in evals)
        yield f"claims something of {quantity}, which no eval measures", f"there are {listed}"


def _unknown(kind: str, name: str, declared: Iterable[str]) -> tuple[str, str]:
    names = tuple(dict.fromkeys(declared))
    return (
        f"is about the {kind} {name!r}, which this experiment does not have",
        did_you_mean(name, names, overflow_hint=f"there are {', '.join(names)}"),
    )


@attrs.frozen
class _DeclaredEval:
    """An eval of an experiment.

    Args:
        setting: The id of its setting.
        eval: Its id; of a published set, the ids of its evals are in its file.
        distribution: `ID` or `OOD`.
        measure: See `Eval.measure`.
        is_published: Whether it is a published set.
    """

    setting: str
    eval: str
    distribution: str
    measure: str | None
    is_published: bool

    def has_id(self, eval: str) -> bool:
        """Whether an id may be that of this eval, judged as declared or by another judge."""
        return self.is_published or eval == self.eval or eval.startswith(f"{self.eval}-by-")

    def matches(self, quantity: EvalQuantity) -> bool:
        return (
            quantity.setting in (None, self.setting)
            and (quantity.eval is None or self.has_id(quantity.eval))
            and quantity.distribution in (None, self.distribution)
            and quantity.measure == self.measure
        )


def _declared_evals(experiment: Experiment) -> list[_DeclaredEval]:
    return [
        _DeclaredEval(setting.id, eval.id, distribution, eval.measure, isinstance(eval, Published))
        for setting in experiment.settings
        for distribution, evals in (
            ("ID", setting.id_evals),
            ("OOD", (*setting.ood_evals, *experiment.evals)),
        )
        for eval in evals
    ]


def is_applicable(expectation: Expect, experiment: Experiment) -> bool:
    """Whether an expectation is about this experiment's design.

    An inherited one is not if it names a condition, a setting or an eval that the experiment lacks,
    or follows an axis that the experiment does not vary.
    """
    if not experiment.has_inherited_expectations:
        return not absent_conditions(expectation, experiment)
    return not any(_mismatches(expectation, experiment)) and not any(
        isinstance(quantity, Trend) and _count_values(quantity.axis, experiment) < 2
        for quantity in claim_quantities(expectation.claims)
    )


def _count_values(name: str, experiment: Experiment) -> int:
    """The number of values of an axis that a trend can follow."""
    if name in TREND_UNITS:
        return len(getattr(experiment, name))
    axis = experiment.axis(name)
    return 0 if axis is None else len(axis.labels)
