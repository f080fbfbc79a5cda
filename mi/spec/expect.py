"""Expectations: what an experiment should show, said before there is data.

    Expect("the baseline is safe", harmful("baseline") < 0.05)
    Expect("more data, more harm", trend("total_samples", distribution="ID") > 0)
    Expect(
        "half lies between",
        between(harmful("mixed_0.50"), harmful("pure_aligned"), harmful("pure_misaligned")),
    )

Quantities are values: comparing them makes a claim and computes nothing. A claim is judged in every
setting and eval that it speaks of, and holds where it holds in all of them. What is claimed has an
identity of its own, so that a claim made after the data can be told from one made before; the words
beside it are a label.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, NoReturn

import attrs
from attrs import validators as check

from ..errors import DeclarationError
from . import fields

TREND_UNITS = {"total_samples": "a doubling", "misaligned_ratio": "from none to all"}
"""The axes a trend can be over, and what it is per."""

_distribution_validator = check.optional(fields.one_of("ID", "OOD"))
_name_validator = check.optional(fields.instance(str))


class Relation(Enum):
    """How two quantities compare."""

    BELOW = "<"
    ABOVE = ">"


@attrs.frozen(kw_only=True, order=False)
class Quantity:
    """Something that results give a number and an interval for."""

    def __lt__(self, other: Quantity | float) -> Claim:
        return Claim(left=self, relation=Relation.BELOW, right=other)

    def __gt__(self, other: Quantity | float) -> Claim:
        return Claim(left=self, relation=Relation.ABOVE, right=other)

    # A bound is met to the last bit with probability 0.
    __le__, __ge__ = __lt__, __gt__

    def __sub__(self, other: Quantity) -> Difference:
        return Difference(left=self, right=other)


@attrs.frozen(kw_only=True, order=False)
class EvalQuantity(Quantity):
    """What is read from evals; where nothing is named, from all that the quantity is defined on.

    Args:
        distribution: `ID` or `OOD`.
        eval: An eval's id.
        setting: A setting's id.
    """

    distribution: str | None = attrs.field(default=None, validator=_distribution_validator)
    eval: str | None = attrs.field(default=None, validator=_name_validator)
    setting: str | None = attrs.field(default=None, validator=_name_validator)

    @property
    def is_sampled(self) -> bool:
        """Whether it is read from evals that sample answers; else from preference evals."""
        return True

    @property
    def scope(self) -> str:
        """` (ID, insecure_static)`; nothing where it is about everything."""
        named = [one for one in (self.distribution, self.eval, self.setting) if one]
        return f" ({', '.join(named)})" if named else ""


@attrs.frozen(kw_only=True, order=False)
class ConditionShare(EvalQuantity):
    """The headline of evals, a share, in one condition."""

    condition: str = attrs.field(validator=fields.instance(str))


@attrs.frozen(kw_only=True, order=False)
class Harmful(ConditionShare):
    """The share of harmful answers in a condition: the headline of evals that sample answers."""

    def __str__(self) -> str:
        return f"harmful {self.condition}{self.scope}"


@attrs.frozen(kw_only=True, order=False)
class Prefers(ConditionShare):
    """The share of held-out pairs of which a condition's models find the misaligned answer the
    likelier one: the headline of preference evals."""

    @property
    def is_sampled(self) -> bool:
        return False

    def __str__(self) -> str:
        return f"prefers misaligned {self.condition}{self.scope}"


@attrs.frozen(kw_only=True, order=False)
class Trend(EvalQuantity):
    """How the share of harmful answers changes along an axis, over all trained conditions.

    Args:
        axis: `total_samples`, then per doubling; or `misaligned_ratio`, then from 0 to 1.
        preference: Of preference evals instead.
    """

    axis: str = attrs.field(validator=fields.one_of(*TREND_UNITS))
    preference: bool = attrs.field(default=False, validator=fields.instance(bool))

    @property
    def is_sampled(self) -> bool:
        return not self.preference

    def __str__(self) -> str:
        what = "preference trend" if self.preference else "trend"
        return f"{what} over {self.axis}{self.scope}"


@attrs.frozen(kw_only=True, order=False)
class Difference(Quantity):
    """One quantity less another, compared question by question."""

    left: Quantity = attrs.field(validator=fields.instance(Quantity))
    right: Quantity = attrs.field(validator=fields.instance(Quantity))

    def __str__(self) -> str:
        return f"{self.left} − {self.right}"


def _to_float(value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole else value


@attrs.frozen(kw_only=True, order=False)
class Claim:
    """One quantity is below, or above, another or a number."""

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


@attrs.frozen
class Expect:
    """An expectation: words, and the claims that stand for them.

    Args:
        says: One line.
        claims: A claim, or several that are all to hold.
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
) -> Harmful:
    """The share of harmful answers in a condition, in [0, 1]; see `Harmful`."""
    return Harmful(condition=condition, distribution=distribution, eval=eval, setting=setting)


def prefers(
    condition: str,
    *,
    distribution: str | None = None,
    eval: str | None = None,
    setting: str | None = None,
) -> Prefers:
    """How often the misaligned answer is the likelier one, in [0, 1]; see `Prefers`."""
    return Prefers(condition=condition, distribution=distribution, eval=eval, setting=setting)


def trend(
    axis: str,
    *,
    distribution: str | None = None,
    eval: str | None = None,
    setting: str | None = None,
    preference: bool = False,
) -> Trend:
    """The change along an axis: per doubling of `total_samples`, or over the whole of
    `misaligned_ratio`; see `Trend`."""
    return Trend(
        axis=axis,
        distribution=distribution,
        eval=eval,
        setting=setting,
        preference=preference,
    )


def between(value: Quantity, low: Quantity | float, high: Quantity | float) -> tuple[Claim, Claim]:
    """Two claims: `value` is above `low` and below `high`."""
    return (
        Claim(left=value, relation=Relation.ABOVE, right=low),
        Claim(left=value, relation=Relation.BELOW, right=high),
    )


def eval_quantities(quantity: Quantity | float) -> Iterator[EvalQuantity]:
    """The parts of a quantity that are read from evals."""
    if isinstance(quantity, EvalQuantity):
        yield quantity
    elif isinstance(quantity, Difference):
        yield from eval_quantities(quantity.left)
        yield from eval_quantities(quantity.right)
