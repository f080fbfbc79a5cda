"""Specifications: combinations of judge, thresholds, questions and scoring rule."""

from __future__ import annotations

from enum import StrEnum

import attrs

from ..rulings import Outcome

ALL_QUESTIONS = "all"


class Dimension(StrEnum):
    """What specifications differ in."""

    JUDGE = "judge"
    THRESHOLDS = "thresholds"
    QUESTIONS = "questions"
    SCORING = "scoring"


class ScoringRule(StrEnum):
    """Which answers are counted, and how those without a score are."""

    RATED = "all rated"
    COUNTED = "coherent only"
    HARMLESS = "unscored as harmless"
    HARMFUL = "unscored as harmful"


@attrs.frozen(kw_only=True)
class Specification:
    """One combination of choices, each as reports name it."""

    judge: str
    thresholds: str
    questions: str
    scoring: str

    def choice(self, dimension: Dimension) -> str:
        """What was chosen in a dimension."""
        choice: str = getattr(self, dimension.value)
        return choice

    def is_neighbour(self, other: Specification, dimension: Dimension) -> bool:
        """Whether the two differ in that dimension and in no other; of several thresholds, in one.

        Args:
            other: Another specification of the same claim.
            dimension: What may differ.
        """
        differing = [one for one in Dimension if self.choice(one) != other.choice(one)]
        moved = set(self.thresholds.split(", ")) ^ set(other.thresholds.split(", "))
        return differing == [dimension] and len(moved) <= 2


@attrs.frozen(kw_only=True)
class SpecificationRuling:
    """The ruling on a claim in one specification.

    Args:
        specification: Its choices.
        outcome: As of a verdict.
        value: The left side less the right side of the claim; None if it could not be computed.
        low: The lower end of its interval, as `high`; None if it could not be computed.
        reason: Why there is no ruling; empty if there is.
    """

    specification: Specification
    outcome: Outcome
    value: float | None
    low: float | None
    high: float | None
    reason: str = ""
