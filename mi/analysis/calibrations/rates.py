"""Corrected rates as tables show them: those of the newest calibration of each judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from .corrected import Correction, Method, NaiveRate

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_RATES = """
SELECT experiment, setting, condition, eval, judge, metric, model, n, naive_mean,
       coalesce(naive_low, 'nan'::DOUBLE), coalesce(naive_high, 'nan'::DOUBLE), method, labels,
       mean, ci_low, ci_high, note
FROM corrected WHERE {filter}
"""


@attrs.frozen(kw_only=True)
class CorrectedCondition:
    """A condition's rate by its judge, and corrected for the judge's errors."""

    experiment: str
    setting: str
    condition: str
    eval: str
    judge: str
    metric: str
    model: str
    naive: NaiveRate
    corrected: Correction


def experiment_rates(
    connection: DuckDBPyConnection, experiments: Sequence[str], model: str
) -> list[CorrectedCondition]:
    """The corrected rates of some experiments on a model, by the newest calibrations.

    Args:
        connection: To the results database.
        experiments: Their ids.
        model: The model that was trained.
    """
    return _load(connection, "latest AND list_contains($1, experiment) AND model = $2",
                 [list(experiments), model])  # fmt: skip


def calibration_rates(connection: DuckDBPyConnection, name: str) -> list[CorrectedCondition]:
    """The rates that a calibration corrects."""
    return _load(connection, "calibration = $1", [name])


def _load(
    connection: DuckDBPyConnection, condition: str, parameters: list[object]
) -> list[CorrectedCondition]:
    rows = connection.execute(_RATES.format(filter=condition), parameters).fetchall()
    return [
        CorrectedCondition(
            experiment=experiment,
            setting=setting,
            condition=name,
            eval=eval,
            judge=judge,
            metric=metric,
            model=model,
            naive=NaiveRate(mean=naive, low=naive_low, high=naive_high, n=n),
            corrected=Correction(
                method=Method(method), labels=labels, mean=mean, low=low, high=high, note=note
            ),
        )
        for (experiment, setting, name, eval, judge, metric, model, n, naive, naive_low, naive_high,
             method, labels, mean, low, high, note) in rows
    ]  # fmt: skip
