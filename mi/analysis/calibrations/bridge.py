"""How the verdicts of one judge map to those of another, on answers that both have judged.

The other judge's verdicts stand for labels: what the first one calls wrongly is what the other one
calls otherwise. A rate of the first judge is carried over by these errors alone, and neither is the
truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from ..stats import draws_interval, share_draws
from .agreement import JudgeAgreement, rater_agreement
from .answers import UNLABELLED, Calibration, JudgedAnswers, load_judged_answers
from .confusion import ErrorRate
from .corrected import Correction, Corrector, NaiveRate, in_units
from .judges import StoredJudge
from .sums import label_sums

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_DRAWS = 8000
_CONDITIONS = """
SELECT experiment, setting, model, data, condition, eval, units, n, mean,
       coalesce(ci_low, 'nan'::DOUBLE), coalesce(ci_high, 'nan'::DOUBLE)
FROM conditions WHERE metric = $1 AND units[1] IN (SELECT unnest($2))
"""


@attrs.frozen(kw_only=True)
class BridgedCondition:
    """A condition under both judges.

    Args:
        eval: The id of the eval that the old judge judged.
        old: The old judge's rate.
        new: The new judge's rate; None: it has not judged the condition.
        carried: The rate that the new judge would give, as the old one's verdicts map to its own.
    """

    experiment: str
    setting: str
    model: str
    condition: str
    eval: str
    old: NaiveRate
    new: NaiveRate | None
    carried: Correction


@attrs.frozen(kw_only=True)
class Bridge:
    """How one judge's verdicts map to another's.

    Args:
        counts: Old verdict × new verdict, negative first: numbers of answers.
        agreement: Of both.
        groups: Groups of questions of the answers.
        after_negative: How often the new judge's verdict is positive where the old one's is not.
        after_positive: The same where it is.
        conditions: That the old judge judged.
        reason: Why no rate is carried over; empty if they are.
    """

    counts: tuple[tuple[int, int], tuple[int, int]]
    agreement: JudgeAgreement | None
    groups: int
    after_negative: ErrorRate
    after_positive: ErrorRate
    conditions: tuple[BridgedCondition, ...]
    reason: str


def bridge(connection: DuckDBPyConnection, old: StoredJudge, new: StoredJudge) -> Bridge:
    """Compare two judges on the answers that both have judged.

    Args:
        connection: To the results database.
        old: The judge whose rates are carried over.
        new: The judge that they are carried over to.
    """
    import numpy as np

    theirs = _answers(connection, new).distinct
    verdicts = dict(zip(theirs.answer.tolist(), theirs.verdict.tolist(), strict=True))
    answers = _answers(connection, old)
    label = [int(verdicts.get(answer, UNLABELLED)) for answer in answers.answer.tolist()]
    answers = attrs.evolve(answers, label=np.array(label, dtype=np.int64))
    both = answers.distinct.labelled
    corrector = Corrector.build(answers, has_design=False)
    counts = [
        [int(((both.verdict == one) & (both.positive == other)).sum()) for other in (False, True)]
        for one in (False, True)
    ]
    agreement = None
    if len(both):
        agreement = rater_agreement(both.verdict, both.positive, both.group, np.ones(len(both)))
    return Bridge(
        counts=((counts[0][0], counts[0][1]), (counts[1][0], counts[1][1])),
        agreement=agreement,
        groups=len(set(both.group.tolist())),
        after_negative=_mapping(both.select(~both.verdict)),
        after_positive=_mapping(both.select(both.verdict)),
        conditions=tuple(_conditions(connection, old, new, answers, corrector)),
        reason=corrector.reason,
    )


def _answers(connection: DuckDBPyConnection, judge: StoredJudge) -> JudgedAnswers:
    calibration = Calibration(judge=judge.judge, metric=judge.metric, labels={}, design=None)
    return load_judged_answers(connection, calibration)


def _mapping(answers: JudgedAnswers) -> ErrorRate:
    """How often the new judge's verdict is positive, with an interval clustered by question."""
    import numpy as np

    if not len(answers):
        return ErrorRate(value=float("nan"), low=0.0, high=1.0)
    sums = label_sums(attrs.evolve(answers, verdict=np.ones(len(answers), bool)), has_design=False)
    number, rate = sums.effective_labels, sums.rates
    low, high = draws_interval(
        share_draws(rate * number, number, np.random.default_rng(0), _DRAWS)[0]
    )
    return ErrorRate(value=float(rate[0]), low=float(low), high=float(high))


def _conditions(
    connection: DuckDBPyConnection,
    old: StoredJudge,
    new: StoredJudge,
    answers: JudgedAnswers,
    corrector: Corrector,
) -> Iterator[BridgedCondition]:
    """The old judge's conditions, with the new one's rate of the same answers beside."""
    rates = {key: rate for key, _, _, rate in _rates(connection, new)}
    for key, eval, units, rate in _rates(connection, old):
        experiment, setting, model, _, condition, _ = key
        yield BridgedCondition(
            experiment=experiment,
            setting=setting,
            model=model,
            condition=condition,
            eval=eval,
            old=rate,
            new=rates.get(key),
            carried=corrector.correct(answers.select(in_units(answers, units)), rate),
        )


def _rates(
    connection: DuckDBPyConnection, judge: StoredJudge
) -> Iterator[tuple[tuple[str, ...], str, list[str], NaiveRate]]:
    """A judge's rates of conditions: what identifies each, its eval, its units and the rate."""
    for *axes, eval, units, n, mean, low, high in connection.execute(
        _CONDITIONS, [judge.metric, list(judge.units)]
    ).fetchall():
        yield (*axes, _eval_name(eval)), eval, units, NaiveRate(mean=mean, low=low, high=high, n=n)


def _eval_name(eval_id: str) -> str:
    """The id of an eval as declared, without the judge."""
    return eval_id.partition("-by-")[0]
