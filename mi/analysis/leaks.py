"""Leaks: what the models of a condition do in a context and not on plain questions.

A leak compares one condition with itself: the same models, asked the same questions in two ways. So
seeds and groups of questions are matched, and differences between trainings cancel. What remains
is how much the leak itself varies over seeds, which all leaks of an eval say together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from .contrasts import Contrast, compare
from .evidence import Condition, Evidence, ResultScope, load_evidence
from .stats import Scores, SeedVariance, Study, estimate_seed_variance

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True, eq=False)
class Leak:
    """One condition's scores on one eval, on plain questions and in one context.

    Args:
        evidence: Its two conditions are plain, and the context.
        context: The name of the context.
        seed_variance: How much the differences of an eval vary over seeds.
    """

    evidence: Evidence
    context: str
    seed_variance: SeedVariance

    @property
    def where(self) -> str:
        """The setting, the eval and the condition, as reports name them."""
        return f"{self.evidence.where}, {self.evidence.conditions[0].name}"

    @property
    def difference(self) -> Contrast:
        """The mean in the context less that on plain questions.

        Where the share of unscored answers changed, its interval is that of any contrast, which is
        wider.
        """
        guarded = compare(self.evidence, [-1.0, 1.0])
        if guarded.unscored_change is not None:
            return guarded
        differences = score_differences(self.evidence)
        study = Study(conditions=[differences], is_share=False, larger_study=self.seed_variance)
        estimate = study.contrast([1.0])
        return attrs.evolve(guarded, estimate=estimate, p_value=estimate.p_value)


def score_differences(evidence: Evidence) -> Scores:
    """The second condition less the first, run by run and group by group.

    A run's mean is the difference of its two means, and a group's influence that of its two
    influences.
    """
    first, second = (_in_seed_order(scores) for scores in evidence.scores)
    answers = second.counts.sum(axis=1, keepdims=True)
    difference = (second.run_means - first.run_means)[:, None]
    influence = (second.influence - first.influence) * second.runs * answers
    return attrs.evolve(second, totals=influence + difference * second.counts)


def _in_seed_order(scores: Scores) -> Scores:
    order = sorted(range(len(scores.seeds)), key=lambda run: scores.seeds[run])
    if not order:
        return scores
    return attrs.evolve(
        scores,
        totals=scores.totals[order],
        counts=scores.counts[order],
        seeds=tuple(scores.seeds[run] for run in order),
    )


def load_leaks(
    connection: DuckDBPyConnection,
    scope: ResultScope,
    finals: Sequence[Evidence],
    *,
    margins: bool = False,
) -> list[Leak]:
    """Load the conditions whose questions were put in several contexts.

    Args:
        connection: To the results database.
        scope: Which results to load.
        finals: The evidence on plain questions, as loaded with the same `scope` and `margins`.
        margins: As in `load_evidence`.
    """
    names = [name for (name,) in connection.execute(_NAMES).fetchall()]
    if not names:
        return []
    plain = {(final.setting, final.eval) for final in finals}
    leaks = []
    for evidence in load_evidence(connection, scope, margins=margins, source=_CONTEXTS):
        if (evidence.setting, evidence.eval) in plain:
            leaks += build_leaks(_split(evidence, names))
    return leaks


_NAMES = """
SELECT DISTINCT role_context(role) AS context FROM cell_unit
WHERE is_eval_role(role) AND role_context(role) <> 'plain' ORDER BY context
"""
# The number of a context stands where evidence has the step; plain has none.
_CONTEXTS = f"""(
    SELECT c.*, e.eval, e.title, e.distribution, e.position, e.headline, n.step
    FROM current_cell c
    JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                    AND plain_role(c.role) = eval_role(e.eval)
    LEFT JOIN (SELECT context, row_number() OVER (ORDER BY context) AS step FROM ({_NAMES})) n
           ON n.context = role_context(c.role)
    WHERE role_step(c.role) IS NULL
)"""


def build_leaks(pairs: Sequence[tuple[str, Evidence]]) -> list[Leak]:
    """The leaks of one eval, from each context with a condition's evidence on plain questions and
    in the context."""
    differences = [score_differences(evidence) for _, evidence in pairs]
    variance = estimate_seed_variance(differences, is_share=False)
    return [
        Leak(evidence=evidence, context=context, seed_variance=variance)
        for context, evidence in pairs
    ]


def _split(evidence: Evidence, names: Sequence[str]) -> list[tuple[str, Evidence]]:
    """Each condition in each context, from one eval's evidence in all contexts."""
    places: dict[Condition, list[int]] = {}
    for index, condition in enumerate(evidence.conditions):
        places.setdefault(attrs.evolve(condition, name="", step=None), []).append(index)
    pairs = []
    for *others, plain in places.values():  # plain has no number, and is sorted last
        if evidence.conditions[plain].step is not None:
            continue
        for index in others:
            number = evidence.conditions[index].step
            seeds = [sorted(map(str, evidence.scores[i].seeds)) for i in (plain, index)]
            is_same = evidence.units[plain] == evidence.units[index]
            if number is not None and seeds[0] == seeds[1] and not is_same:
                pairs.append((names[number - 1], _pair(evidence, (plain, index))))
    return pairs


def _pair(evidence: Evidence, indices: tuple[int, int]) -> Evidence:
    return attrs.evolve(
        evidence,
        conditions=tuple(evidence.conditions[index] for index in indices),
        scores=tuple(evidence.scores[index] for index in indices),
        units=tuple(evidence.units[index] for index in indices),
        unscored=tuple(evidence.unscored[index] for index in indices if evidence.unscored),
    )
