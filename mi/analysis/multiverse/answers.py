"""The numbers of single answers, from the database: what thresholds are applied to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...units.journals import judgment_role
from ..evidence import Evidence
from .cuts import SEVERITY, Cuts

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray


@attrs.frozen(kw_only=True, eq=False)
class AnswerNumbers:
    """The answers to one eval, each an element of every array.

    Args:
        run: Index of the answer's unit among all units of the evidence, condition by condition.
        group: Index of its group in `groups`.
        groups: Names of the groups; one that is None if the eval was stored without.
        numbers: By name; NaN where an answer has none.
        headline: The stored outcome, 1 or 0; NaN for an answer without a score.
    """

    run: NDArray[np.int64]
    group: NDArray[np.int64]
    groups: tuple[str | None, ...]
    numbers: dict[str, NDArray[np.float64]]
    headline: NDArray[np.float64]

    @property
    def has_groups(self) -> bool:
        """Whether groups are known, so that one can be left out."""
        return None not in self.groups


_ANSWERS = """
SELECT list_position($units, s.unit) - 1 AS run, q."group" AS "group"{columns}
FROM score s LEFT JOIN question q USING (unit, question){joins}
WHERE s.unit IN (SELECT unnest($units)) ORDER BY run, s.question, s.sample
"""
_SEVERITY = """CASE WHEN v.verdict->>'$.state' = 'code' THEN
    list_max(list_transform(v.verdict->>'$.issues[*].severity',
        lambda s: CASE s WHEN 'high' THEN 3 WHEN 'medium' THEN 2 ELSE 1 END) || [0]) END"""
_SEVERITY_JOINS = f"""
LEFT JOIN unit_journal j ON j.unit = s.unit AND j.role = '{judgment_role("bandit")}'
LEFT JOIN judgment v ON v.journal = j.journal AND v.question = s.question AND v.sample = s.sample
"""


def load_answers(connection: DuckDBPyConnection, evidence: Evidence, cuts: Cuts) -> AnswerNumbers:
    """The numbers that cuts go through, of every answer of an eval.

    Args:
        connection: To the results database.
        evidence: Names the units.
        cuts: Name the numbers.
    """
    import numpy as np

    names = (evidence.metric, *cuts.numbers)
    parameters: dict[str, Any] = {"units": [unit for units in evidence.units for unit in units]}
    columns, joins = "", ""
    for index, name in enumerate(names):
        if name == SEVERITY:
            columns, joins = f"{columns}, {_SEVERITY} AS number{index}", _SEVERITY_JOINS
        else:
            columns += f", s.metrics[$metric{index}] AS number{index}"
            parameters[f"metric{index}"] = name
    query = _ANSWERS.format(columns=columns, joins=joins)
    rows = connection.execute(query, parameters).fetchnumpy()
    run, group, headline, *values = rows.values()
    labels = _texts(group)
    groups = sorted({label for label in labels if label is not None})
    known: tuple[str | None, ...] = (None,) if None in labels else tuple(groups)
    places = {label: max(index, 0) for index, label in enumerate(known)}
    return AnswerNumbers(
        run=np.asarray(run, dtype=np.int64),
        group=np.array([places.get(label, 0) for label in labels], dtype=np.int64),
        groups=known,
        numbers={name: _floats(value) for name, value in zip(cuts.numbers, values, strict=True)},
        headline=_floats(headline),
    )


def _texts(column: Any) -> Sequence[str | None]:
    """A column of texts with None for NULL."""
    import numpy as np

    mask = np.ma.getmaskarray(column)
    values = np.ma.getdata(column)
    return [None if hidden else str(value) for value, hidden in zip(values, mask, strict=True)]


def _floats(column: Any) -> NDArray[np.float64]:
    """A column of numbers with NaN for NULL."""
    import numpy as np

    filled: NDArray[np.float64] = np.ma.filled(np.ma.asarray(column).astype(float), np.nan)
    return filled
