"""The first lines of a run: what it is on, what was selected, what there is to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..collect.select import Selected
from ..planning.plan import Plan, Planned
from ..planning.session import Session
from ..providers.pricing import dollars
from ..units.cells import cells
from ..units.cells import count as all_cells
from ..version import __version__

_NOUNS = {"train": "training", "eval": "eval"}


def header(session: Session, plan: Plan, seconds: float | None, cost: float | None) -> list[str]:
    """The header's lines.

    Args:
        seconds: How long the plan is likely to take; None: not known.
        cost: What it is likely to cost in US dollars; None: a price is not known.
    """
    settings = dict.fromkeys(planned.cell.setting for planned in plan.cells)
    data = " · ".join(f"{name}: {session.source(name)}" for name in settings)
    store = session.options.short(session.options.store)
    lines = [f"mi {__version__} · {session.model.id} · {data} · store {store}"]
    lines.append(_collected(session, plan, seconds, cost))
    for left in session.left_out:
        lines.append(f"left out: {left.setting} {left.eval} ({left.reason})")
    return lines


def _collected(session: Session, plan: Plan, seconds: float | None, cost: float | None) -> str:
    whole = sum(all_cells(one.experiment) for one in session.selected)
    names = ", ".join(
        f"{one.experiment.id} (pilot)" if _is_pilot(one) else one.experiment.id
        for one in session.selected
    )
    parts = [f"{count(len(plan.units), 'unit')}"]
    shared: Counter[str] = Counter(name for one in plan.units for name in one.shared)
    parts += [f"{number} shared with {name}" for name, number in sorted(shared.items())]
    done = len(plan.units) - len(plan.todo)
    if plan.deselected:
        parts.append(f"{len(plan.deselected)} deselected")
    parts += [f"{done} done", f"{len(plan.todo)} to do"]
    text = f"collected {count(len(plan.cells), 'cell')} of {names}: {', '.join(parts)}"
    if whole > len(plan.cells) and not session.options.full:
        text += f" (of {whole} cells with --full)"
    if plan.todo and seconds is not None:
        text += f" · about {roughly(seconds)}"
    return f"{text} · {'about ' if cost else ''}{dollars(cost)}"


def _is_pilot(one: Selected) -> bool:
    """Whether these are a pilot's cells, and the experiment has more."""
    if len(one.cells) == all_cells(one.experiment):
        return False
    return {cell.id for cell in one.cells} == {
        cell.id for cell in cells(one.experiment, full=False)
    }


def count(number: int, what: str) -> str:
    """`1 unit`, `2 units`."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def roughly(seconds: float) -> str:
    """A duration one can believe: `40 s`, `6 min`, `3.5 h`."""
    if seconds < 90:
        return f"{max(round(seconds, -1), 1):.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def to_do(units: Iterable[Planned]) -> str:
    """`5 trainings, 15 evals`."""
    kinds = Counter(planned.unit.kind for planned in units)
    return ", ".join(count(kinds[kind], noun) for kind, noun in _NOUNS.items() if kinds[kind])
