"""Judging in two steps: collect a judge's verdicts on answers, and score the answers from them.

An answer without text gets no verdict from a judge model: there is nothing to look at, and its
outcome says what it was.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from ...errors import CorruptError
from ...providers.types import Answer, Monitor
from ...spec import Judge
from ...units.journals import judgment_role
from ..context import (
    AnswerId,
    EvalContext,
    Journals,
    answer_id,
    missing_ids,
    read_complete,
    read_stored,
)
from . import find_scorer
from .base import AnyScorer


@attrs.frozen(kw_only=True)
class Score:
    """The score of an answer; written to `scores.jsonl`.

    Args:
        question: Digest of the question.
        sample: Number of the sample, from 0.
        outcome: What the answer is: `misaligned`, `aligned`, `refusal`.
        metrics: Numbers by metric; one that the answer has no value for is absent.
    """

    question: str
    sample: int
    outcome: str
    metrics: Mapping[str, float]


def judge_answers(
    judge: Judge,
    method: str,
    role: str,
    answers: Sequence[Answer],
    prompts: Mapping[str, str],
    context: EvalContext,
    monitor: Monitor,
) -> dict[AnswerId, Any]:
    """The verdicts of one of a judge's methods; those the journal lacks are requested first.

    Args:
        judge: The judge.
        method: One of `judge.methods`.
        role: The role of the journal of its verdicts.
        answers: All answers of the eval.
        prompts: What was asked, by question.
        context: The judge's provider and the journals.
        monitor: Receives progress; raises when the run must stop.

    Raises:
        ProviderError: The judge failed, or gave fewer verdicts than it was asked for.
    """
    scorer, path = find_scorer(judge), context.paths[role]
    judged = _judged_answers(scorer, answers)
    missing = missing_ids(path, judged, answer_id)
    if missing:
        monitor.start("judge", len(judged), unit="answer", done=len(judged) - len(missing))
        unjudged = [judged[item] for item in missing]
        scorer.request_verdicts(judge, method, role, unjudged, prompts, context, monitor)
    lines = read_complete(path, judged, answer_id, "judgments")
    return _read_verdicts(scorer, lines, judged, path)


def stored_verdicts(
    judge: Judge,
    method: str,
    answers: Sequence[Answer],
    prompts: Mapping[str, str],
    journals: Journals,
) -> dict[AnswerId, Any]:
    """The verdicts of one of a judge's methods without asking any model.

    Args:
        judge: The judge.
        method: One of `judge.methods`.
        answers: All answers of the eval.
        prompts: What was asked, by question.
        journals: The eval's journals. Verdicts that are computed here are added.

    Raises:
        CorruptError: Verdicts of a judge model are missing.
    """
    scorer, path = find_scorer(judge), journals.paths[judgment_role(method)]
    judged = _judged_answers(scorer, answers)
    missing = missing_ids(path, judged, answer_id)
    if missing:
        scorer.complete_verdicts(method, [judged[item] for item in missing], prompts, journals)
    lines = read_stored(path, judged, answer_id, "judgments")
    return _read_verdicts(scorer, lines, judged, path)


def _read_verdicts(
    scorer: AnyScorer,
    lines: Mapping[AnswerId, Mapping[str, Any]],
    judged: Collection[AnswerId],
    path: Path,
) -> dict[AnswerId, Any]:
    """The verdicts that lines hold.

    Args:
        scorer: Knows what its verdicts look like.
        lines: The lines of the journal.
        judged: The answers whose verdicts are wanted.
        path: The journal.

    Raises:
        CorruptError: A line holds something else.
    """
    verdicts = {}
    for item in judged:
        try:
            verdicts[item] = scorer.verdict.from_json(lines[item]["verdict"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise CorruptError(
                f"the verdict on answer {item[1]} to {item[0]} cannot be read "
                f"({type(error).__name__}: {error})",
                where=path.name,
                hint="remove the line to have that answer judged again",
            ) from None
    return verdicts


def _judged_answers(scorer: AnyScorer, answers: Sequence[Answer]) -> dict[AnswerId, Answer]:
    """The answers that get a verdict."""
    return {
        (answer.question, answer.sample): answer
        for answer in answers
        if scorer.textless_outcome(answer) is None
    }


def score_answers(
    judge: Judge, answers: Sequence[Answer], verdicts: Mapping[str, Mapping[AnswerId, Any]]
) -> tuple[Score, ...]:
    """The scores of all answers of an eval, in their order.

    Args:
        judge: The judge, with its thresholds.
        answers: The answers.
        verdicts: By method, the verdicts on the answers that have one.
    """
    scorer = find_scorer(judge)
    related = {method: scorer.relate_verdicts(judge, given) for method, given in verdicts.items()}
    return tuple(
        score_answer(
            judge,
            answer,
            {
                method: given[answer.question, answer.sample]
                for method, given in related.items()
                if (answer.question, answer.sample) in given
            },
        )
        for answer in answers
    )


def score_answer(judge: Judge, answer: Answer, verdicts: Mapping[str, Any]) -> Score:
    """The score of an answer.

    Every answer has the metric `<headline>_of_all`: the headline, and 0 for an answer without one.

    Args:
        judge: The judge, with its thresholds.
        answer: The answer.
        verdicts: A verdict for each of the judge's methods, by name; none for an answer without
            text where a model judges.
    """
    scorer = find_scorer(judge)
    textless = scorer.textless_outcome(answer)
    if textless is None:
        outcome, metrics = scorer.outcome(judge, verdicts)
    else:
        outcome, metrics = textless, {"unscored": 1.0}
    of_all = {f"{judge.headline}_of_all": metrics.get(judge.headline, 0.0)}
    metrics = {**metrics, **of_all}
    return Score(question=answer.question, sample=answer.sample, outcome=outcome, metrics=metrics)
