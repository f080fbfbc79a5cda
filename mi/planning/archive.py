"""The archive: every stored answer that lacks a judge's verdict, whichever experiment asked for it.

A judge may end while its answers stay. What it would say of them can be bought as long as it is
served, also for evals that no declared experiment needs any more: a finished eval is recorded with
its questions, its answers and the prompts of its judge. An answer is counted once for each prompt's
journal, whatever number of evals read it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import attrs

from ..errors import CorruptError, UsageError
from ..providers import Providers, canonical_model_name
from ..spec import Eval, Rubric
from ..store.base import Store
from ..store.records import State
from ..units.unit import Evaluate
from .archive_reader import ArchivedEval, ArchiveReader, JudgeChange, stored_judge_model
from .plan import Plan, PlannedUnit


@attrs.frozen(kw_only=True)
class ArchiveSurvey:
    """What a judge has not seen of a store.

    Args:
        judge: The judge, as `provider:name`.
        evals: The finished evals with answers that lack its verdict.
        answers: The stored answers of finished evals that a model judges.
        lacking: Those of them that lack a verdict of the judge in one of these evals.
        left_out: Why evals are left out, with their number.
        unfinished: Stored answers of evals that were begun and are not finished.
    """

    judge: str
    evals: tuple[ArchivedEval, ...]
    answers: int
    lacking: int
    left_out: Mapping[str, int]
    unfinished: int

    def plan(self) -> Plan:
        """The plan that buys the verdicts."""
        return Plan(
            units=tuple(
                PlannedUnit(
                    unit=archived.unit,
                    state=State.TODO,
                    reason=f"{archived.lacking} of its answers lack a verdict of {self.judge}",
                    cells=(),
                    shared_with=(),
                )
                for archived in self.evals
            ),
            cells=(),
        )


def judge_change(providers: Providers, name: str, votes: int | None = None) -> JudgeChange:
    """The change of a stored judge to the one that a user names; its prompts and thresholds stay.

    Args:
        providers: Serve the judges.
        name: The judge, as `provider:name`.
        votes: How often it is asked; None: once.

    Raises:
        UsageError: There is no such provider, or it cannot judge.
    """
    model = canonical_model_name(name)
    provider = providers.for_model(model)
    if "judge" not in provider.capabilities:
        raise UsageError(f"{provider.name} offers no judge", hint="--judge openai:NAME")
    return lambda judge: provider.resolve_judge(
        attrs.evolve(
            judge,
            model=model,
            votes=votes or 1,
            extra_body="",
            weights="",
            template_arguments=(),
        )
    )


def declared_rubrics(evals: Iterable[Eval]) -> Iterator[Rubric]:
    """The rubrics of the judge models of evals."""
    for eval in evals:
        if (judge := eval.model_judge) is not None:
            yield from judge.rubrics


def survey_archive(
    store: Store, judge: str, change: JudgeChange, rubrics: Iterable[Rubric] = ()
) -> ArchiveSurvey:
    """Find the stored answers that lack the verdict of a judge.

    Args:
        store: Holds the evals.
        judge: The judge, as `provider:name`.
        change: Gives the judge in place of a stored one, with its prompts and thresholds.
        rubrics: The rubrics that are declared now, for their known answers.
    """
    reader, rubrics = ArchiveReader(store=store, change=change), tuple(rubrics)
    left_out: Counter[str] = Counter()
    for key in store.published_keys():
        if not key.startswith(f"{Evaluate.kind}-"):
            continue
        try:
            reader.add(store.record(key), rubrics)
        except (CorruptError, ValueError) as error:
            left_out[error.message if isinstance(error, CorruptError) else str(error)] += 1
    evals = tuple(reader.lacking())
    return ArchiveSurvey(
        judge=judge,
        evals=evals,
        answers=len(reader.judged),
        lacking=len(reader.unjudged),
        left_out=dict(left_out),
        unfinished=sum(1 for _ in reader.unfinished()),
    )


def stored_judges(store: Store) -> list[str]:
    """The judge models of finished evals, as `provider:name`, sorted."""
    names = set()
    for key in store.published_keys():
        if key.startswith(f"{Evaluate.kind}-"):
            with suppress(CorruptError):  # reported where units are checked
                names.add(stored_judge_model(store.record(key).payload))
    return sorted(filter(None, names))
