"""Checkpoints: the points of a training at which its model is evaluated.

They are declared as shares of the training's steps, or as every so many steps, and become whole
numbers of steps once the number of rows and the hyperparameters are known. Keys hold those numbers.
The last step is the trained model itself, and step 0 the untrained one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from attrs import validators as check

from . import fields


def _to_shares(value: Any) -> Any:
    items = fields.one_or_many(value)
    return tuple(float(item) if type(item) is int else item for item in items)


def _positive_shares(owner: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    for index, share in enumerate(value):
        if isinstance(share, bool) or not isinstance(share, float) or not 0 < share <= 1:
            raise fields.declaration_error(
                owner,
                f"{attribute.name}[{index}]",
                f"{share!r} is not a share of the steps, which is above 0 and at most 1",
                "the untrained model is the baseline; Checkpoints(every=10) counts steps",
            )


@attrs.frozen(kw_only=True)
class Checkpoints:
    """Where a training's model is evaluated, beside its end.

    Args:
        shares: Shares of the training's steps, each above 0 and at most 1.
        every: A number of steps: evaluate after each so many.

    Raises:
        DeclarationError: A value is out of range or given twice, or not exactly one of the two is
            given.
    """

    shares: tuple[float, ...] = attrs.field(
        default=(), converter=_to_shares, validator=_positive_shares
    )
    every: int | None = attrs.field(
        default=None, validator=check.optional([fields.integer, fields.in_range(1)])
    )

    def __attrs_post_init__(self) -> None:
        if bool(self.shares) == (self.every is not None):
            raise fields.declaration_error(
                self, "shares", "state either shares or every", "checkpoints=(0.1, 0.5, 1.0)"
            )
        if self.shares:
            fields.distinct(self, attrs.fields(Checkpoints).shares, self.shares)

    def steps(self, total: int) -> tuple[int, ...]:
        """The steps, in order, of a training of `total` steps; two shares may fall on one step."""
        if self.every is not None:
            return tuple(range(self.every, total + 1, self.every))
        return tuple(sorted({min(max(round(share * total), 1), total) for share in self.shares}))


def to_checkpoints(value: Any) -> Any:
    """A converter: shares as `Checkpoints`; anything else as it is."""
    is_shares = isinstance(value, (int, float, Iterable)) and not isinstance(value, str)
    return Checkpoints(shares=value) if is_shares else value
