"""The interface of an eval kind: everything the engine needs to know about one.

A kind knows everything that differs between evals: which questions they ask, which journals they
fill, how large they are, how many tokens they are likely to bill, and how they are run and scored.
Nothing outside this package tests which kind an eval is of.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import attrs

from ...data.chats import Chat, Message, Pair, Prompt, group_of, scenario_of
from ...data.datasets import Questions, read_questions
from ...errors import CorruptError
from ...providers.types import Monitor
from ...spec import Eval, Resource
from ...units.identity import canonical, digest
from ...units.journals import JournalKind
from ...units.unit import Base, ModelAtStep
from ..context import EvalContext, Journals
from ..scorers.score import Score

E = TypeVar("E", bound=Eval)
QUESTION_DIGITS = 16


@attrs.frozen(kw_only=True)
class Question:
    """A question of an eval; written to `questions.jsonl`.

    Args:
        question: Digest of what is asked: 16 hex digits.
        id: The id it has in its file.
        prompt: The user's turn.
        system: The question's own system prompt, if it has one.
        context: The turns it follows; written down only where there are any.
        scenario: The situation it asks about.
        group: The cluster it is counted in: answers to its questions are not independent.
    """

    question: str
    id: str
    prompt: str
    system: str | None = None
    context: Chat = ()
    scenario: str
    group: str


@attrs.frozen(kw_only=True)
class EvalResult:
    """An eval's outcome: the questions and the scores, in the questions' order."""

    questions: tuple[Question, ...]
    scores: tuple[Score, ...]


@attrs.frozen(kw_only=True)
class Workload(Generic[E]):
    """An eval of one model and the journals it fills, as an estimate sees it.

    Args:
        eval: The eval.
        questions: What it asks.
        paths: Its journals by role; those that will be archived are given as empty files.
        observed_length: Mean tokens of an answer that other models gave to the same questions;
            None where there are none. A call reads their journals.
    """

    eval: E
    questions: Questions
    paths: Mapping[str, Path]
    observed_length: Callable[[], float | None] = lambda: None


@attrs.frozen(kw_only=True)
class ExpectedTokens:
    """Tokens that are likely to be billed for the requests an eval still lacks.

    Args:
        judge: The judge model that is asked, as `provider:name`; None: the model under test.
        sent: Tokens of the prompts.
        received: Tokens of the answers.
    """

    judge: str | None = None
    sent: float
    received: float


class EvalKind(ABC, Generic[E]):
    """A kind of eval.

    Attributes:
        journals: The kinds of journal its evals fill.
        paired: Whether its questions come with an aligned and a misaligned answer.
        is_sampled: Whether its evals score sampled answers.
        contrast_metric: The metric that contrasts between conditions compare; None: the headline.
        margin_metric: The metric that is the log-probability per token of the misaligned answer
            less that of the aligned one, in nats; None for evals without one.
    """

    journals: ClassVar[tuple[JournalKind, ...]] = ()
    paired: ClassVar[bool] = False
    is_sampled: ClassVar[bool] = False
    contrast_metric: ClassVar[str | None] = None
    margin_metric: ClassVar[str | None] = None

    @abstractmethod
    def resource(self, eval: E) -> Resource:
        """The file of questions."""

    @abstractmethod
    def journal_names(self, eval: E, subject: str | Base | ModelAtStep) -> dict[str, str]:
        """Role → name of the journals that an eval of a subject reads and writes."""

    @abstractmethod
    def run(
        self, eval: E, questions: Questions, context: EvalContext, monitor: Monitor
    ) -> EvalResult:
        """Request what the journals lack, and score what they hold.

        Args:
            eval: The eval.
            questions: What it asks.
            context: The model under test, the providers and the journals.
            monitor: Receives progress; raises when the run must stop.

        Raises:
            ProviderError: A provider gave fewer answers than it was asked for.
            Interrupted: The user asked to stop; the journals hold what was done.
        """

    def scoring(self, eval: E) -> int:
        """The version of the rules by which an eval's answers are scored; no part of its key."""
        return 1

    def rescore(self, eval: E, questions: Questions, journals: Journals) -> EvalResult:
        """Score what the journals hold without asking any model.

        Args:
            eval: The eval.
            questions: What it asks.
            journals: Its journals, complete since the eval was done.

        Raises:
            CorruptError: The journals lack something that cannot be computed here.
        """
        raise CorruptError(f"{type(eval).__name__} evals cannot be scored from stored answers")

    @abstractmethod
    def expected_tokens(
        self, workload: Workload[E], *, subject_is_free: bool
    ) -> Iterator[ExpectedTokens]:
        """Estimate the billed tokens of the missing requests, one item per model and phase.

        Args:
            workload: The eval and its journals.
            subject_is_free: Leave out the model under test, which costs nothing.
        """

    def load_questions(self, eval: E) -> Questions:
        """Read the file of questions."""
        return read_questions(self.resource(eval), paired=self.paired)

    def size(self, eval: E, questions: int) -> int:
        """How many answers or comparisons an eval of so many questions takes."""
        return questions

    def answer_length(self, paths: Mapping[str, Path]) -> float | None:
        """Mean tokens of the answers in the journals; None where there are none."""
        return None

    def has_all_answers(self, workload: Workload[E]) -> bool:
        """Whether nothing but a judge is left to ask; False for evals without a judge."""
        return False


def build_question(question: str, row: Pair | Prompt) -> Question:
    """The question of a row; without labels it is a scenario and a group of its own.

    Args:
        question: Digest of what is asked.
        row: What is asked.
    """
    return Question(
        question=question,
        id=row.id,
        prompt=row.prompt,
        system=row.system,
        context=row.context,
        scenario=scenario_of(row),
        group=group_of(row),
    )


def question_digest(row: Pair | Prompt, *texts: str) -> str:
    """The digest of what is asked: 16 hex digits.

    Args:
        row: The question.
        texts: What is asked, without its system prompt and the turns it follows.
    """
    content: tuple[object, ...] = texts if row.system is None else (row.system, *texts)
    if row.context:
        content = ("context", row.context, row.system, *texts)
    text = texts[0] if content == texts and len(texts) == 1 else canonical(content)
    return digest(text)[:QUESTION_DIGITS]


def question_record(question: Question) -> dict[str, Any]:
    """A line of `questions.jsonl`."""
    record = attrs.asdict(question)
    if not question.context:
        del record["context"]
    return record


def build_chat(system: str | None, prompt: str, context: Chat = ()) -> Chat:
    """The chat a model is shown: a question, under a system prompt if there is one.

    Args:
        system: The system prompt.
        prompt: The question.
        context: The turns it follows.
    """
    turns = (*context, Message("user", prompt))
    return turns if system is None else (Message("system", system), *turns)


AnyEvalKind = EvalKind[Any]
