"""Labels of stored answers: how an answer is named, and how answers were drawn to be labelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..files import gate

NOT_DRAWN = -1
"""The stratum of an answer that was not drawn from."""


def is_answer_id(text: str) -> bool:
    """Whether a text has the form `JOURNAL/QUESTION/SAMPLE`, by which an answer is named."""
    parts = text.split("/")
    if len(parts) != 3:
        return False
    journal, question, sample = parts
    is_number = sample.isascii() and sample.isdecimal() and len(sample) < 10
    return gate.is_name(journal) and gate.is_name(question) and is_number


def judge_name(judge: Mapping[str, Any]) -> str:
    """The model of a judge as it stands in a payload, or its kind: `Bandit`."""
    return str(judge.get("model") or judge.get("!") or "?")


@attrs.frozen(kw_only=True)
class LabelDesign:
    """How answers were drawn to be labelled: at random from every stratum of some evals' answers.

    The strata are: judged positive; judged negative with a rating as bad as `cut`; judged negative
    with a better one or none. Without `cut` the last two are one.

    Args:
        judge: The judge whose verdicts made the strata, as it stands in the payload of an eval.
        metric: The metric that is 1 for a positive verdict.
        rating: The metric that holds the rating; None: the judge rates nothing.
        is_rising: Whether a higher rating is worse.
        cut: Where the negative answers are parted.
        units: The evals whose scored answers were drawn from, each with the name of its condition.
        by_condition: Whether each condition was drawn from by itself.
        seed: Of the draw.
    """

    judge: dict[str, Any]
    metric: str
    rating: str | None
    is_rising: bool
    cut: float | None
    units: dict[str, str]
    by_condition: bool
    seed: int

    def stratum(self, is_positive: Any, rating: Any) -> Any:
        """The stratum of each answer: 0, 1 or 2.

        Args:
            is_positive: The verdicts, an array.
            rating: The ratings, an array; NaN where there is none.
        """
        import numpy as np

        if self.cut is None:
            return np.where(is_positive, 0, 2)
        is_near = rating >= self.cut if self.is_rising else rating <= self.cut
        return np.where(is_positive, 0, np.where(is_near, 1, 2))


@attrs.frozen(kw_only=True)
class DrawnAnswer:
    """An answer that is to be labelled.

    Args:
        answer: `JOURNAL/QUESTION/SAMPLE`.
        stratum: Its stratum.
        weight: How many answers it stands for once all drawn ones are labelled.
    """

    answer: str
    stratum: int
    weight: float


@attrs.frozen(kw_only=True)
class LabelSample:
    """Answers that are to be labelled, in the order in which they are shown.

    Args:
        experiment: Whose answers they are.
        eval: The id of the eval whose scores made the strata.
        design: How they were drawn.
        answers: In a random order.
        format: Version of this record.
    """

    experiment: str
    eval: str
    design: LabelDesign
    answers: tuple[DrawnAnswer, ...]
    format: int = 1
