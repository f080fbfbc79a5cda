"""The smallest difference that a design is likely to find, before there are data."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ..analysis.stats import planned_difference
from ..data.chats import group_of
from ..spec import PLAIN
from ..steps.evals import eval_kind
from .plan import PlannedEval
from .session import Session


@attrs.frozen(kw_only=True)
class DetectableDifference:
    """What an eval of an experiment can find.

    Args:
        eval: Its title, after its distribution.
        seeds: Fewest training runs of a selected condition.
        groups: Groups of questions.
        difference: Between two conditions, found with 80 % power; None with fewer than two groups.
    """

    experiment: str
    setting: str
    eval: str
    seeds: int
    groups: int
    difference: float | None


def detectable_differences(session: Session) -> Iterator[DetectableDifference]:
    """The smallest difference of each eval of the selected experiments, each once."""
    seeds: dict[tuple[str, str, object], set[int | None]] = {}
    evals: dict[tuple[str, str], tuple[PlannedEval, ...]] = {}
    for cell, context in session.cells():
        key = cell.experiment, cell.setting
        evals[key] = tuple(one for one in context.evals if one.context == PLAIN)
        if cell.seed is not None:
            seeds.setdefault((*key, cell.condition), set()).add(cell.seed)
    for (experiment, setting), planned_evals in evals.items():
        counts = [len(own) for key, own in seeds.items() if key[:2] == (experiment, setting)]
        for planned in planned_evals if counts else ():
            groups, samples = _sizes(session, planned)
            yield DetectableDifference(
                experiment=experiment,
                setting=setting,
                eval=f"{planned.distribution.value} {planned.eval.title}",
                seeds=min(counts),
                groups=groups,
                difference=planned_difference(min(counts), groups, samples) if groups > 1 else None,
            )


def _sizes(session: Session, planned: PlannedEval) -> tuple[int, float]:
    """The groups of an eval's questions, and the answers per group."""
    rows = session.eval_resolver.questions_by_digest()[planned.questions].pairs
    groups = len(set(map(group_of, rows)))
    return groups, eval_kind(planned.eval).size(planned.eval, len(rows)) / groups
