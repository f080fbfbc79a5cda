"""The first lines of a run: model, data and store; the selected cells; the units to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ..collect.select import Selection
from ..files.clock import utc_today
from ..planning.judge_probes import describe_probe, plan_probes
from ..planning.plan import Plan, PlannedUnit, format_rescoring
from ..planning.progress import UNPROBED, is_unprobed
from ..planning.scenarios import RepeatedScenarios
from ..planning.session import Session
from ..providers.pricing import format_cost
from ..providers.probe import MAX_REQUESTS
from ..spec import judge_model
from ..store.ledger import Balance
from ..units.cells import cells, count_cells
from ..units.unit import Evaluate, Mix, Train
from ..version import __version__
from .text import format_duration, pluralize

_NOUNS = {"train": "training", "replay": "replay", "eval": "eval"}


def header_lines(
    session: Session, plan: Plan, seconds: float | None, cost: float | None
) -> list[str]:
    """The lines of the header.

    Args:
        session: Model, data sources and selection.
        plan: The units of the selected cells.
        seconds: Estimated duration; None if unknown.
        cost: Estimated cost in US dollars; None if a price is unknown.
    """
    settings = dict.fromkeys(planned.cell.setting for planned in plan.cells)
    data = " · ".join(f"{name}: {session.source(name)}" for name in settings)
    store = session.options.display_path(session.options.store)
    lines = [f"mi {__version__} · {session.model.id} · {data} · store {store}"]
    lines.append(_collection_line(session, plan, seconds, cost))
    if outdated := plan.outdated_scores:
        versions = format_rescoring(planned.rescoring for planned in outdated if planned.rescoring)
        number = f"{pluralize(len(outdated), 'eval')} of those done"
        lines.append(f"{number} to be scored again from stored answers ({versions}), free")
    if session.ledger is not None:
        lines.append(balance_line(session.ledger.balance()))
    lines += ending_lines(session, plan)
    lines += session.data_notes()
    lines += [
        f"{setting}: up to {pluralize(count, 'row')} of a training set with several answers, "
        "which are all learned, except those of weight 0"
        for setting, count in session.multi_turn_rows(plan).items()
    ]
    lines += _probe_lines(session, plan)
    lines += _judge_lines(session, plan)
    lines += _repetition_lines(session.repeated_scenarios(plan))
    lines += [f"{session.model.id}: {note}" for note in session.model_report(plan).notes]
    for skipped in session.skipped_evals:
        lines.append(f"left out: {skipped.setting} {skipped.eval} ({skipped.reason})")
    return lines


def ending_lines(session: Session, plan: Plan) -> list[str]:
    """The models that a plan needs and that end soon: the one under test, and the judges."""
    kinds = {planned.unit.kind for planned in plan.todo}
    uses_model = bool(kinds - {Mix.kind}) and not session.options.rejudge
    today, models = utc_today(), dict[str, bool]()
    if uses_model:
        models[session.model.id] = Train.kind in kinds
    for planned in plan.todo:
        payload = planned.unit.payload
        if isinstance(payload, Evaluate) and (judge := judge_model(payload.eval)) is not None:
            models.setdefault(judge.model, False)
    notes = (session.endings.note(model, today, trains=trains) for model, trains in models.items())
    return [note for note in notes if note is not None]


def _probe_lines(session: Session, plan: Plan) -> list[str]:
    """What is known of the server under test, and which evals were done without knowing it."""
    if not session.provider.has_probe:
        return []
    model, lines = session.model, []
    samples = any(
        isinstance(payload := planned.unit.payload, Evaluate)
        and payload.eval.answer_sampling is not None
        for planned in plan.todo
    )
    if (known := session.provider.recall_probe(model)) is not None:
        lines.append(f"server of {model.id} · {known.summary} (probed {known.probed_at[:10]})")
    elif samples and not session.options.rejudge:
        lines.append(
            f"server of {model.id} · not probed yet; up to {MAX_REQUESTS} short requests come first"
        )
    if count := sum(is_unprobed(session, planned) for planned in plan.units):
        lines.append(f"{pluralize(count, 'eval')} done before the server was probed ({UNPROBED})")
    return lines


def _judge_lines(session: Session, plan: Plan) -> list[str]:
    """What is known of the judges of the evals to do."""
    lines: dict[str, None] = {}
    for probe, known in plan_probes(plan, session.providers, session.store):
        name = f"judge {probe.judge.model}"
        if known is not None:
            lines[f"{name} · {describe_probe(known)}"] = None
        elif session.options.probe:
            count = pluralize(len(probe.requests), "known answer")
            lines[f"{name} · not probed yet; {count} will be put to it first"] = None
        else:
            lines[f"{name} · not probed (--no-probe)"] = None
    return list(lines)


def balance_line(balance: Balance) -> str:
    """`$3.20 left of the store's $5.00 (max_cost): $1.50 spent, $0.30 reserved by other runs`."""
    text = (
        f"{format_cost(balance.available)} left of the {format_cost(balance.limit)} that all runs "
        f"on this store may spend (max_cost): {format_cost(balance.spent)} spent"
    )
    if balance.lost:
        text += f", up to {format_cost(balance.lost)} of it for answers that never came"
    return f"{text}, {format_cost(balance.reserved)} reserved by runs" if balance.reserved else text


def _repetition_lines(repeated: Iterable[RepeatedScenarios]) -> list[str]:
    """A line for each setting whose training sets hold several rows of one scenario."""
    sizes: dict[str, list[str]] = {}
    for sets in repeated:
        least = f"{sets.fewest} to " if sets.fewest < sets.most else ""
        text = f"{pluralize(sets.rows, 'row')} of {least}{pluralize(sets.most, 'scenario')}"
        sizes.setdefault(sets.setting, []).append(text)
    return [
        f"{name}: training sets repeat scenarios ({', '.join(texts)})"
        for name, texts in sizes.items()
    ]


def _collection_line(
    session: Session, plan: Plan, seconds: float | None, cost: float | None
) -> str:
    total = sum(count_cells(selected.experiment) for selected in session.selection)
    names = ", ".join(
        selected.experiment.id + (" (pilot)" if _is_pilot(selected) else "")
        for selected in session.selection
    )
    parts = [f"{pluralize(len(plan.units), 'unit')}"]
    shared: Counter[str] = Counter(name for planned in plan.units for name in planned.shared_with)
    parts += [f"{number} shared with {name}" for name, number in sorted(shared.items())]
    done = len(plan.units) - len(plan.todo)
    if plan.deselected_units:
        parts.append(f"{len(plan.deselected_units)} deselected")
    parts += [f"{done} done", f"{len(plan.todo)} to do"]
    text = f"collected {pluralize(len(plan.cells), 'cell')} of {names}: {', '.join(parts)}"
    if total > len(plan.cells) and not session.options.full:
        text += f" (of {total} cells with --full)"
    if plan.todo and seconds is not None:
        text += f" · about {format_duration(seconds)}"
    return f"{text} · {'about ' if cost else ''}{format_cost(cost)}"


def _is_pilot(selected: Selection) -> bool:
    """Whether the selected cells are those of the pilot, and the experiment has more."""
    if len(selected.cells) == count_cells(selected.experiment):
        return False
    pilot = {cell.id for cell in cells(selected.experiment, full=False)}
    return {cell.id for cell in selected.cells} == pilot


def count_by_kind(units: Iterable[PlannedUnit]) -> str:
    """`5 trainings, 15 evals`."""
    kinds = Counter(planned.unit.kind for planned in units)
    return ", ".join(pluralize(kinds[kind], noun) for kind, noun in _NOUNS.items() if kinds[kind])
