"""Endings: the days on which hosted models stop answering and stop being trained."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import attrs

from ..spec.fields import instance

WARNING_DAYS = 60
"""A model that ends within so many days is pointed out where it is used."""


@attrs.frozen(kw_only=True)
class Ending:
    """When a model ends.

    Args:
        shutdown: The day from which it answers no more, and its fine-tunes neither.
        last_training: The last day on which new trainings are taken; None: not announced.
    """

    shutdown: date = attrs.field(validator=instance(date))
    last_training: date | None = attrs.field(
        default=None, validator=attrs.validators.optional(instance(date))
    )

    def days_left(self, today: date) -> int:
        """Days until the shutdown; negative after it."""
        return (self.shutdown - today).days

    def describe(self, today: date, *, trains: bool) -> str:
        """`ends in 45 days, on 2027-01-14; takes new trainings until 2027-01-06`.

        Args:
            today: The present day.
            trains: Whether the model is to be trained.
        """
        left = self.days_left(today)
        if left <= 0:
            return f"was to end on {self.shutdown}"
        days = "1 day" if left == 1 else f"{left} days"
        text = f"ends in {days}, on {self.shutdown}"
        if trains and self.last_training is not None:
            tense = "takes" if today <= self.last_training else "took"
            text += f"; {tense} new trainings until {self.last_training}"
        return text


@attrs.frozen(kw_only=True)
class EndingTable:
    """Announced endings.

    Args:
        endings: By `provider:name` of the model.
        checked: The day on which the source was last compared, as text.
        source: Where they are announced.
    """

    endings: Mapping[str, Ending] = attrs.field(factory=dict)
    checked: str = ""
    source: str = ""

    def find(self, model: str) -> Ending | None:
        """The ending of a model or of the model that a fine-tune is made from; None if none is
        known. `model` is `provider:name`."""
        provider, _, name = model.partition(":")
        if name.startswith("ft:"):
            name = name.split(":")[1]
        return self.endings.get(f"{provider}:{name}")

    def soon(self, model: str, today: date) -> Ending | None:
        """The ending of a model that is past or near.

        Args:
            model: As `provider:name`.
            today: The present day.
        """
        ending = self.find(model)
        if ending is None or ending.days_left(today) > WARNING_DAYS:
            return None
        return ending

    def note(self, model: str, today: date, *, trains: bool = False) -> str | None:
        """A sentence about a model that ends soon; None for one that does not, as far as is known.

        Args:
            model: As `provider:name`.
            today: The present day.
            trains: Whether the model is to be trained.
        """
        if (ending := self.soon(model, today)) is None:
            return None
        text = ending.describe(today, trains=trains)
        return f"{model} {text} (as announced by {self.checked}: {self.source})"
