"""Sampled evals: questions × samples → answers → verdicts → scores.

Answers belong to the model and the way they are sampled, verdicts to the answers and a judge's
method, and neither to the eval. So another threshold asks for nothing, another judge samples
nothing, and more samples ask only for the rest. Scores are computed from the journals each time.

Questions are known by the digest of what is asked: renaming or reordering them loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import attrs

from ...data import tokens
from ...data.chats import Chat, Message, Pair, Prompt
from ...data.datasets import Questions
from ...providers.types import SAMPLES_PER_REQUEST, Answer, Monitor, SampleRequest
from ...spec import Resource, Sampled, judge_model
from ...units.identity import key
from ...units.journals import ANSWERS, JUDGMENTS, judgment_role
from ...units.unit import Base, ModelAtStep
from ..context import (
    AnswerId,
    EvalContext,
    Journals,
    answer_id,
    journal_lines,
    missing_ids,
    read_complete,
    read_stored,
)
from ..lazy import LazySequence
from ..scorers import find_scorer
from ..scorers.score import judge_answers, score_answers, stored_verdicts
from .base import (
    EvalKind,
    EvalResult,
    ExpectedTokens,
    Question,
    Workload,
    build_chat,
    build_question,
    question_digest,
)

_GRADE_TOKENS = 2.0
"""Tokens that a judge's reply is likely to have."""
_ANSWER_FIELDS = frozenset(attrs.fields_dict(Answer)) - {"usage"}


class SampledKind(EvalKind[Sampled]):
    """Draws answers and has a judge score them."""

    journals = (ANSWERS, JUDGMENTS)
    is_sampled = True

    def resource(self, eval: Sampled) -> Resource:
        return eval.questions

    def journal_names(self, eval: Sampled, subject: str | Base | ModelAtStep) -> dict[str, str]:
        answers = key(ANSWERS.prefix, (subject, eval.sampling))
        judgments = {
            judgment_role(name): key(JUDGMENTS.prefix, (answers, method))
            for name, method in eval.judge.methods.items()
        }
        return {ANSWERS.prefix: answers, **judgments}

    def run(
        self, eval: Sampled, questions: Questions, context: EvalContext, monitor: Monitor
    ) -> EvalResult:
        """Sample the missing answers, judge those without a verdict, and score all.

        For arguments and errors see `EvalKind.run`.
        """
        distinct = distinct_questions(questions)
        prompts = {question.question: question.prompt for question in distinct}
        answers = _sample_answers(eval, distinct, context, monitor)
        verdicts = {
            method: judge_answers(
                eval.judge, method, judgment_role(method), answers, prompts, context, monitor
            )
            for method in eval.judge.methods
        }
        scores = score_answers(eval.judge, answers, verdicts)
        return EvalResult(questions=distinct, scores=scores)

    def scoring(self, eval: Sampled) -> int:
        return find_scorer(eval.judge).scoring

    def rescore(self, eval: Sampled, questions: Questions, journals: Journals) -> EvalResult:
        """Score the stored answers; for arguments and errors see `EvalKind.rescore`."""
        distinct = distinct_questions(questions)
        prompts = {question.question: question.prompt for question in distinct}
        required = _answer_ids(eval, distinct)
        lines = read_stored(journals.paths[ANSWERS.prefix], required, answer_id, "answers")
        answers = [_read_answer(lines[item]) for item in required]
        verdicts = {
            method: stored_verdicts(eval.judge, method, answers, prompts, journals)
            for method in eval.judge.methods
        }
        return EvalResult(questions=distinct, scores=score_answers(eval.judge, answers, verdicts))

    def size(self, eval: Sampled, questions: int) -> int:
        return questions * eval.samples

    def answer_length(self, paths: Mapping[str, Path]) -> float | None:
        lines = journal_lines(paths[ANSWERS.prefix])
        counts = [line["answer_tokens"] for line in lines]
        return fmean(counts) if counts else None

    def has_all_answers(self, workload: Workload[Sampled]) -> bool:
        path = workload.paths[ANSWERS.prefix]
        distinct = distinct_questions(workload.questions)
        missing = missing_samples(distinct, workload.eval.samples, path)
        return not any(count for _, count in missing)

    def expected_tokens(
        self, workload: Workload[Sampled], *, subject_is_free: bool
    ) -> Iterator[ExpectedTokens]:
        judge = judge_model(workload.eval)
        if subject_is_free and judge is None:
            return
        distinct = distinct_questions(workload.questions)
        length = self._expected_length(workload)
        if not subject_is_free:
            yield _answer_tokens(workload, distinct, length)
        for rubric in judge.rubrics if judge else ():
            assert judge is not None
            path = workload.paths[judgment_role(rubric.name)]
            frame = tokens.count_chat_tokens((Message("user", rubric.prompt),)) + length
            missing = missing_samples(distinct, workload.eval.samples, path)
            yield ExpectedTokens(
                judge=judge.model,
                sent=sum(
                    (frame + tokens.count_tokens(item.prompt)) * count for item, count in missing
                ),
                received=sum(count for _, count in missing) * _GRADE_TOKENS * judge.votes,
            )

    def _expected_length(self, workload: Workload[Sampled]) -> float:
        """Tokens of an answer: as this model's are, as other models' are, or as declared."""
        own = self.answer_length(workload.paths)
        if own is not None:
            return own
        declared = workload.eval.expected_tokens or workload.eval.sampling.max_tokens / 3
        return workload.observed_length() or declared


