"""Judges by the words that a command uses for them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...units.labels import judge_name
from .answers import judges_by_unit

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_EVALS = """
SELECT eval, headline, list(DISTINCT unit ORDER BY unit) AS units
FROM current_eval GROUP BY ALL ORDER BY min(position), eval
"""


@attrs.frozen(kw_only=True)
class StoredJudge:
    """A judge whose verdicts are stored.

    Args:
        judge: As it stands in the payload of an eval.
        metric: The metric that is 1 for a positive verdict.
        evals: The ids of the evals that it judged.
        units: Their units.
    """

    judge: Mapping[str, Any]
    metric: str
    evals: tuple[str, ...]
    units: tuple[str, ...]

    @property
    def name(self) -> str:
        """The model, or the kind of judge."""
        return judge_name(self.judge)

    def answers_to(self, word: str) -> bool:
        """Whether a word of a command means this judge: its model, with or without the provider,
        its kind, or an eval."""
        names = {self.name, self.name.partition(":")[2], str(self.judge.get("!", ""))}
        return word.lower() in {name.lower() for name in names if name} or word in self.evals


def list_judges(connection: DuckDBPyConnection) -> list[StoredJudge]:
    """Every judge with scores in current evals, by metric, in the order of the evals."""
    judges = judges_by_unit(connection)
    judges_by_key: dict[tuple[str, str], StoredJudge] = {}
    for eval, metric, units in connection.execute(_EVALS).fetchall():
        for unit in units:
            if (judge := judges.get(unit)) is None:
                continue
            key = json.dumps(judge, sort_keys=True), metric
            known = judges_by_key.get(key)
            judges_by_key[key] = StoredJudge(
                judge=judge,
                metric=metric,
                evals=_joined(known.evals if known else (), eval),
                units=(*(known.units if known else ()), unit),
            )
    return list(judges_by_key.values())


def _joined(names: Sequence[str], name: str) -> tuple[str, ...]:
    return tuple(names) if name in names else (*names, name)
