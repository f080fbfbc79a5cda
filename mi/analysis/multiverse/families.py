"""Families: evals that differ in the judge alone, with the numbers of their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from ...spec import Experiment, Judge, Sampled
from ..evidence import Evidence
from .answers import load_answers
from .batches import JudgedEval, SpecificationBatch, specification_batches
from .cuts import Cuts, judge_cuts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Family: TypeAlias = tuple[str, str]
"""A setting, and the id of an eval without its judge."""


def eval_family(evidence: Evidence) -> Family:
    return evidence.setting, re.sub(r"-by-.*$", "", evidence.eval)


def group_by_judge(all_evidence: Sequence[Evidence]) -> dict[Family, list[Evidence]]:
    """Evals that differ in the judge alone, the declared judge first."""
    families: dict[Family, list[Evidence]] = {}
    for evidence in all_evidence:
        families.setdefault(eval_family(evidence), []).append(evidence)
    return {
        family: sorted(members, key=lambda evidence: evidence.eval != family[1])
        for family, members in families.items()
    }


class JudgedFamilies:
    """The evals of an experiment with the numbers of their answers, loaded when first needed."""

    def __init__(
        self,
        connection: DuckDBPyConnection,
        experiment: Experiment,
        families: Mapping[Family, Sequence[Evidence]],
    ) -> None:
        self._connection = connection
        self._families = families
        self._declared = _declared_judges(experiment)
        self.notes: dict[Family, list[str]] = {}
        self._batches: dict[Family, list[SpecificationBatch]] = {}

    def load(self, family: Family) -> list[SpecificationBatch]:
        """The specifications of a family."""
        if family not in self._batches:
            judges = [self._judged(family, evidence) for evidence in self._families[family]]
            self._batches[family] = list(specification_batches(judges))
        return self._batches[family]

    def _judged(self, family: Family, evidence: Evidence) -> JudgedEval:
        import numpy as np

        stored = self._stored_judge(evidence)
        judge = _judge_name(stored)
        cuts = judge_cuts(stored, self._declared.get(family), evidence.metric)
        answers = load_answers(self._connection, evidence, cuts)
        outcomes, _ = cuts.outcomes(answers.numbers)
        if not np.array_equal(outcomes, answers.headline, equal_nan=True):
            self.notes.setdefault(family, []).append(
                f"the stored numbers of {judge} do not give its stored outcomes at the declared "
                "thresholds: other thresholds of it are left out"
            )
            cuts = Cuts(headline=evidence.metric)
            answers = attrs.evolve(answers, numbers={evidence.metric: answers.headline})
        return JudgedEval(judge=judge, evidence=evidence, cuts=cuts, answers=answers)

    def _stored_judge(self, evidence: Evidence) -> dict[str, Any] | None:
        """The JSON form of the judge of an eval; None if it has none."""
        unit = next(unit for units in evidence.units for unit in units)
        row = self._connection.execute(
            "SELECT payload->'$.eval.judge' FROM unit WHERE unit = ?", [unit]
        ).fetchone()
        value = json.loads(row[0]) if row and row[0] else None
        return value if isinstance(value, dict) else None


def _judge_name(stored: Mapping[str, Any] | None) -> str:
    """`openai:gpt-4o-2024-08-06`, `bandit`; `none` for an eval that no judge scores."""
    if stored is None:
        return "none"
    name = str(stored.get("model", stored["!"].lower()))
    votes = stored.get("votes", 1)
    return f"{name}, {votes} votes" if votes > 1 else name


def _declared_judges(experiment: Experiment) -> dict[Family, Judge]:
    """The judge that the experiment declares for each of its evals."""
    return {
        (setting.id, eval.id): eval.judge
        for setting in experiment.settings
        for eval in (*setting.id_evals, *setting.ood_evals, *experiment.evals)
        if isinstance(eval, Sampled)
    }
