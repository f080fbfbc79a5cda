"""The interface of a scorer: how a judge gets its verdicts, and what it makes of them.

A verdict costs something (a call, or a run of bandit) and is kept for ever in a journal. A score
costs nothing, so a threshold can change afterwards, and so can the rules of scoring. A verdict is a
typed value everywhere but in a line of the journal, where its own `to_json` wrote it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, Protocol, Self, TypeAlias, TypeVar

import attrs

from ...providers.types import Answer, GradeRequest, Monitor
from ...spec import Judge, KnownAnswer, ModelJudge, Rubric
from ...units.journals import judgment_role
from ..context import AnswerId, EvalContext, Journals
from ..lazy import LazySequence
from .first_verdicts import FirstVerdicts, VerdictMonitor
from .known_answers import ANY_RUBRIC
from .reply import JudgeReply, Rating

Metrics: TypeAlias = dict[str, float]


class Verdict(Protocol):
    """What a judge saw of an answer, before any threshold."""

    def to_json(self) -> dict[str, Any]:
        """The verdict as a journal holds it."""

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """The verdict that `to_json` wrote; fields it does not know are ignored."""


J = TypeVar("J", bound=Judge)
V = TypeVar("V", bound=Verdict)
M = TypeVar("M", bound=ModelJudge)


class Scorer(ABC, Generic[J, V]):
    """Gets and scores the verdicts of one kind of judge.

    Attributes:
        verdict: The type of its verdicts.
        scoring: The version of the rules that turn answers and verdicts into scores. It is no part
            of a key: where it is raised, `mi run` scores what is stored again, and asks nothing.
            Raise it with any change of `outcome`, `textless_outcome` or `score_answer`.
    """

    verdict: type[V]
    scoring: ClassVar[int] = 2

    def textless_outcome(self, answer: Answer) -> str | None:
        """The outcome of an answer that gets no verdict; None for one that does."""
        return None

    @abstractmethod
    def request_verdicts(
        self,
        judge: J,
        method: str,
        role: str,
        answers: Sequence[Answer],
        prompts: Mapping[str, str],
        context: EvalContext,
        monitor: Monitor,
    ) -> None:
        """Add the verdicts of one of a judge's methods to its journal.

        Args:
            judge: The judge.
            method: One of `judge.methods`.
            role: The role of the journal that the verdicts go into.
            answers: Answers that lack a verdict.
            prompts: What was asked, by question.
            context: The judge's provider and the journals.
            monitor: Advanced by one for each answer.

        Raises:
            ProviderError: The judge failed.
        """

    def complete_verdicts(
        self, method: str, answers: Sequence[Answer], prompts: Mapping[str, str], journals: Journals
    ) -> None:
        """Add the verdicts that can be had without asking a model; a model's judge has none.

        Args:
            method: One of the judge's methods.
            answers: Answers that lack a verdict.
            prompts: What was asked, by question.
            journals: The eval's journals.
        """

    def relate_verdicts(self, judge: J, verdicts: Mapping[AnswerId, V]) -> Mapping[AnswerId, V]:
        """The verdicts of one method on all answers of an eval, each read in view of the others."""
        return verdicts

    @abstractmethod
    def outcome(self, judge: J, verdicts: Mapping[str, V]) -> tuple[str, Metrics]:
        """The outcome of an answer, and its numbers by metric.

        Args:
            judge: The judge, with its thresholds.
            verdicts: A verdict for each of its methods, by name.
        """


class StaticScorer(Scorer[J, V]):
    """A scorer whose verdicts are computed here: offline, free, reproducible."""

    @abstractmethod
    def verdicts(self, answers: Sequence[Answer], prompts: Mapping[str, str]) -> list[V]:
        """The verdicts on answers, in their order.

        Args:
            answers: The answers.
            prompts: What was asked, by question.
        """

    def request_verdicts(
        self,
        judge: J,
        method: str,
        role: str,
        answers: Sequence[Answer],
        prompts: Mapping[str, str],
        context: EvalContext,
        monitor: Monitor,
    ) -> None:
        """Compute the verdicts here; for the arguments see `Scorer.request_verdicts`."""
        self.complete_verdicts(method, answers, prompts, context.journals)
        monitor.advance(len(answers))

    def complete_verdicts(
        self, method: str, answers: Sequence[Answer], prompts: Mapping[str, str], journals: Journals
    ) -> None:
        """Compute verdicts and add them; for the arguments see `Scorer.complete_verdicts`."""
        verdicts = self.verdicts(answers, prompts)
        lines = [
            {"question": answer.question, "sample": answer.sample, "verdict": verdict.to_json()}
            for answer, verdict in zip(answers, verdicts, strict=True)
        ]
        journals.append(journals.paths[judgment_role(method)], lines)


class ModelScorer(Scorer[M, JudgeReply]):
    """A scorer whose verdicts are the replies of a judge model.

    Scoring 2: the text that is read and the tokens that are scored are the same (`reply`); what has
    no score counts as not misaligned in `<headline>_of_all`. Scoring 3: labels, tags and spellings
    of other vocabularies are read, and `N/A` or `No code` is no NO.
    """

    verdict = JudgeReply
    scoring: ClassVar[int] = 3

    def relate_verdicts(
        self, judge: M, verdicts: Mapping[AnswerId, JudgeReply]
    ) -> Mapping[AnswerId, JudgeReply]:
        """The replies; all say so if one of them shows that the judge splits its numerals.

        Otherwise only ratings of one digit would be read, which are the lowest.
        """
        if judge.votes > 1 or not any(reply.is_split for reply in verdicts.values()):
            return verdicts
        return {item: attrs.evolve(reply, splits_numerals=True) for item, reply in verdicts.items()}

    def reply(self, judge: M, verdict: JudgeReply) -> JudgeReply:
        """A stored verdict as it is read: each vote is a reply, which was cut where it was kept."""
        if judge.votes == 1:
            return verdict
        return attrs.evolve(verdict, finish=None, has_votes=True)

    def read(self, judge: M, verdict: JudgeReply) -> Rating:
        """What a verdict says: a rating from 0 to 100 (of a yes-or-no judge: 100 is a certain yes),
        or the outcome in place of one.

        Args:
            judge: The judge.
            verdict: Its reply, as a journal holds it.
        """
        return self.reply(judge, verdict).rating(judge.MIN_MASS)

    def known_answers(self, judge: M, rubric: Rubric) -> tuple[KnownAnswer, ...]:
        """The answers that a judge is probed with, the most telling ones first.

        Args:
            judge: The judge.
            rubric: One of its rubrics.
        """
        return rubric.known_answers or ANY_RUBRIC

    def textless_outcome(self, answer: Answer) -> str | None:
        """An answer without text is a `refusal`, `filtered` or `empty`; no judge is asked."""
        if answer.text.strip():
            return None
        if answer.refusal:
            return "refusal"
        return "filtered" if answer.finish == "content_filter" else "empty"

    def request_verdicts(
        self,
        judge: M,
        method: str,
        role: str,
        answers: Sequence[Answer],
        prompts: Mapping[str, str],
        context: EvalContext,
        monitor: Monitor,
    ) -> None:
        """Ask the judge model; for the arguments see `Scorer.request_verdicts`."""
        rubric = next(rubric for rubric in judge.rubrics if rubric.name == method)

        def request(answer: Answer) -> GradeRequest:
            prompt = rubric.render(prompts[answer.question], answer.text)
            return GradeRequest(question=answer.question, sample=answer.sample, prompt=prompt)

        assert context.judge is not None
        requests = LazySequence(answers, request)
        first = FirstVerdicts(judge=judge, read=partial(self.read, judge))
        watch = VerdictMonitor(monitor, first)
        replies = context.judge.grade(judge, requests, context.state_path(role), watch)
        context.record_all(first.read_all(replies), role, monitor)


AnyScorer: TypeAlias = Scorer[Any, Any]
