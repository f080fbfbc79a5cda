"""The sampled answers of some experiments, in columns, with repeated values stored once.

An answer that several cells share appears once, with all of its cells. Rows are in the order of
unit, question and sample.

A browser cannot open a page of a million answers. Above `MAX_ANSWERS` the page has at most a fixed
number of answers per unit and outcome, so that rare outcomes are complete and common ones are a
sample: the answers with the lowest keys, which are digests, so the sample is the same each time.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from ...analysis.evidence import ResultScope

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")
MAX_ANSWERS = 60_000
_MIN_PROBABILITY = 0.0005
_UNITS = """
SELECT c.unit, c.setting, any_value(c.data) AS data, c.eval, any_value(c.title) AS title,
       any_value(c.distribution) AS distribution,
       list(DISTINCT {'e': c.experiment, 'c': c.condition, 's': c.seed}
            ORDER BY {'e': c.experiment, 'c': c.condition, 's': c.seed}) AS cells,
       any_value(u.payload->>'$.eval.sampling.system') AS system
FROM current_eval c
JOIN unit u ON u.unit = c.unit
JOIN unit_journal j ON j.unit = c.unit AND j.role = 'answers'
WHERE list_contains($1, c.experiment) AND c.model = $2
GROUP BY c.unit, c.setting, c.eval
ORDER BY c.setting, min(c.position), min(c.misaligned_ratio) NULLS FIRST,
         min(c.total_samples) NULLS FIRST, c.unit
"""
_COUNTS = """
SELECT count(*) FROM score WHERE unit IN (SELECT unnest($1)) GROUP BY unit, outcome
"""
_SELECTED = """
WITH selected AS (
    SELECT * FROM score WHERE unit IN (SELECT unnest($1))
    QUALIFY row_number() OVER (PARTITION BY unit, outcome ORDER BY answer) <= $2
)
"""
_ANSWERS = f"""{_SELECTED}
SELECT s.unit, q.id, q.prompt, q.system, q.history, s.sample, a.text, a.finish, s.outcome,
       s.metrics, s.question
FROM selected s
JOIN question q ON q.unit = s.unit AND q.question = s.question
JOIN answer a ON a.answer = s.answer
ORDER BY list_position($1, s.unit), q.id, s.sample
"""
_VERDICTS = f"""{_SELECTED}
SELECT s.unit, s.question, s.sample, substr(j.role, 11) AS judge, g.verdict
FROM selected s
JOIN unit_journal j ON j.unit = s.unit AND j.role LIKE 'judgments:%'
JOIN judgment g ON g.journal = j.journal AND g.question = s.question AND g.sample = s.sample
"""


class _InternTable:
    """Distinct values, each stored once and referred to by its index."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._indices: dict[Any, int] = {}

    def index(self, key: Any, value: Any = None) -> int:
        """The index of a key, whose value (the key itself by default) is stored on first use."""
        if key not in self._indices:
            self._indices[key] = len(self.values)
            self.values.append(key if value is None else value)
        return self._indices[key]


def answer_columns(
    connection: DuckDBPyConnection, scope: ResultScope, max_answers: int
) -> dict[str, Any]:
    """The sampled answers of the scope's experiments.

    Args:
        connection: To the results database.
        scope: Which experiments, model and data sources.
        max_answers: About how many answers to return at most.

    Returns:
        `total`: number of answers there are; `each`: largest number of rows per unit and outcome,
        None if all answers are included;
        `units`, `questions`, `finishes`, `outcomes`, `verdicts`: the values that rows refer to by
        index; `unit`, `question`, `sample`, `text`, `finish`, `outcome`: columns with one value
        per row;
        `metrics` and `judges`: columns by name, None where a row has no value.
    """
    units, systems = _answered_units(connection, scope)
    keys = [unit["unit"] for unit in units]
    builder = _ColumnBuilder(keys, systems)
    counts = [count for (count,) in connection.execute(_COUNTS, [keys]).fetchall()]
    limit = _group_limit(counts, max_answers)
    parameters = [keys, max(counts, default=0) if limit is None else limit]
    for row in connection.execute(_ANSWERS, parameters).fetchall():
        builder.add_answer(*row)
    for row in connection.execute(_VERDICTS, parameters).fetchall():
        builder.add_verdict(*row)
    return {
        "total": sum(counts),
        "each": limit,
        "units": units,
        "questions": builder.questions.values,
        "finishes": builder.finishes.values,
        "outcomes": builder.outcomes.values,
        "verdicts": builder.verdicts.values,
        **builder.columns,
        "metrics": {
            name: builder.dense(column) for name, column in sorted(builder.metrics.items())
        },
        "judges": {name: builder.dense(column) for name, column in sorted(builder.judges.items())},
    }


