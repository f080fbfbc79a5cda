"""Preparing a plan: filters, `--force` and rejudging turn a session into one `PreparedPlan`.

`mi plan`, `mi run`, `mi rejudge`, `mi status` and `mi tree` start here, so `mi plan` shows exactly
what `mi run` would do. Commands that apply neither filter nor redo (`mi why`, `mi show`,
`mi cancel`) use `Session.plan`. Preparing reads the store and writes nothing: what a redo archives
is only listed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

import attrs

from ..errors import NothingSelected
from .cost import CostEstimator
from .duration import duration_estimator, total_duration, unit_size
from .filters import filter_kinds, filter_last_failed
from .force import Redo, mark_redo, plan_redo
from .plan import Plan, PlannedUnit
from .refusals import refuse_units
from .rejudge import rejudgeable
from .resources import Resources
from .session import Session


@attrs.frozen(kw_only=True, slots=False)
class PreparedPlan:
    """A plan that can be shown, approved and run.

    Args:
        session: The selection, the model and the store.
        plan: The units after filters, with the units of the redo to do again.
        redo: The units and journals to archive before the run.
        unanswered_evals: When rejudging, how many evals were left out for lack of answers.
    """

    session: Session
    plan: Plan
    redo: Redo = Redo()
    unanswered_evals: int = 0

    @property
    def units(self) -> tuple[PlannedUnit, ...]:
        """The units of the plan, each after what it needs."""
        return self.plan.units

    @property
    def is_idle(self) -> bool:
        """Whether a run would do no unit and archive nothing."""
        return not self.plan.todo and not self.redo.units

    @cached_property
    def costs(self) -> CostEstimator:
        """The estimator of what each unit costs, computed when first needed.

        Raises:
            DeclarationError: Two selected experiments mean different data by one setting.
        """
        return self.session.cost_estimator(self.plan, self.redo.journals)

    @cached_property
    def duration(self) -> float | None:
        """Estimated seconds for all units to do; None if one of them cannot be estimated."""
        size = unit_size(self.plan, self.session.question_counts())
        return total_duration(self.plan, duration_estimator(self.plan, size))

    def resources(self, max_cost: float | None) -> Resources:
        """The resources that the units run with.

        Args:
            max_cost: The most that the run may spend, in US dollars; None: nothing.
        """
        return self.session.resources(self.plan, self.costs, max_cost=max_cost)


def prepare_plan(
    session: Session,
    *,
    kinds: Collection[str] = (),
    last_failed: bool = False,
    force: Sequence[str] = (),
) -> PreparedPlan:
    """Plan a session's cells and narrow the plan to what the user asked for.

    Args:
        session: The selection; `options.rejudge` keeps only evals whose answers are complete.
        kinds: Unit kinds to keep; empty for all.
        last_failed: Keep only units that failed, with their needs and dependents.
        force: Keys, or beginnings of keys, of units to do again.

    Raises:
        NothingSelected: No unit is left.
        UsageError: A forced key names no unit of the plan, or several.
    """
    plan, unanswered = session.plan(), 0
    if session.options.rejudge:
        questions = session.eval_resolver.questions_by_digest()
        plan, unanswered = rejudgeable(plan, session.store, questions)
        if not plan.cells:
            raise NothingSelected(
                "there are no answers to judge",
                hint="`mi run` first, with the same --model and --data; only sampled evals that a "
                "model judges can be judged again",
            )
    plan = _filter_plan(plan, kinds, last_failed=last_failed)
    redo = plan_redo(force, plan, session.store)
    plan = refuse_units(mark_redo(plan, redo), session.model_report(plan))
    return PreparedPlan(session=session, plan=plan, redo=redo, unanswered_evals=unanswered)


def _filter_plan(plan: Plan, kinds: Collection[str], *, last_failed: bool) -> Plan:
    count = len(plan.units)
    if last_failed:
        plan = filter_last_failed(plan)
    if kinds:
        plan = filter_kinds(plan, kinds)
    if count and not plan.units:
        raise NothingSelected(
            f"--kind {' --kind '.join(kinds)} leaves none of {count} units",
            hint="an eval needs its training to be done first" if "eval" in kinds else None,
        )
    return plan
