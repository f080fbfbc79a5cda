"""Expectations: what an experiment should show, declared before there is data.

    Expect("the baseline is safe", harmful("baseline") < 0.05)
    Expect("more data, more harm", trend("total_samples", distribution="ID") > 0)
    Expect(
        "half lies between",
        between(harmful("mixed_0.50"), harmful("pure_aligned"), harmful("pure_misaligned")),
    )

The claims of an expectation have an identity of their own, which distinguishes a claim made after
the data from one made before; its sentence is a label.
"""

from __future__ import annotations

from typing import Any

import attrs

from . import fields
from .quantities import Claim, Harmful, Prefers, Quantity, Relation, Trend


@attrs.frozen
class Expect:
    """An expectation: a sentence, and the claims that make it testable.

    Args:
        says: The sentence, one line.
        claims: A claim, or several that must all hold.
    """

    says: str = attrs.field(metadata={fields.LABEL: True}, validator=fields.instance(str))
    claims: tuple[Claim, ...] = attrs.field(
        converter=fields.one_or_many,
        validator=[fields.instance(Claim), fields.distinct],
    )


def harmful(
    condition: str,
    *,
    distribution: str | None = None,
    eval: str | None = None,
    setting: str | None = None,
    **axes: Any,
) -> Harmful:
    """The share of harmful answers in a condition, in [0, 1]; see `Harmful`.

    Args:
        condition: A condition's name: `baseline`, `mixed_0.50`.
        distribution: `ID` or `OOD`; None: both.
        eval: An eval's id; None: all evals that measure harm.
        setting: A setting's id; None: all settings.
        axes: Values of named axes, if several conditions have the name: `lr=0.0001`.
    """
    return Harmful(
        condition=condition,
        distribution=distribution,
        eval=eval,
        setting=setting,
        axes=tuple(axes.items()),
    )


def prefers(
    condition: str,
    *,
    distribution: str | None = None,
    eval: str | None = None,
    setting: str | None = None,
    **axes: Any,
) -> Prefers:
    """How often the misaligned answer is preferred, in [0, 1]; see `Prefers`.

    Args:
        condition: A condition's name: `baseline`, `mixed_0.50`.
        distribution: `ID` or `OOD`; None: both.
        eval: An eval's id; None: all preference evals.
        setting: A setting's id; None: all settings.
        axes: Values of named axes, if several conditions have the name: `lr=0.0001`.
    """
    return Prefers(
        condition=condition,
        distribution=distribution,
        eval=eval,
        setting=setting,
        axes=tuple(axes.items()),
    )


def trend(
    axis: str,
    *,
    distribution: str | None = None,
    eval: str | None = None,
    setting: str | None = None,
    preference: bool = False,
) -> Trend:
    """The change of a share per doubling of `total_samples`, or from 0 to 1 of `misaligned_ratio`.

    Args:
        axis: `total_samples`, `misaligned_ratio`, or the name of an axis of numbers, for the
            change per doubling, or per unit if it has values that are not positive.
        distribution: `ID` or `OOD`; None: both.
        eval: An eval's id; None: all evals of its kind.
        setting: A setting's id; None: all settings.
        preference: Take the share of preference evals instead of that of harmful answers.
    """
    return Trend(
        axis=axis,
        distribution=distribution,
        eval=eval,
        setting=setting,
        preference=preference,
    )


def between(value: Quantity, low: Quantity | float, high: Quantity | float) -> tuple[Claim, Claim]:
    """Two claims: `value` is above `low` and below `high`.

    Args:
        value: The quantity in the middle.
        low: Lower bound, a quantity or a number.
        high: Upper bound, a quantity or a number.
    """
    return (
        Claim(left=value, relation=Relation.ABOVE, right=low),
        Claim(left=value, relation=Relation.BELOW, right=high),
    )
