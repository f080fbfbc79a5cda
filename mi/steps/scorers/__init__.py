"""What judges make of answers, one scorer a module, behind one table.

A new judge takes its declaration in `mi.spec.judges`, a module here with a `Scorer`, and a line in
`SCORERS`. Everything else asks the table.
"""

from __future__ import annotations

from ...spec import Bandit, HardCoded, Judge, Misalignment, Ratings, Unjudged, YesNo
from .bandit import BanditScorer
from .base import AnyScorer
from .hardcoded import HardCodedScorer
from .misalignment import MisalignmentScorer
from .ratings import RatingsScorer
from .unjudged import UnjudgedScorer
from .yes_no import YesNoScorer

SCORERS: dict[type[Judge], AnyScorer] = {
    Bandit: BanditScorer(),
    HardCoded: HardCodedScorer(),
    Misalignment: MisalignmentScorer(),
    Ratings: RatingsScorer(),
    Unjudged: UnjudgedScorer(),
    YesNo: YesNoScorer(),
}
"""Declaration of a judge → its scorer."""


def find_scorer(judge: Judge) -> AnyScorer:
    """The scorer of a judge, by its class or the nearest one it derives from.

    Raises:
        TypeError: There is no scorer for such a judge.
    """
    for declared in type(judge).__mro__:
        if declared in SCORERS:
            return SCORERS[declared]
    raise TypeError(f"{type(judge).__name__} is not in mi.steps.scorers.SCORERS")


__all__ = ["SCORERS", "find_scorer"]
