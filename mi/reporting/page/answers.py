"""The answers of some experiments, in columns: what is said often stands there once.

An answer that several cells share is there once, with all of them. Rows are in the order of unit,
question and sample.

Nobody reads a million answers, and no browser opens a page of them. Of more than `MOST` there are
as many as fit, at most so many of each unit and outcome, so that what is rare is there whole and
what is common by a sample: the answers whose keys, which are digests, come first, the same ones
each time.
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
SELECT c.unit, c.setting, any_value(c.data) AS data, e.eval, any_value(e.title) AS title,
       any_value(e.distribution) AS distribution,
       list(DISTINCT {'e': c.experiment, 'c': c.condition, 's': c.seed}
            ORDER BY {'e': c.experiment, 'c': c.condition, 's': c.seed}) AS cells,
       any_value(u.payload->>'$.eval.sampling.system') AS system
FROM current_cell c
JOIN cell_eval e ON e.selection = c.selection AND e.setting = c.setting
                AND c.role = 'eval:' || e.eval
JOIN unit u ON u.unit = c.unit
JOIN unit_journal j ON j.unit = c.unit AND j.role = 'answers'
WHERE list_contains($1, c.experiment) AND c.model = $2
GROUP BY c.unit, c.setting, e.eval
ORDER BY c.setting, min(e.position), min(c.misaligned_ratio) NULLS FIRST,
         min(c.total_samples) NULLS FIRST, c.unit
"""
_COUNTS = """
SELECT count(*) FROM score WHERE unit IN (SELECT unnest($1)) GROUP BY unit, outcome
"""
_SHOWN = """
WITH shown AS (
    SELECT * FROM score WHERE unit IN (SELECT unnest($1))
    QUALIFY row_number() OVER (PARTITION BY unit, outcome ORDER BY answer) <= $2
)
"""
_ANSWERS = f"""{_SHOWN}
SELECT s.unit, q.id, q.prompt, q.system, s.sample, a.text, a.finish, s.outcome, s.metrics,
       s.question
FROM shown s
JOIN question q ON q.unit = s.unit AND q.question = s.question
JOIN answer a ON a.answer = s.answer
ORDER BY list_position($1, s.unit), q.id, s.sample
"""
_VERDICTS = f"""{_SHOWN}
SELECT s.unit, s.question, s.sample, substr(j.role, 11) AS judge, g.verdict
FROM shown s
JOIN unit_journal j ON j.unit = s.unit AND j.role LIKE 'judgments:%'
JOIN judgment g ON g.journal = j.journal AND g.question = s.question AND g.sample = s.sample
"""


