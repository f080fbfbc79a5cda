"""The rulings on each claim in all specifications, and which choice turns them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from ...spec import Claim, Experiment
from ...spec.quantities import Relation
from ..evidence import ResultScope, load_evidence
from ..rulings import Outcome, applicable_evidence, claimed_conditions
from ..verdicts import count_comparisons, declared_scope, judged_expectations, open_reason
from .batch_rulings import no_rulings, rule_batch
from .batches import SpecificationBatch
from .families import JudgedFamilies, eval_family, group_by_judge
from .specifications import Dimension, SpecificationRuling

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEANING = (
    "specifications share their answers: they are no independent tests, their number is no "
    "evidence, and the verdict is that of the declared specification alone"
)
"""What a multiverse may claim."""


@attrs.frozen(kw_only=True)
class Turn:
    """A choice that, changed alone, changes the declared ruling.

    Args:
        dimension: What is changed.
        choice: What it is changed to.
        outcome: The ruling then.
    """

    dimension: Dimension
    choice: str
    outcome: Outcome


@attrs.frozen(kw_only=True)
class ClaimMultiverse:
    """One claim in one eval, in all specifications.

    Args:
        says: The expectation in words.
        claim: The claim in words.
        where: Setting and eval.
        is_above: Whether the claim is that the left side lies above the right one.
        rulings: The declared specification first.
        notes: What is left out, and why.
    """

    says: str
    claim: str
    where: str
    is_above: bool
    rulings: tuple[SpecificationRuling, ...]
    notes: tuple[str, ...] = ()

    @property
    def declared(self) -> SpecificationRuling:
        """The ruling in the declared specification: that of the verdict."""
        return self.rulings[0]

    @property
    def counts(self) -> dict[Outcome, int]:
        """The number of specifications by outcome."""
        return _count(self.rulings)

    @property
    def on_claimed_side(self) -> int:
        """The number of specifications whose estimate, whatever its interval, has the claimed
        sign."""
        sign = 1 if self.is_above else -1
        return sum(ruling.value is not None and sign * ruling.value > 0 for ruling in self.rulings)

    @property
    def estimated(self) -> int:
        """The number of specifications with an estimate."""
        return sum(ruling.value is not None for ruling in self.rulings)

    def by_choice(self, dimension: Dimension) -> dict[str, dict[Outcome, int]]:
        """The outcomes of all specifications with a choice, by choice."""
        chosen: dict[str, list[SpecificationRuling]] = {}
        for ruling in self.rulings:
            chosen.setdefault(ruling.specification.choice(dimension), []).append(ruling)
        return {choice: _count(rulings) for choice, rulings in chosen.items()}

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The single choices that change the declared ruling, in the order of specifications."""
        declared = self.declared
        return tuple(
            Turn(
                dimension=dimension,
                choice=ruling.specification.choice(dimension),
                outcome=ruling.outcome,
            )
            for dimension in Dimension
            for ruling in self.rulings
            if ruling.outcome is not declared.outcome
            and declared.specification.is_neighbour(ruling.specification, dimension)
        )


def _count(rulings: Sequence[SpecificationRuling]) -> dict[Outcome, int]:
    counter = Counter(ruling.outcome for ruling in rulings)
    return {outcome: counter[outcome] for outcome in Outcome if counter[outcome]}


def multiverses(
    connection: DuckDBPyConnection, experiment: Experiment, scope: ResultScope
) -> list[ClaimMultiverse]:
    """Every claim of an experiment that applies to its design, in each eval that it applies to.

    Args:
        connection: To the results database.
        experiment: Its claims name conditions as this experiment declares them.
        scope: The model and data sources whose results to use.
    """
    all_evidence = load_evidence(connection, declared_scope(experiment, scope))
    comparisons = count_comparisons(experiment, all_evidence)
    families = group_by_judge(all_evidence)
    judged = JudgedFamilies(connection, experiment, families)
    found = []
    for expectation in judged_expectations(experiment):
        for claim in expectation.claims:
            for family in dict.fromkeys(map(eval_family, applicable_evidence(claim, all_evidence))):
                batches = judged.load(family)
                one = _multiverse(expectation.says, claim, experiment, batches, comparisons)
                found.append(attrs.evolve(one, notes=tuple(judged.notes.get(family, ()))))
    return found


def _multiverse(
    says: str,
    claim: Claim,
    experiment: Experiment,
    batches: Sequence[SpecificationBatch],
    comparisons: int,
) -> ClaimMultiverse:
    declared = batches[0].evidence
    needed = claimed_conditions(claim, declared)
    return ClaimMultiverse(
        says=says,
        claim=str(claim),
        where=declared.where,
        is_above=claim.relation is Relation.ABOVE,
        rulings=tuple(
            ruling
            for batch in batches
            for ruling in _rulings(claim, batch, experiment, needed, comparisons)
        ),
    )


def _rulings(
    claim: Claim,
    batch: SpecificationBatch,
    experiment: Experiment,
    needed: frozenset[str],
    comparisons: int,
) -> Iterator[SpecificationRuling]:
    """The rulings in one batch.

    Args:
        claim: It applies to the eval.
        batch: The specifications.
        experiment: The experiment that declares the claim.
        needed: The conditions that the claim is judged by in the declared specification.
        comparisons: Number of rulings that the verdict is corrected for.
    """
    absent = needed - {condition.name for condition in batch.evidence.conditions}
    if absent:
        reason = f"no answer counts in {', '.join(sorted(absent))}"
        return no_rulings(batch, Outcome.INCONCLUSIVE, reason)
    if reason := open_reason(claim, experiment, batch.evidence):
        return no_rulings(batch, Outcome.OPEN, reason)
    return rule_batch(claim, batch, comparisons)
