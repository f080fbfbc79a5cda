"""What `mi doctor` says of models that end: the days that are left, and what to do before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from ..errors import MiError
from ..planning.archive import declared_rubrics, judge_change, stored_judges, survey_archive
from ..providers import Providers
from ..providers.endings import WARNING_DAYS, EndingTable
from ..providers.types import Check
from ..spec import RunOptions
from ..store import open_store
from .archive import all_evals, archive_command, survey_line


def check_endings(
    models: Iterable[str], endings: EndingTable, today: date, trained: Iterable[str] = ()
) -> Iterator[Check]:
    """The days that models have left, as far as their makers have announced it.

    Args:
        models: Models and judges, as `provider:name`.
        endings: What is announced.
        today: The present day.
        trained: Those of the models that are trained.
    """
    trained = set(trained)
    for model in dict.fromkeys(models):
        if (ending := endings.find(model)) is not None:
            is_near = ending.days_left(today) <= WARNING_DAYS
            yield Check(
                subject=model,
                ok=None if is_near else True,
                detail=ending.describe(today, trains=model in trained),
                hint=f"as announced by {endings.checked}: {endings.source}" if is_near else "",
            )


def check_archive(
    options: RunOptions, judges: Iterable[str], providers: Providers
) -> Iterator[Check]:
    """How many stored answers lack the verdict of each judge, with the command that buys it.

    Args:
        options: Say where the store is.
        judges: Judges beside those of stored evals, as `provider:name`.
        providers: Serve them.
    """
    try:
        store = open_store(options.store, options.lease_timeout, retry_seconds=5.0)
        rubrics = list(declared_rubrics(all_evals()))
        judges = list(dict.fromkeys((*judges, *stored_judges(store))))
    except MiError:  # said where the store and the experiments are checked
        return
    for judge in judges:
        try:
            survey = survey_archive(store, judge, judge_change(providers, judge), rubrics)
        except MiError as error:
            yield Check(subject=f"{judge}: archive", ok=None, detail=error.message)
            continue
        if survey.answers:
            yield Check(
                subject=f"{judge}: archive",
                ok=None if survey.lacking else True,
                detail=survey_line(survey),
                hint=f"`{archive_command(judge)}`" if survey.lacking else "",
            )
