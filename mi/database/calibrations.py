"""Loading calibrations, and the corrected rates that follow from them.

Corrected rates are computed by `mi.analysis.calibrations` whenever something changed, so that a
query and a report show the same ones. The schema's version covers this file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..analysis.calibrations import (
    Calibration,
    Corrector,
    JudgedAnswers,
    NaiveRate,
    in_units,
    load_judged_answers,
)
from ..files.serialize import converter
from ..store.calibrations import read_calibration
from ..units.labels import LabelDesign
from .load import insert_rows

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CALIBRATIONS = """
SELECT c.calibration, c.judge, c.metric, c.design, list(l.answer ORDER BY l.answer),
       list(l.label ORDER BY l.answer)
FROM calibration c JOIN calibration_label l USING (calibration) GROUP BY ALL ORDER BY 1
"""
_CONDITIONS = """
SELECT DISTINCT c.family, c.unit_list, c.units, m.n, m.mean, coalesce(m.ci_low, 'nan'::DOUBLE),
       coalesce(m.ci_high, 'nan'::DOUBLE), u.payload->>'questions'
FROM _condition_units c
JOIN _condition_metric m ON m.family = c.family AND m.unit_list = c.unit_list
JOIN unit u ON u.unit = c.units[1]
WHERE m.metric = $1 AND c.units[1] IN (SELECT unnest($2)) ORDER BY ALL
"""


def load_calibration(connection: DuckDBPyConnection, path: Path) -> None:
    """Load a calibration.

    Raises:
        CorruptError: It is not what was written.
    """
    record, name = read_calibration(path), path.stem
    values = converter().unstructure(record)
    judge, design = (
        None if values[key] is None else json.dumps(values[key], ensure_ascii=False)
        for key in ("judge", "design")
    )
    positives = sum(record.labels.values())
    counts = (len(record.labels), positives)
    row = (name, record.judge_name, judge, record.metric, *counts, design, record.source,
           record.time)  # fmt: skip
    insert_rows(connection, "calibration", [row])
    rows = [(name, answer, label) for answer, label in record.labels.items()]
    insert_rows(connection, "calibration_label", rows)


def summarise_corrections(connection: DuckDBPyConnection) -> None:
    """Fill in the corrected rates of all conditions, by every calibration."""
    connection.execute("DELETE FROM _correction")
    for name, judge, metric, design, answers, labels in connection.execute(
        _CALIBRATIONS
    ).fetchall():
        calibration = Calibration(
            judge=json.loads(judge),
            metric=metric,
            labels=dict(zip(answers, labels, strict=True)),
            design=None if design is None else read_design(design),
        )
        rows = [(name, *row) for row in _corrections(connection, calibration)]
        insert_rows(connection, "_correction", rows)


def read_design(text: str) -> LabelDesign:
    """The design in a column."""
    design: LabelDesign = converter().structure(json.loads(text), LabelDesign)
    return design


def _corrections(
    connection: DuckDBPyConnection, calibration: Calibration
) -> Iterator[tuple[Any, ...]]:
    """The columns of `_correction` after the first, for each condition that the judge judged and
    that was asked the same questions as the labelled answers."""
    answers = load_judged_answers(connection, calibration)
    corrector = Corrector.build(answers, has_design=calibration.design is not None)
    questions = _labelled_questions(answers)
    units = sorted(set(answers.unit.tolist()))
    rows = connection.execute(_CONDITIONS, [calibration.metric, units]).fetchall()
    for family, unit_list, own_units, n, mean, low, high, asked in rows:
        if asked not in questions:
            continue
        own = answers.select(in_units(answers, own_units))
        correction = corrector.correct(own, NaiveRate(mean=mean, low=low, high=high, n=n))
        numbers = (correction.labels, correction.mean, correction.low, correction.high)
        yield (
            family,
            unit_list,
            calibration.metric,
            correction.method.value,
            *numbers,
            correction.note,
        )


def _labelled_questions(answers: JudgedAnswers) -> set[str]:
    """The question sets that labelled answers are to."""
    return set(answers.labelled.questions.tolist())
