"""Registering expectations: before a run's first eval, or by `mi register`.

A registration records what the store held about the claims' conditions at that moment. So what is
done again, sampled further, judged otherwise or deleted later does not turn data that were there
into data that came after. Each expectation is registered once for each design: whoever comes second
finds the first registration, which counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress

import attrs

from ..errors import CorruptError
from ..files import journal
from ..files.clock import utc_timestamp
from ..spec import Expect, Experiment
from ..store.base import Store
from ..store.layout import CELLS
from ..store.provenance import Provenance
from ..store.records import BegunRecord
from ..store.registrations import REGISTRATION_LOCK, RegistrationRecord
from ..units.cells import ConditionAxes
from ..units.claim_scope import is_applicable
from ..units.claims import (
    Term,
    claim_terms,
    conditions_digest,
    expectation_id,
)
from ..units.identity import json_form
from ..units.journals import JUDGMENTS
from ..units.roles import is_eval_role
from ..units.unit import Evaluate
from .plan import Plan, PlannedCell

_QUESTIONS_FILE = "questions.jsonl"


@attrs.frozen
class Registration:
    """A registration that counts for an experiment: its name, its content, and whether it is new.

    `is_new` is False if the store had it before.
    """

    name: str
    record: RegistrationRecord
    is_new: bool


def experiments_with_evals_to_do(plan: Plan) -> set[str]:
    """The ids of the experiments of which a run of this plan does an eval."""
    return {
        cell.partition("::")[0]
        for planned in plan.attempts
        if isinstance(planned.unit.payload, Evaluate)
        for cell in planned.cells
    }


def register_expectations(
    store: Store,
    experiments: Sequence[Experiment],
    provenance: Provenance,
    *,
    plan: Plan | None = None,
    run: str | None = None,
    on_wait: Callable[[str], None] | None = None,
) -> list[Registration]:
    """Register the expectations of experiments, unless they are registered for these designs.

    Args:
        store: Where they are registered.
        experiments: The experiments.
        provenance: The code and machine that register them.
        plan: The plan of the run that registers them; None: no run does.
        run: The id of that run.
        on_wait: Called each second while another run registers something; may raise.

    Returns:
        The registration of each expectation that applies to its experiment's design, in order.

    Raises:
        StoreError: A registration cannot be written.
    """
    drafts = [
        _Draft(experiment, expectation)
        for experiment in experiments
        for expectation in experiment.expectations
        if is_applicable(expectation, experiment)
    ]
    present = _by_identity(store)
    if all(draft.identity in present for draft in drafts):
        return [Registration(*present[draft.identity], is_new=False) for draft in drafts]
    registered = []
    with store.lock(REGISTRATION_LOCK, on_wait=on_wait):
        store.refresh()
        present = _by_identity(store)
        results = ExistingResults(store, plan)
        for draft in drafts:
            is_new = draft.identity not in present
            if is_new:
                record = draft.record(results.names(draft.terms), provenance, run)
                present[draft.identity] = store.save_registration(record), record
            registered.append(Registration(*present[draft.identity], is_new=is_new))
    return registered


def _by_identity(store: Store) -> dict[tuple[str, str, str], tuple[str, RegistrationRecord]]:
    """The first registration of each expectation and design, with its name."""
    present: dict[tuple[str, str, str], tuple[str, RegistrationRecord]] = {}
    for name, record in store.registrations().items():
        present.setdefault(record.identity, (name, record))
    return present


@attrs.frozen
class _Draft:
    """An expectation that is to be registered."""

    experiment: Experiment
    expectation: Expect

    @property
    def terms(self) -> tuple[Term, ...]:
        return claim_terms(self.expectation.claims, self.experiment)

    @property
    def identity(self) -> tuple[str, str, str]:
        """As `RegistrationRecord.identity`."""
        name = expectation_id(self.expectation)
        return self.experiment.id, name, conditions_digest(self.terms)

    def record(
        self, existing: Collection[str], provenance: Provenance, run: str | None
    ) -> RegistrationRecord:
        """The record of this moment.

        Args:
            existing: What the store holds about the terms.
            provenance: The code and machine.
            run: The run that registers it; None: no run does.
        """
        return RegistrationRecord(
            experiment=self.experiment.id,
            expectation=expectation_id(self.expectation),
            says=self.expectation.says,
            claims=json_form(self.expectation.claims),
            settings=tuple(setting.id for setting in self.experiment.settings),
            terms=self.terms,
            time=utc_timestamp(),
            run=run,
            commit=provenance.commit,
            dirty=provenance.dirty,
            host=provenance.host,
            existing=tuple(sorted(existing)),
        )


@attrs.define
class ExistingResults:
    """What a store holds about conditions, whichever experiment, model and data it is of.

    Args:
        store: The store, up to date.
        plan: The plan of a run, whose units are known before the run is recorded; None: no run.
    """

    store: Store
    plan: Plan | None
    _keys: dict[ConditionAxes, set[str]] = attrs.field(init=False)
    _names: dict[ConditionAxes, set[str]] = attrs.field(init=False, factory=dict)

    @_keys.default
    def _collect_keys(self) -> dict[ConditionAxes, set[str]]:
        """Condition → the keys of its evals in the plan, and in all runs that were ever started."""
        keys: dict[ConditionAxes, set[str]] = {}
        for planned in self.plan.cells if self.plan else ():
            keys.setdefault(planned.cell.condition_axes, set()).update(_eval_keys(planned))
        for path in sorted((self.store.root / CELLS).glob("selection-*.jsonl")):
            with suppress(CorruptError):  # reported when the database loads it
                for line in journal.read_records(path):
                    named = line.get("inoculation"), line.get("axes")
                    axes = (line["misaligned_ratio"], line["total_samples"], *named)
                    evals = (key for role, key in line["units"].items() if is_eval_role(role))
                    keys.setdefault(axes, set()).update(evals)
        return keys

    def names(self, terms: Iterable[Term]) -> set[str]:
        """The names of what there is about these terms; see `RegistrationRecord.existing`."""
        return {
            name for axes in {term.axes for term in terms} for name in self._condition_names(axes)
        }

    def _condition_names(self, axes: ConditionAxes) -> set[str]:
        """The keys of a condition's evals, and what their journals hold answers to."""
        if axes not in self._names:
            keys = self._keys.get(axes, set())
            records = [record for key in keys for record in self._finished(key)]
            records += list(self._with_first_results(keys, records))
            self._names[axes] = {
                name for record in records for name in (record.key, *_answered(record))
            }
        return self._names[axes]

    def _finished(self, key: str) -> Iterator[BegunRecord]:
        """The records of an eval that is published, or was before it was archived."""
        with suppress(CorruptError):
            if self.store.is_published(key):
                yield self.store.record(key)
        with suppress(CorruptError):
            yield from self.store.archived_records(key)

    def _with_first_results(
        self, keys: Iterable[str], finished: Sequence[BegunRecord]
    ) -> Iterator[BegunRecord]:
        """The records of evals that are not finished and have results in a journal.

        A journal is shared, and the lines of free models do not say which eval asked for them. So
        lines that answer a question of a finished eval do not count.

        Args:
            keys: All evals of a condition.
            finished: The finished ones among them.
        """
        answered = {
            (name, line["question"])
            for record in finished
            for line in journal.read_records(self.store.record_dir(record.key) / _QUESTIONS_FILE)
            for name in record.journals.values()
        }
        for key in keys:
            with suppress(CorruptError):
                begun = self.store.begun_record(key)
                if begun is not None and any(
                    line.get("unit", key) == key and (name, line["question"]) not in answered
                    for name in _answer_journals(begun)
                    for line in journal.read_records(self.store.journal(name))
                ):
                    yield begun


def _answer_journals(record: BegunRecord) -> list[str]:
    """The journals of an eval's answers or likelihoods."""
    return [name for role, name in record.journals.items() if not JUDGMENTS.has_role(role)]


def _answered(record: BegunRecord) -> Iterator[str]:
    """The journals of an eval's answers or likelihoods, each with the digest of its questions."""
    for name in _answer_journals(record):
        yield f"{name}:{record.payload['questions']}"


def _eval_keys(planned: PlannedCell) -> Iterator[str]:
    for role, key in planned.units.items():
        if is_eval_role(role):
            yield key
