"""Leaks: what the models of a condition do in a context and not on plain questions.

A leak compares one condition with itself: the same models, asked the same questions in two ways. So
seeds and groups of questions are matched, and differences between trainings cancel.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from .contrasts import Contrast, compare
from .evidence import Condition, Evidence, ResultScope, load_evidence

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@attrs.frozen(kw_only=True, eq=False)
class Leak:
    """One condition's scores on one eval, on plain questions and in one context.

    Args:
        evidence: Its two conditions are plain, and the context.
        context: The name of the context.
    """

    evidence: Evidence
    context: str

    @property
    def where(self) -> str:
        """The setting, the eval and the condition, as reports name them."""
        return f"{self.evidence.where}, {self.evidence.conditions[0].name}"

    @property
    def difference(self) -> Contrast:
        """The mean in the context less that on plain questions."""
        return compare(self.evidence, [-1.0, 1.0])


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
    plain = {(final.setting, final.eval): final for final in finals}
    leaks = []
    for evidence in load_evidence(connection, scope, margins=margins, source=_CONTEXTS):
        final = plain.get((evidence.setting, evidence.eval))
        if final is not None:
            leaks += _split(evidence, final, names)
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


def _split(evidence: Evidence, final: Evidence, names: Sequence[str]) -> list[Leak]:
    """One leak per condition and context, from one eval's evidence in all contexts."""
    places: dict[Condition, list[int]] = {}
    for index, condition in enumerate(evidence.conditions):
        places.setdefault(attrs.evolve(condition, name="", step=None), []).append(index)
    leaks = []
    for *others, plain in places.values():  # plain has no number, and is sorted last
        if evidence.conditions[plain].step is not None:
            continue
        for index in others:
            number = evidence.conditions[index].step
            seeds = [sorted(map(str, evidence.scores[i].seeds)) for i in (plain, index)]
            is_same = evidence.units[plain] == evidence.units[index]
            if number is not None and seeds[0] == seeds[1] and not is_same:
                chosen = _pair(evidence, final, (plain, index))
                leaks.append(Leak(evidence=chosen, context=names[number - 1]))
    return leaks


def _pair(evidence: Evidence, final: Evidence, indices: tuple[int, int]) -> Evidence:
    return attrs.evolve(
        evidence,
        conditions=tuple(evidence.conditions[index] for index in indices),
        scores=tuple(evidence.scores[index] for index in indices),
        units=tuple(evidence.units[index] for index in indices),
        unscored=tuple(evidence.unscored[index] for index in indices if evidence.unscored),
        seed_variance=final.study.seed_variance,
    )
