"""The probe of the server under test: before the first unit of a run, after its cost was approved.

Its requests are booked like any other: each is admitted within the budget, and written with its
cost to a journal of probes. A server that does not do what evals ask of it ends the run before
anything else is paid. A server that does not answer does not: the units say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs

from ..errors import BudgetExceeded, ProviderError
from ..files.clock import utc_timestamp
from ..planning.draws import evals_to_sample
from ..providers.pricing import book_usage
from ..providers.probe import ParameterRefused, ProbeFailed
from ..providers.types import Usage
from ..providers.watch import NullMonitor
from ..spec import Model, Sampling
from ..units.identity import key
from ..units.journals import PROBES
from ..units.unit import Unit
from .types import Observer, Run
from .watch import BudgetMonitor


@attrs.define
class _ProbeMonitor(NullMonitor):
    """A monitor that stops when the run must."""

    observer: Observer

    def raise_if_stopped(self) -> None:
        self.observer.raise_if_stopped()


def probe_server(run: Run, notify: Callable[[str], None]) -> Run:
    """Probe the server for each base model that the run is to sample there.

    Args:
        run: The run.
        notify: Receives sentences for the user.

    Returns:
        The run, with what was found among its resources.

    Raises:
        ProbeFailed: The server does not do what it will be asked.
        RequestRejected: It refuses a parameter that an eval needs.
        BudgetExceeded: Nothing may be spent.
        Interrupted: The user asked to stop.
    """
    resources = run.resources
    if not resources.provider.has_probe or resources.judge_only:
        return run

    def model_of(unit: Unit) -> Model:
        return resources.model_under_test(unit).model

    evals = evals_to_sample(run.plan, run.store, resources.questions, model_of)
    for model, asked in evals.items():
        run = _probe_model(model, asked, run, notify)
    return run


def _probe_model(
    model: Model, evals: Sequence[tuple[str, Sampling]], run: Run, notify: Callable[[str], None]
) -> Run:
    """Probe the server for one model; the run, with what was found."""
    resources = run.resources
    payer, usages = evals[0][0], list[Usage]()
    samplings = tuple(dict.fromkeys(sampling for _, sampling in evals))
    monitor = BudgetMonitor(_ProbeMonitor(run.observer), resources.budget, payer, resources.prices)
    is_new = resources.provider.recall_probe(model) is None
    try:
        result = resources.provider.probe(model, samplings, usages, monitor)
    except (ProbeFailed, ParameterRefused, BudgetExceeded):
        raise
    except ProviderError as error:
        notify(f"{model.id} could not be probed: {error.message}")
        return run
    finally:
        _book(model, run, payer, usages)
        resources.budget.release(payer)
    if result is None:
        return run
    if is_new:
        notify(f"{model.id} · probed with {len(usages)} answers: {result.summary}")
    options = attrs.evolve(
        resources.client_options,
        probes={**resources.client_options.probes, model.id: result},
    )
    return attrs.evolve(run, resources=attrs.evolve(resources, client_options=options))


def _book(model: Model, run: Run, payer: str, usages: Sequence[Usage]) -> None:
    """Write down what a probe cost, and charge the budget."""
    if not usages:
        return
    store, resources = run.store, run.resources
    name = key(PROBES.prefix, (model.id, run.run_id))
    at = utc_timestamp()

    def record(costs: Sequence[float | None]) -> None:
        lines = [
            {
                "question": payer,
                "sample": index,
                "unit": payer,
                "at": at,
                "billed_model": usage.model,
                "billed_input": usage.input,
                "billed_output": usage.output,
                "cost_usd": cost,
            }
            for index, (usage, cost) in enumerate(zip(usages, costs, strict=True))
        ]
        store.append(store.journal(name), lines)

    with store.lock(name):
        book_usage(payer, usages, resources.prices, resources.budget, record)
