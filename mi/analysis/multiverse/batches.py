"""Batches: the scores of an eval in every specification, computed with at once.

All are built from the same answers: sums by run and group under the choices of each. The first
specification is the declared one. Specifications of one judge in which the same conditions have
scores are one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate, groupby, islice
from typing import TYPE_CHECKING, Any

import attrs

from ..evidence import Evidence
from ..stats import ScoresBatch, StudyBatch
from .answers import AnswerNumbers
from .cuts import Cuts
from .specifications import ALL_QUESTIONS, ScoringRule, Specification

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_FEWEST_GROUPS = 3
"""Groups of which one can be left out: an interval takes two."""


@attrs.frozen(kw_only=True, eq=False)
class JudgedEval:
    """One eval as one judge scored it.

    Args:
        judge: The judge's name.
        evidence: Under the declared choices.
        cuts: The declared ones.
        answers: The numbers of its answers.
    """

    judge: str
    evidence: Evidence
    cuts: Cuts
    answers: AnswerNumbers


@attrs.frozen(kw_only=True, eq=False)
class _Sums:
    """Sums of an eval in one specification, runs × groups.

    Args:
        totals: Harmful answers.
        counts: Answers that count.
        unscored: Answers without a score; None where they are counted otherwise.
        answers: All answers.
        columns: Number of groups.
    """

    specification: Specification
    totals: NDArray[np.float64]
    counts: NDArray[np.float64]
    unscored: NDArray[np.float64] | None
    answers: NDArray[np.float64]
    columns: int

    def without(self, group: int, name: str) -> _Sums:
        """The same sums without a group, whose column stays and is empty.

        Args:
            group: Index of its column.
            name: Its name.
        """

        def emptied(table: NDArray[np.float64]) -> NDArray[np.float64]:
            copy = table.copy()
            copy[:, group] = 0.0
            return copy

        return _Sums(
            specification=attrs.evolve(self.specification, questions=f"without {name}"),
            totals=emptied(self.totals),
            counts=emptied(self.counts),
            unscored=None if self.unscored is None else emptied(self.unscored),
            answers=emptied(self.answers),
            columns=self.columns - 1,
        )


@attrs.frozen(kw_only=True, eq=False, slots=False)
class SpecificationBatch:
    """Specifications of one eval by one judge, in which the same conditions have scores.

    Args:
        evidence: The eval under the declared choices, in these conditions.
        specifications: The specifications.
        study: Their scores.
        unscored: Their shares of answers without a score, as a study; None: those are counted
            otherwise, or there are none.
    """

    evidence: Evidence
    specifications: tuple[Specification, ...]
    study: StudyBatch
    unscored: StudyBatch | None

    @cached_property
    def extremes(self) -> tuple[tuple[ScoresBatch, ScoresBatch], ...]:
        """The scores of each condition over all answers, with those that have no score counted as
        harmless and as harmful."""
        if self.unscored is None:
            return ()
        return tuple(
            (
                attrs.evolve(missing, totals=scores.totals),
                attrs.evolve(missing, totals=scores.totals + missing.totals),
            )
            for scores, missing in zip(self.study.conditions, self.unscored.conditions, strict=True)
        )


_MOST_NUMBERS = 4_000_000
"""Numbers in one array of a batch."""


def specification_batches(judges: Sequence[JudgedEval]) -> Iterator[SpecificationBatch]:
    """All specifications of one eval, the declared one first.

    Args:
        judges: The eval as each judge scored it, the declared judge first.
    """
    for judged in judges:
        runs = sum(map(len, judged.evidence.units))
        size = max(_MOST_NUMBERS // (runs * len(judged.answers.groups)), 1)

        def kind(sums: _Sums, judged: JudgedEval = judged) -> tuple[tuple[int, ...], bool]:
            return _scored_conditions(judged.evidence, sums.counts), sums.unscored is None

        for (conditions, _), members in groupby(_all_sums(judged), kind):
            for batch in _chunks(members, size):
                yield _batch(judged.evidence, conditions, batch)


def _chunks(items: Iterator[_Sums], size: int) -> Iterator[list[_Sums]]:
    while chunk := list(islice(items, size)):
        yield chunk


def _all_sums(judged: JudgedEval) -> Iterator[_Sums]:
    """The sums of all specifications; those that differ in the scoring rule alone are apart, so
    that neighbours have the same conditions."""
    groups = judged.answers.groups
    can_omit = judged.answers.has_groups and len(groups) >= _FEWEST_GROUPS
    tables = [list(_scored(judged, cuts)) for cuts in judged.cuts.alternatives()]
    rules = dict.fromkeys(sums.specification.scoring for table in tables for sums in table)
    for rule in rules:
        for table in tables:
            for sums in table:
                if sums.specification.scoring == rule:
                    yield sums
                    if can_omit:
                        for group, name in enumerate(groups):
                            yield sums.without(group, str(name))


def _scored(judged: JudgedEval, cuts: Cuts) -> Iterator[_Sums]:
    """The sums of an eval under some thresholds, by scoring rule; rules that change nothing are
    left out."""
    import numpy as np

    harmful, counted = cuts.outcomes(judged.answers.numbers)
    unscored = np.isnan(harmful)
    everything = _by_group(judged, np.ones(len(harmful)))
    missing = _by_group(judged, unscored.astype(float))
    totals = _by_group(judged, np.where(unscored, 0.0, harmful))
    rated = _Sums(
        specification=Specification(
            judge=judged.judge,
            thresholds=str(cuts),
            questions=ALL_QUESTIONS,
            scoring=ScoringRule.RATED.value,
        ),
        totals=totals,
        counts=everything - missing,
        unscored=missing if judged.evidence.unscored else None,
        answers=everything,
        columns=len(judged.answers.groups),
    )
    yield rated
    if cuts.has_filter:
        counts = _by_group(judged, counted.astype(float))
        yield _with_rule(rated, ScoringRule.COUNTED, counts=counts)
    if unscored.any():
        changes = {"counts": everything, "unscored": None}
        yield _with_rule(rated, ScoringRule.HARMLESS, **changes)
        yield _with_rule(rated, ScoringRule.HARMFUL, totals=totals + missing, **changes)


def _with_rule(sums: _Sums, rule: ScoringRule, **changes: Any) -> _Sums:
    specification = attrs.evolve(sums.specification, scoring=rule.value)
    return attrs.evolve(sums, specification=specification, **changes)


def _by_group(judged: JudgedEval, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of values by run and group."""
    import numpy as np

    answers = judged.answers
    width = len(answers.groups)
    runs = sum(map(len, judged.evidence.units))
    sums = np.bincount(answers.run * width + answers.group, values, minlength=runs * width)
    return sums.astype(float).reshape(runs, width)


