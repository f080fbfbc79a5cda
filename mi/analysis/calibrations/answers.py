"""The judged answers that a calibration is about, as columns: verdict, rating, group, label.

Only answers with a verdict count: the rate of an eval is the share among them. Evals can share an
answer, so each has a row of its own, and what is counted is `distinct`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...units.labels import NOT_DRAWN, LabelDesign

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

UNLABELLED = -1

_JUDGES = """
SELECT unit, payload->>'$.eval.judge' AS judge FROM unit WHERE kind = 'eval' AND judge IS NOT NULL
"""
_ANSWERS = """
SELECT s.answer, s.unit, coalesce(q."group", '') AS "group", s.metrics[$2] AS verdict,
       s.metrics[$3] AS rating, u.payload->>'questions' AS questions
FROM score s JOIN unit u USING (unit) LEFT JOIN question q USING (unit, question)
WHERE s.unit IN (SELECT unnest($1)) AND s.answer IS NOT NULL AND s.metrics[$2] IS NOT NULL
ORDER BY s.unit, s.question, s.sample
"""
_KEYS = "SELECT md5_number_lower(id) AS key FROM (SELECT unnest(?) AS id)"


@attrs.frozen(kw_only=True)
class Calibration:
    """Labels by which a judge is calibrated.

    Args:
        judge: The judge, as it stands in the payload of an eval.
        metric: The metric that is 1 for a positive verdict.
        labels: Answer (`JOURNAL/QUESTION/SAMPLE`) → whether it is labelled positive.
        design: How the answers were drawn; None: nobody says.
    """

    judge: Mapping[str, Any]
    metric: str
    labels: Mapping[str, bool]
    design: LabelDesign | None


@attrs.frozen(kw_only=True, eq=False)
class JudgedAnswers:
    """Answers with a verdict, as columns of one length.

    Args:
        answer: The number by which the database knows an answer.
        unit: The eval that scored it.
        group: Its group of questions; empty: it was stored without.
        questions: The digest of its question set.
        verdict: Whether the judge's verdict is positive.
        rating: What the judge rated it; NaN where it did not.
        label: 1, 0, or `UNLABELLED`.
        stratum: From which stratum of its design it could be drawn; `NOT_DRAWN`: from none.
    """

    answer: NDArray[np.uint64]
    unit: NDArray[Any]
    group: NDArray[Any]
    questions: NDArray[Any]
    verdict: NDArray[np.bool_]
    rating: NDArray[np.float64]
    label: NDArray[np.int64]
    stratum: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.answer)

    def select(self, chosen: NDArray[np.bool_]) -> JudgedAnswers:
        """Some of the answers."""
        return JudgedAnswers(
            **{
                field.name: getattr(self, field.name)[chosen]
                for field in attrs.fields(JudgedAnswers)
            }
        )

    @property
    def distinct(self) -> JudgedAnswers:
        """Each answer once."""
        import numpy as np

        _, first = np.unique(self.answer, return_index=True)
        first.sort()
        chosen = np.zeros(len(self), dtype=bool)
        chosen[first] = True
        return self.select(chosen)

    @property
    def labelled(self) -> JudgedAnswers:
        """Those with a label."""
        return self.select(self.label != UNLABELLED)

    @property
    def positive(self) -> NDArray[np.bool_]:
        """Whether the label is positive, of answers that have one."""
        positive: NDArray[np.bool_] = self.label == 1
        return positive


def judges_by_unit(connection: DuckDBPyConnection) -> dict[str, dict[str, Any]]:
    """The judge of each eval that has one, as it stands in the payload."""
    texts = connection.execute(_JUDGES).fetchall()
    parsed = {text: json.loads(text) for text in {text for _, text in texts}}
    return {unit: parsed[text] for unit, text in texts if isinstance(parsed[text], dict)}


def judge_rating(judge: Mapping[str, Any], metric: str) -> tuple[str | None, bool]:
    """The metric that holds what a judge's verdict is made from, and whether a higher one is worse;
    None for a judge that rates nothing."""
    if "aligned_below" in judge:
        return "aligned", False
    if "least" in judge:
        return f"p_{metric}", True
    return None, False


def load_judged_answers(connection: DuckDBPyConnection, calibration: Calibration) -> JudgedAnswers:
    """All answers that the judge of a calibration has judged, with their labels and strata."""
    judges = judges_by_unit(connection)
    units = [unit for unit, judge in judges.items() if judge == calibration.judge]
    rating, _ = judge_rating(calibration.judge, calibration.metric)
    columns = _read(connection, units, calibration.metric, rating)
    keys = answer_keys(connection, list(calibration.labels))
    labels = dict(zip(keys, calibration.labels.values(), strict=True))
    strata = _strata(connection, calibration.design)
    return _join(columns, labels, strata)


def answer_keys(connection: DuckDBPyConnection, answers: Sequence[str]) -> list[int]:
    """The numbers by which the database knows answers."""
    return [key for (key,) in connection.execute(_KEYS, [list(answers)]).fetchall()]


def _read(
    connection: DuckDBPyConnection, units: Sequence[str], metric: str, rating: str | None
) -> dict[str, NDArray[Any]]:
    """The columns of all answers that some evals have scored on a metric."""
    import numpy as np

    result = connection.execute(_ANSWERS, [list(units), metric, rating or ""]).fetchnumpy()
    return {
        name: np.ma.filled(column, np.nan) if column.dtype.kind == "f" else np.ma.getdata(column)
        for name, column in result.items()
    }


def _strata(connection: DuckDBPyConnection, design: LabelDesign | None) -> dict[int, int]:
    """The stratum of each answer that was drawn from; with `by_condition`, of its condition."""
    import numpy as np

    if design is None:
        return {}
    columns = _read(connection, list(design.units), design.metric, design.rating)
    strata = design.stratum(columns["verdict"] == 1, columns["rating"])
    if design.by_condition:
        names = sorted(set(design.units.values()))
        condition = [names.index(design.units[unit]) for unit in columns["unit"].tolist()]
        strata = strata + 3 * np.array(condition, dtype=np.int64)
    pairs = list(zip(columns["answer"].tolist(), strata.tolist(), strict=True))
    return dict(reversed(pairs))  # of two evals that share an answer, the first counts


def _join(
    columns: Mapping[str, NDArray[Any]], labels: Mapping[int, bool], strata: Mapping[int, int]
) -> JudgedAnswers:
    import numpy as np

    answers = columns["answer"].tolist()
    return JudgedAnswers(
        answer=columns["answer"],
        unit=columns["unit"],
        group=columns["group"],
        questions=columns["questions"],
        verdict=columns["verdict"] == 1,
        rating=columns["rating"].astype(float),
        label=np.array([labels.get(answer, UNLABELLED) for answer in answers], dtype=np.int64),
        stratum=np.array([strata.get(answer, NOT_DRAWN) for answer in answers], dtype=np.int64),
    )