def _group_limit(counts: Sequence[int], max_answers: int) -> int | None:
    """The largest number of answers per group with which all groups together stay under a maximum.

    Args:
        counts: Number of answers of each group.
        max_answers: The maximum.

    Returns:
        At least 1; None if all answers fit.
    """
    if sum(counts) <= max_answers:
        return None
    remaining, groups = max_answers, len(counts)
    for count in sorted(counts):
        if count * groups > remaining:
            return max(remaining // groups, 1)
        remaining, groups = remaining - count, groups - 1
    raise AssertionError("the counts exceed the maximum, so the loop has returned")


def _answered_units(
    connection: DuckDBPyConnection, scope: ResultScope
) -> tuple[list[dict[str, Any]], list[str | None]]:
    """The units with sampled answers and their cells, and the system prompt of each unit."""
    units, systems = [], []
    rows = connection.execute(_UNITS, [list(scope.experiments), scope.model]).fetchall()
    for unit, setting, data, eval_id, title, distribution, cells, system in rows:
        if scope.data.get(setting) == data:
            systems.append(system)
            units.append(
                {
                    "unit": unit,
                    "setting": setting,
                    "eval": eval_id,
                    "title": title,
                    "distribution": distribution,
                    "cells": [[cell["e"], cell["c"], cell["s"]] for cell in cells],
                }
            )
    return units, systems


class _ColumnBuilder:
    """Builds the columns row by row.

    Args:
        keys: Of the units with sampled answers.
        systems: System prompt of each unit, for questions without their own.
    """

    def __init__(self, keys: Sequence[str], systems: Sequence[str | None]) -> None:
        self._unit_indices = {key: index for index, key in enumerate(keys)}
        self._systems = systems
        self._rows: dict[tuple[str, str, int], int] = {}
        self.questions, self.finishes = _InternTable(), _InternTable()
        self.outcomes, self.verdicts = _InternTable(), _InternTable()
        self.columns: dict[str, list[Any]] = {
            name: [] for name in ("unit", "question", "sample", "text", "finish", "outcome")
        }
        self.metrics: dict[str, dict[int, float]] = {}
        self.judges: dict[str, dict[int, int]] = {}

    def add_answer(
        self, unit: str, question_id: str, prompt: str, system: str | None, history: str | None,
        sample: int, text: str, finish: str, outcome: str, scores: dict[str, float] | None,
        question: str,
    ) -> None:  # fmt: skip
        row = self._rows[unit, question, sample] = len(self._rows)
        unit_index = self._unit_indices[unit]
        content = {
            "id": question_id, "prompt": prompt, "system": system or self._systems[unit_index],
            "history": _display_history(history),
        }  # fmt: skip
        values = (
            unit_index,
            self.questions.index(tuple(content.values()), content),
            sample,
            text,
            self.finishes.index(finish),
            self.outcomes.index(outcome),
        )
        for name, value in zip(self.columns, values, strict=True):
            self.columns[name].append(value)
        for name, score in (scores or {}).items():
            self.metrics.setdefault(name, {})[row] = round(score, 4)

    def add_verdict(self, unit: str, question: str, sample: int, judge: str, verdict: str) -> None:
        row = self._rows.get((unit, question, sample))
        if row is not None:
            index = self.verdicts.index(verdict, _display_verdict(verdict))
            self.judges.setdefault(judge, {})[row] = index

    def dense(self, values: Mapping[int, T]) -> list[T | None]:
        """A column with one value per row, None for a row without one."""
        return [values.get(row) for row in range(len(self._rows))]


def _display_history(history: str | None) -> str:
    """The turns that a question follows, for display: a paragraph each, with its role."""
    return "\n\n".join(f"{turn['role']}: {turn['content']}" for turn in json.loads(history or "[]"))


def _display_verdict(verdict: str) -> dict[str, Any]:
    """A stored verdict for display: the distribution over the first token, or the JSON itself."""
    content = json.loads(verdict)
    if not isinstance(content, dict) or not content.get("top"):
        return {"text": json.dumps(content, ensure_ascii=False, indent=1)}
    top = [[token, round(math.exp(logprob), 4)] for token, logprob in content["top"]]
    likely = [[token, share] for token, share in top if share >= _MIN_PROBABILITY]
    return {"top": likely, "text": content.get("text", "")}