def _run_slices(evidence: Evidence) -> list[slice]:
    """The rows of each condition in a table of runs."""
    ends = list(accumulate(map(len, evidence.units)))
    return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def _scored_conditions(evidence: Evidence, counts: NDArray[np.float64]) -> tuple[int, ...]:
    """Indices of the conditions in which an answer counts in every run."""
    by_run = counts.sum(axis=1)
    return tuple(
        index for index, rows in enumerate(_run_slices(evidence)) if by_run[rows].min() > 0
    )


def _batch(
    declared: Evidence, conditions: Sequence[int], members: Sequence[_Sums]
) -> SpecificationBatch:
    """The batch of some specifications.

    Args:
        declared: The evidence under the declared choices.
        conditions: Indices of those that have scores.
        members: The sums of each specification.
    """
    import numpy as np

    def study(totals: Sequence[Any], counts: Sequence[Any], *, is_share: bool) -> StudyBatch:
        tables = np.array(totals), np.array(counts)
        return StudyBatch(
            conditions=[
                ScoresBatch(
                    totals=tables[0][:, slices[index]],
                    counts=tables[1][:, slices[index]],
                    columns=columns,
                    trained=declared.scores[index].trained,
                    seeds=declared.scores[index].seeds,
                )
                for index in conditions
            ],
            is_share=is_share,
        )

    slices = _run_slices(declared)
    columns = np.array([float(sums.columns) for sums in members])
    missing = [sums.unscored for sums in members]
    answers = [sums.answers for sums in members]
    return SpecificationBatch(
        evidence=attrs.evolve(
            declared,
            conditions=tuple(declared.conditions[index] for index in conditions),
            units=tuple(declared.units[index] for index in conditions),
            scores=tuple(declared.scores[index] for index in conditions),
            unscored=tuple(declared.unscored[index] for index in conditions)
            if declared.unscored
            else (),
        ),
        specifications=tuple(sums.specification for sums in members),
        study=study(
            [sums.totals for sums in members],
            [sums.counts for sums in members],
            is_share=declared.is_share,
        ),
        unscored=None if missing[0] is None else study(missing, answers, is_share=True),
    )
