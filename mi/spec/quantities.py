"""Quantities that results can estimate, and the claims that compare them.

Quantities are values: comparing two of them makes a `Claim` and computes nothing. A claim is tested
in every setting and eval in its scope, and is supported only if it holds in all of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, NoReturn

import attrs
from attrs import validators as check

from ..errors import DeclarationError
from . import fields
from .axis import Label, label_text, value_label
from .evals import HARM, PREFERENCE

TREND_UNITS = {"total_samples": "a doubling", "misaligned_ratio": "from none to all"}
"""The axes that a trend can follow, and the step that its slope refers to."""

_distribution_validator = check.optional(fields.one_of("ID", "OOD"))
_name_validator = check.optional(fields.instance(str))


class Relation(Enum):
    """How the left side of a claim compares with the right one."""

    BELOW = "<"
    ABOVE = ">"


@attrs.frozen(kw_only=True, order=False)
class Quantity:
    """A value that results can estimate, with a confidence interval."""

    def __lt__(self, other: Quantity | float) -> Claim:
        return Claim(left=self, relation=Relation.BELOW, right=other)

    def __gt__(self, other: Quantity | float) -> Claim:
        return Claim(left=self, relation=Relation.ABOVE, right=other)

    # Strict and non-strict comparison agree: equality to the last bit has probability 0.
    __le__, __ge__ = __lt__, __gt__

    def __sub__(self, other: Quantity) -> Difference:
        return Difference(left=self, right=other)


@attrs.frozen(kw_only=True, order=False)
class EvalQuantity(Quantity):
    """A quantity that is read from evals; by default from all evals of its measure.

    Args:
        distribution: `ID` or `OOD`.
        eval: An eval's id.
        setting: A setting's id.
    """

    distribution: str | None = attrs.field(default=None, validator=_distribution_validator)
    eval: str | None = attrs.field(default=None, validator=_name_validator)
    setting: str | None = attrs.field(default=None, validator=_name_validator)

    @property
    def measure(self) -> str:
        """The measure of the evals it is read from; see `Eval.measure`."""
        raise TypeError(f"{type(self).__name__} has no measure")

    @property
    def scope(self) -> str:
        """` (ID, insecure_static)`; empty if the quantity is not restricted."""
        names = [name for name in (self.distribution, self.eval, self.setting) if name]
        return f" ({', '.join(names)})" if names else ""


def _to_labels(value: Any) -> Any:
    return tuple(sorted((name, value_label(item)) for name, item in value))


@attrs.frozen(kw_only=True, order=False)
class ConditionShare(EvalQuantity):
    """The headline metric of evals in one condition, in [0, 1].

    Args:
        condition: Its name; the part about named axes may be left out.
        axes: Values of named axes that the condition has.
    """

    condition: str = attrs.field(validator=fields.instance(str))
    axes: tuple[tuple[str, Label], ...] = fields.neutral_default((), converter=_to_labels)

    @property
    def label(self) -> str:
        """Its name, with the values of axes: `mixed_1000, lr=0.0001`."""
        return ", ".join(
            [self.condition, *(f"{name}={label_text(label)}" for name, label in self.axes)]
        )


@attrs.frozen(kw_only=True, order=False)
class Harmful(ConditionShare):
    """The share of harmful answers in a condition: the headline metric of evals of harm."""

    @property
    def measure(self) -> str:
        return HARM

    def __str__(self) -> str:
        return f"harmful {self.label}{self.scope}"


@attrs.frozen(kw_only=True, order=False)
class Prefers(ConditionShare):
    """The share of held-out pairs in which the models of a condition prefer the misaligned answer:
    the headline metric of preference evals."""

    @property
    def measure(self) -> str:
        return PREFERENCE

    def __str__(self) -> str:
        return f"prefers misaligned {self.label}{self.scope}"


@attrs.frozen(kw_only=True, order=False)
class Trend(EvalQuantity):
    """How the share of harmful answers changes along an axis, over all trained conditions.

    Args:
        axis: `total_samples`, for the change per doubling; `misaligned_ratio`, for the change from
            0 to 1; or a named axis of numbers, for the change
            per doubling, or per unit if it has values that are not positive.
        preference: Take the share of preference evals instead.
    """

    axis: str = attrs.field(validator=fields.instance(str))
    preference: bool = attrs.field(default=False, validator=fields.instance(bool))

    @property
    def measure(self) -> str:
        return PREFERENCE if self.preference else HARM

    def __str__(self) -> str:
        kind = "preference trend" if self.preference else "trend"
        return f"{kind} over {self.axis}{self.scope}"


@attrs.frozen(kw_only=True, order=False)
class Difference(Quantity):
    """One quantity minus another, compared question by question."""

    left: Quantity = attrs.field(validator=fields.instance(Quantity))
    right: Quantity = attrs.field(validator=fields.instance(Quantity))

    def __str__(self) -> str:
        return f"{self.left} − {self.right}"


def _to_float(value: Any) -> Any:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_integer else value


@attrs.frozen(kw_only=True, order=False)
class Claim:
    """A quantity is below, or above, another quantity or a number."""

    left: Quantity = attrs.field(validator=fields.instance(Quantity))
    relation: Relation = attrs.field(validator=fields.instance(Relation))
    right: Quantity | float = attrs.field(
        converter=_to_float, validator=fields.instance(Quantity, float)
    )

    def __bool__(self) -> NoReturn:
        raise DeclarationError(
            f"a claim ({self}) is not true or false before there is data",
            hint="write `between(x, low, high)` for `low < x < high`, and a tuple of claims for "
            "`and`",
        )

    def __str__(self) -> str:
        right = f"{self.right:g}" if isinstance(self.right, float) else str(self.right)
        return f"{self.left} {self.relation.value} {right}"


def eval_quantities(quantity: Quantity | float) -> Iterator[EvalQuantity]:
    """The quantities that must be read from evals to compute this one; none for a number."""
    if isinstance(quantity, EvalQuantity):
        yield quantity
    elif isinstance(quantity, Difference):
        yield from eval_quantities(quantity.left)
        yield from eval_quantities(quantity.right)
