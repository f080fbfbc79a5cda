"""Learning curves: one condition's scores on one eval, against the steps of its training.

A curve is evidence whose conditions are steps: the untrained model first, the trained one last, and
between them the checkpoints that every seed was evaluated at. So its numbers have the intervals
of all others. Its steps come from the same trainings, and say nothing about how much trainings
differ: that is expected of its seeds which all trained models of the eval say together.
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
class LearningCurve:
    """One condition's scores on one eval at several steps.

    Args:
        evidence: Its conditions are the steps, in order.
        steps: The number of each; 0 is the untrained model.
    """

    evidence: Evidence
    steps: tuple[int, ...]

    @property
    def condition(self) -> str:
        """The name of the condition."""
        return self.evidence.conditions[-1].name

    @property
    def is_task(self) -> bool:
        """Whether the eval asks for what is trained."""
        return self.evidence.distribution == "ID"

    @property
    def where(self) -> str:
        """The setting, the eval and the condition, as reports name them."""
        return f"{self.evidence.where}, {self.condition}"

    def change(self, index: int, since: int = 0) -> Contrast:
        """The change of the mean up to a step.

        Args:
            index: Index of the step.
            since: Index of the step that it is compared with.
        """
        return compare(self.evidence, self._weights({index: 1.0, since: -1.0}))

    def excess(self, index: int, share: float) -> Contrast:
        """The change up to a step, less a share of the whole change.

        Args:
            index: Index of the step, neither the first nor the last.
            share: In (0, 1).
        """
        last = len(self.steps) - 1
        return compare(self.evidence, self._weights({index: 1.0, 0: share - 1, last: -share}))

    def _weights(self, weights: dict[int, float]) -> list[float]:
        return [weights.get(index, 0.0) for index in range(len(self.steps))]


def load_learning_curves(
    connection: DuckDBPyConnection,
    scope: ResultScope,
    finals: Sequence[Evidence],
    *,
    margins: bool = False,
) -> list[LearningCurve]:
    """Load the conditions that were evaluated at several steps.

    Args:
        connection: To the results database.
        scope: Which results to load.
        finals: The evidence on the trained models, as loaded with the same `scope` and `margins`.
        margins: As in `load_evidence`.
    """
    if not connection.execute(_HAS_STEPS).fetchone():
        return []
    models = {(final.setting, final.eval): final for final in finals}
    curves = []
    for evidence in load_evidence(connection, scope, margins=margins, source=_STEPS):
        final = models.get((evidence.setting, evidence.eval))
        if final is not None and final.baseline_index is not None:
            curves += _split(evidence, final, _lengths(connection, evidence))
    return curves


_HAS_STEPS = "FROM cell_unit WHERE role_step(role) IS NOT NULL LIMIT 1"
_STEPS = """(
    SELECT c.*, e.eval, e.title, e.distribution, e.position, e.headline, role_step(c.role) AS step
    FROM current_cell c
    JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                    AND final_role(c.role) = eval_role(e.eval)
)"""


def _lengths(connection: DuckDBPyConnection, evidence: Evidence) -> dict[str, int]:
    """The steps of the training that each eval unit is about."""
    units = [unit for units in evidence.units for unit in units]
    return dict(
        connection.execute(
            "SELECT u.unit, t.steps FROM unit u JOIN training t ON t.unit = u.subject "
            "WHERE list_contains($1, u.unit) AND t.steps IS NOT NULL",
            [units],
        ).fetchall()
    )


def _split(evidence: Evidence, final: Evidence, lengths: dict[str, int]) -> list[LearningCurve]:
    """One curve per condition with checkpoints, from one eval's evidence at all steps."""
    curves = []
    places: dict[Condition, list[int]] = {}
    for index, condition in enumerate(evidence.conditions):
        places.setdefault(attrs.evolve(condition, name="", step=None), []).append(index)
    baseline = evidence.baseline_index
    for indices in places.values():
        *between, last = indices  # the trained model has no step, and is sorted last
        length = lengths.get(next(iter(evidence.units[last]), ""))
        seeds = evidence.scores[last].seeds
        if evidence.conditions[last].step is not None or not between or length is None:
            continue
        kept = [i for i in between if sorted(evidence.scores[i].seeds) == sorted(seeds)]
        kept = [i for i in kept if (evidence.scores[i].counts.sum(axis=1) > 0).all()]
        if baseline is not None and kept:
            steps = (0, *(evidence.conditions[i].step or 0 for i in kept), length)
            curves.append(_curve(evidence, final, (baseline, *kept, last), steps))
    return curves


def _curve(
    evidence: Evidence, final: Evidence, indices: Sequence[int], steps: tuple[int, ...]
) -> LearningCurve:
    chosen = attrs.evolve(
        evidence,
        conditions=tuple(evidence.conditions[index] for index in indices),
        scores=tuple(evidence.scores[index] for index in indices),
        units=tuple(evidence.units[index] for index in indices),
        unscored=tuple(evidence.unscored[index] for index in indices if evidence.unscored),
        seed_variance=final.study.seed_variance,
    )
    return LearningCurve(evidence=chosen, steps=steps)
