"""Drawing stored answers to be labelled: blind, in random order, stratified by judge score.

Half of the labels go to answers that are judged positive, a quarter to the negative ones that are
nearest to it, and a quarter to the rest; what a stratum lacks, others get. Without ratings the
negative answers are one stratum. Labels are weighted back by what their stratum holds, so the
proportions decide only how precise a rate will be. Whoever labels part of the order has labelled a
random part of every stratum.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...units.labels import DrawnAnswer, LabelDesign, LabelSample
from .answers import Calibration, JudgedAnswers, answer_keys, judge_rating, load_judged_answers
from .judges import StoredJudge

if TYPE_CHECKING:
    import numpy as np
    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

_SHARES = (0.5, 0.25, 0.25)
_NEAR_SHARE = 0.2
"""The part of the negative answers that are near to positive."""
_NAMES = """
SELECT s.answer, any_value(a.journal || '/' || a.question || '/' || a.sample) AS name,
       any_value(q.prompt) AS prompt, any_value(q.system) AS system, any_value(a.text) AS text
FROM score s JOIN answer a USING (answer) JOIN question q ON q.unit = s.unit
AND q.question = s.question
WHERE s.answer IN (SELECT unnest($1::UBIGINT[])) GROUP BY s.answer
"""
_CONDITIONS = """
SELECT unit, min(setting || ' ' || condition) FROM current_eval
WHERE experiment = $1 AND eval = $2 AND unit IN (SELECT unnest($3)) GROUP BY unit ORDER BY unit
"""


@attrs.frozen(kw_only=True)
class LabelText:
    """What is shown of an answer: nothing that tells its condition or its verdict."""

    prompt: str
    system: str | None
    text: str


def draw_sample(
    connection: DuckDBPyConnection,
    judge: StoredJudge,
    experiment: str,
    eval: str,
    *,
    number: int,
    by_condition: bool,
    seed: int,
) -> LabelSample:
    """Draw answers to be labelled.

    Args:
        connection: To the results database.
        judge: Whose scored answers are drawn from.
        experiment: The experiment whose answers are drawn from.
        eval: The id of the eval whose answers are drawn from.
        number: How many answers; with `by_condition`, of each condition.
        by_condition: Whether each condition is drawn from by itself.
        seed: Of the draw.
    """
    import numpy as np

    units = dict(connection.execute(_CONDITIONS, [experiment, eval, list(judge.units)]).fetchall())
    calibration = Calibration(judge=judge.judge, metric=judge.metric, labels={}, design=None)
    answers = load_judged_answers(connection, calibration)
    answers = answers.select(np.isin(answers.unit, list(units))).distinct
    rating, is_rising = judge_rating(judge.judge, judge.metric)
    cut = _near_cut(answers, is_rising=is_rising) if rating else None
    design = LabelDesign(
        judge=dict(judge.judge),
        metric=judge.metric,
        rating=rating if cut is not None else None,
        is_rising=is_rising,
        cut=cut,
        units=units,
        by_condition=by_condition,
        seed=seed,
    )
    stratum = design.stratum(answers.verdict, answers.rating)
    if by_condition:
        names = sorted(set(units.values()))
        stratum = stratum + 3 * np.array([names.index(units[unit]) for unit in answers.unit])
    rng = np.random.default_rng(seed)
    chosen, weights = _choose(stratum, number, rng)
    order = rng.permutation(len(chosen))
    chosen, weights = chosen[order], weights[order]
    keys = answers.answer[chosen].tolist()
    rows = connection.execute(_NAMES, [keys]).fetchall()
    names_by_key = {row[0]: row[1] for row in rows}
    return LabelSample(
        experiment=experiment,
        eval=eval,
        design=design,
        answers=tuple(
            DrawnAnswer(answer=names_by_key[key], stratum=int(part), weight=round(float(weight), 6))
            for key, part, weight in zip(keys, stratum[chosen], weights, strict=True)
            if key in names_by_key
        ),
    )


def label_texts(connection: DuckDBPyConnection, answers: Sequence[str]) -> dict[str, LabelText]:
    """What is shown of answers, by name; those that are not stored are left out."""
    keys = answer_keys(connection, answers)
    return {
        name: LabelText(prompt=prompt or "", system=system, text=text or "")
        for _, name, prompt, system, text in connection.execute(_NAMES, [keys]).fetchall()
    }


def _near_cut(answers: JudgedAnswers, *, is_rising: bool) -> float | None:
    """The rating that parts the nearest negative answers from the rest; None without ratings."""
    import numpy as np

    ratings = answers.rating[~answers.verdict]
    ratings = ratings[np.isfinite(ratings)]
    if len(np.unique(ratings)) < 2:
        return None
    return float(np.quantile(ratings, 1 - _NEAR_SHARE if is_rising else _NEAR_SHARE))


def _choose(
    stratum: NDArray[np.int64], number: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Indices of the answers to label, with the number of answers that each stands for."""
    import numpy as np

    chosen: list[Any] = []
    weights: list[Any] = []
    for condition in np.unique(stratum // 3):
        members = [np.flatnonzero(stratum == 3 * condition + part) for part in range(3)]
        for own, size in zip(
            members, _allocate(number, [len(own) for own in members]), strict=True
        ):
            if size:
                chosen.append(rng.choice(own, size, replace=False))
                weights.append(np.full(size, len(own) / size))
    if not chosen:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    return np.concatenate(chosen), np.concatenate(weights)


def _allocate(number: int, available: list[int]) -> list[int]:
    """How many answers of each stratum to label."""
    sizes = [0] * len(available)
    left = min(number, sum(available))
    while left > 0:
        open_strata = [index for index, size in enumerate(sizes) if size < available[index]]
        total = sum(_SHARES[index] for index in open_strata)
        before = left
        for index in open_strata:
            share = max(round(before * _SHARES[index] / total), 1)
            more = min(share, available[index] - sizes[index], left)
            sizes[index] += more
            left -= more
    return sizes