def distinct_questions(questions: Questions) -> tuple[Question, ...]:
    """The questions a sampled eval asks; one that appears under two ids keeps the first."""
    distinct: dict[str, Question] = {}
    for pair in questions.pairs:
        question = _question(pair)
        distinct.setdefault(question.question, question)
    return tuple(distinct.values())


def _question(row: Pair | Prompt) -> Question:
    return build_question(question_digest(row, row.prompt), row)


def _chat(eval: Sampled, question: Question) -> Chat:
    return build_chat(question.system or eval.sampling.system, question.prompt, question.context)


def _answer_ids(eval: Sampled, questions: Iterable[Question]) -> list[AnswerId]:
    """The answers that an eval takes, question by question."""
    return [(item.question, sample) for item in questions for sample in range(eval.samples)]


def _sample_answers(
    eval: Sampled, questions: Sequence[Question], context: EvalContext, monitor: Monitor
) -> list[Answer]:
    """All answers of an eval, question by question; the missing ones are drawn first."""
    chats = {question.question: _chat(eval, question) for question in questions}
    required = _answer_ids(eval, questions)
    path = context.paths[ANSWERS.prefix]
    missing = missing_ids(path, required, answer_id)
    monitor.start("sample", len(required), unit="answer", done=len(required) - len(missing))
    if missing:

        def request(item: AnswerId) -> SampleRequest:
            question, sample = item
            return SampleRequest(question=question, sample=sample, chat=chats[question])

        batches = context.provider.sample(
            context.subject,
            LazySequence(missing, request),
            eval.sampling,
            context.state_path(ANSWERS.prefix),
            monitor,
        )
        context.record_all(batches, ANSWERS.prefix, monitor)
    lines = read_complete(path, required, answer_id, "answers")
    return [_read_answer(lines[item]) for item in required]


def _read_answer(line: Mapping[str, Any]) -> Answer:
    """The answer a line holds, without what was paid for it."""
    return Answer(**{name: value for name, value in line.items() if name in _ANSWER_FIELDS})


def missing_samples(
    questions: Iterable[Question], samples: int, path: Path
) -> list[tuple[Question, int]]:
    """How many samples of each question a journal still lacks.

    Args:
        questions: What is asked.
        samples: How many samples each question needs.
        path: A journal of answers or judgments.
    """
    existing: dict[str, int] = {}
    for question, sample in {answer_id(line) for line in journal_lines(path)}:
        if sample < samples:
            existing[question] = existing.get(question, 0) + 1
    return [
        (question, max(samples - existing.get(question.question, 0), 0)) for question in questions
    ]


def _answer_tokens(
    workload: Workload[Sampled], questions: Iterable[Question], length: float
) -> ExpectedTokens:
    """A request asks for several samples of a question and sends its prompt once."""
    sent = received = 0.0
    path = workload.paths[ANSWERS.prefix]
    for question, count in missing_samples(questions, workload.eval.samples, path):
        requests = -(-count // SAMPLES_PER_REQUEST)
        sent += tokens.count_chat_tokens(_chat(workload.eval, question)) * requests
        received += length * count
    return ExpectedTokens(sent=sent, received=received)