class _InternTable:
    """Values by number, each kept once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._indices: dict[Any, int] = {}

    def index(self, key: Any, value: Any = None) -> int:
        if key not in self._indices:
            self._indices[key] = len(self.values)
            self.values.append(key if value is None else value)
        return self._indices[key]


def answer_columns(
    connection: DuckDBPyConnection, scope: ResultScope, max_answers: int
) -> dict[str, Any]:
    """The sampled answers of the subject's experiments, about `most` at most.

    Returns:
        `total`: how many there are; `each`: of how many of a unit and outcome there are rows, None
        where all are there;
        `units`, `questions`, `finishes`, `outcomes`, `verdicts`: what rows name by number; `unit`,
        `question`, `sample`, `text`, `finish`, `outcome`: a column each, with a value a row;
        `metrics` and `judges`: columns by name, with None where there is nothing.
    """
    units, systems = _answered_units(connection, scope)
    keys = [one["unit"] for one in units]
    made = _ColumnBuilder(keys, systems)
    counts = [count for (count,) in connection.execute(_COUNTS, [keys]).fetchall()]
    each = _group_limit(counts, max_answers)
    asked = [keys, max(counts, default=0) if each is None else each]
    for row in connection.execute(_ANSWERS, asked).fetchall():
        made.add_answer(*row)
    for row in connection.execute(_VERDICTS, asked).fetchall():
        made.add_verdict(*row)
    return {
        "total": sum(counts),
        "each": each,
        "units": units,
        "questions": made.questions.values,
        "finishes": made.finishes.values,
        "outcomes": made.outcomes.values,
        "verdicts": made.verdicts.values,
        **made.columns,
        "metrics": {name: made.dense(found) for name, found in sorted(made.metrics.items())},
        "judges": {name: made.dense(found) for name, found in sorted(made.judges.items())},
    }


def _group_limit(counts: Sequence[int], max_answers: int) -> int | None:
    """The largest number of which every group may have as many and all together have `most`; at
    least one; None where that is everything."""
    if sum(counts) <= max_answers:
        return None
    left, groups = max_answers, len(counts)
    for count in sorted(counts):
        if count * groups > left:
            return max(left // groups, 1)
        left, groups = left - count, groups - 1
    raise AssertionError("there are more than may be shown")


def _answered_units(
    connection: DuckDBPyConnection, scope: ResultScope
) -> tuple[list[dict[str, Any]], list[str | None]]:
    """The units with answers and all cells of each, and the system prompt each asks under."""
    units, systems = [], []
    rows = connection.execute(_UNITS, [list(scope.experiments), scope.model]).fetchall()
    for unit, setting, data, eval, title, distribution, cells, system in rows:
        if scope.data.get(setting) == data:
            systems.append(system)
            units.append(
                {
                    "unit": unit,
                    "setting": setting,
                    "eval": eval,
                    "title": title,
                    "distribution": distribution,
                    "cells": [[cell["e"], cell["c"], cell["s"]] for cell in cells],
                }
            )
    return units, systems


class _ColumnBuilder:
    """The columns as they grow, row by row."""

    def __init__(self, keys: Sequence[str], systems: Sequence[str | None]) -> None:
        self._units = {key: at for at, key in enumerate(keys)}
        self._systems = systems
        self._rows: dict[tuple[str, str, int], int] = {}
        self.questions, self.finishes, self.outcomes = (
            _InternTable(),
            _InternTable(),
            _InternTable(),
        )
        self.verdicts = _InternTable()
        self.columns: dict[str, list[Any]] = {
            name: [] for name in ("unit", "question", "sample", "text", "finish", "outcome")
        }
        self.metrics: dict[str, dict[int, float]] = {}
        self.judges: dict[str, dict[int, int]] = {}

    def add_answer(
        self, unit: str, id: str, prompt: str, system: str | None, sample: int, text: str,
        finish: str, outcome: str, scores: dict[str, float] | None, question: str,
    ) -> None:  # fmt: skip
        at = self._rows[unit, question, sample] = len(self._rows)
        place = self._units[unit]
        asked = {"id": id, "prompt": prompt, "system": system or self._systems[place]}
        values = (
            place,
            self.questions.index(tuple(asked.values()), asked),
            sample,
            text,
            self.finishes.index(finish),
            self.outcomes.index(outcome),
        )
        for name, value in zip(self.columns, values, strict=True):
            self.columns[name].append(value)
        for name, score in (scores or {}).items():
            self.metrics.setdefault(name, {})[at] = round(score, 4)

    def add_verdict(self, unit: str, question: str, sample: int, judge: str, verdict: str) -> None:
        at = self._rows.get((unit, question, sample))
        if at is not None:
            place = self.verdicts.index(verdict, _display_verdict(verdict))
            self.judges.setdefault(judge, {})[at] = place

    def dense(self, values: Mapping[int, T]) -> list[T | None]:
        """A column with a value, or None, for each row."""
        return [values.get(at) for at in range(len(self._rows))]


def _display_verdict(verdict: str) -> dict[str, Any]:
    """A verdict as it is shown: a distribution over words, or else what was found."""
    said = json.loads(verdict)
    if not isinstance(said, dict) or not said.get("top"):
        return {"text": json.dumps(said, ensure_ascii=False, indent=1)}
    top = [[token, round(math.exp(logprob), 4)] for token, logprob in said["top"]]
    return {"top": [one for one in top if one[1] >= _MIN_PROBABILITY], "text": said.get("text", "")}
