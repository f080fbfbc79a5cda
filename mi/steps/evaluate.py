"""Evaluating: a model put to one eval.

What is drawn from the model and what judges said goes into journals, which belong to the model and
the way of asking, not to the eval: two evals that ask the same thing share answers, and asking more
asks only for the rest. Scores are computed from the journals each time.

Questions are known by the digest of what is asked, so renaming or re-ordering them loses nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from ..data.chats import Chat, Message, Pair, Prompt
from ..data.datasets import Questions
from ..errors import ProviderError
from ..files import journal
from ..providers.base import Provider
from ..providers.types import (
    Answer,
    Grade,
    GradeRequest,
    Likelihood,
    ModelUnderTest,
    Monitor,
    SampleRequest,
    ScoreRequest,
)
from ..spec import Judge, ModelJudge, Preference, Rubric, Sampled
from ..units.identity import canonical, digest, key
from ..units.unit import Evaluate
from .lazy import LazySequence
from .scorers.score import Score, score_answer, static_verdicts, textless_outcome

_DIGITS = 16


@attrs.frozen(kw_only=True)
class Question:
    """A question of an eval: its digest (16 hex), the id people know it by, and what is asked."""

    question: str
    id: str
    prompt: str
    system: str | None = None


@attrs.frozen(kw_only=True)
class EvalResult:
    """An eval's outcome: the questions and the scores, in the questions' order."""

    questions: tuple[Question, ...]
    scores: tuple[Score, ...]


def journal_names(unit: Evaluate) -> dict[str, str]:
    """The journals a unit reads and writes: role → name."""
    one = unit.eval
    if isinstance(one, Sampled):
        answers = key("answers", (unit.subject, one.sampling))
        return {"answers": answers, **_judgment_names(answers, one.judge)}
    assert isinstance(one, Preference)
    return {"likelihoods": key("likelihoods", (unit.subject, one.system))}


def _judgment_names(answers: str, judge: Judge) -> dict[str, str]:
    return {
        f"judgments:{name}": key("judgments", (answers, method))
        for name, method in judge.methods.items()
    }


@attrs.frozen(kw_only=True)
class EvalContext:
    """What an evaluation works with.

    Args:
        subject: The model under test.
        provider: Who serves it.
        judge: Who serves the judge model; None where the judge is not a model.
        paths: The unit's journals by role.
        folder: Where providers keep what a killed run must find again.
        again: How often a journal was put aside, by name: what a provider has of an earlier time
            is not taken up.
        keep: Makes the line a journal keeps of what has come, its cost included, and pays that.
        append: Adds lines to the journal at a path.
    """

    subject: ModelUnderTest
    provider: Provider
    judge: Provider | None
    paths: Mapping[str, Path]
    directory: Path
    record: Callable[[Path, Sequence[Answer | Grade | Likelihood]], None]
    append: Callable[[Path, Sequence[Any]], None] = journal.append_records
    archive_count: Callable[[str], int] = lambda name: 0

    def state_path(self, role: str) -> Path:
        """Where a provider keeps what it must find again of what goes into a journal; its name is
        the same for whoever asks for that."""
        name = self.paths[role].stem
        times = self.archive_count(name)
        return self.directory / (f"{name}.{times}" if times else name)


def evaluate(
    unit: Evaluate, questions: Questions, context: EvalContext, monitor: Monitor
) -> EvalResult:
    """Put the model to the eval.

    Raises:
        ProviderError: The provider gave fewer answers than it was asked for.
        Interrupted: The user asked to stop; the journals hold what was done.
    """
    if isinstance(unit.eval, Sampled):
        return _run_sampled(unit.eval, questions, context, monitor)
    assert isinstance(unit.eval, Preference)
    return _run_preference(unit.eval, questions, context, monitor)


def build_chat(system: str | None, prompt: str) -> Chat:
    """What a model is shown: a question, under a system prompt where there is one."""
    turns = (Message("user", prompt),)
    return turns if system is None else (Message("system", system), *turns)


def distinct_questions(one: Sampled, questions: Questions) -> tuple[Question, ...]:
    """What a sampled eval asks; what stands twice, under two ids, is asked under the first."""
    found: dict[str, Question] = {}
    for pair in questions.pairs:
        asked = _question(pair)
        found.setdefault(asked.question, asked)
    return tuple(found.values())


def score_requests(one: Preference, questions: Questions) -> tuple[ScoreRequest, ...]:
    """What a preference eval compares."""
    return tuple(
        ScoreRequest(
            question=_pair_digest(pair),
            chat=build_chat(one.system, pair.prompt),
            answers=(pair.aligned, pair.misaligned),
        )
        for pair in questions.pairs
        if isinstance(pair, Pair)
    )


def _question(pair: Pair | Prompt) -> Question:
    system = pair.system if isinstance(pair, Prompt) else None
    text = pair.prompt if system is None else canonical((system, pair.prompt))
    return Question(question=digest(text)[:_DIGITS], id=pair.id, prompt=pair.prompt, system=system)


def _run_sampled(
    one: Sampled, questions: Questions, desk: EvalContext, watch: Monitor
) -> EvalResult:
    asked = distinct_questions(one, questions)
    chats = {
        ask.question: build_chat(ask.system or one.sampling.system, ask.prompt) for ask in asked
    }
    wanted = [(question, sample) for question in chats for sample in range(one.samples)]
    path = desk.paths["answers"]
    there = {(line["question"], line["sample"]) for line in journal.read_records(path)}
    missing = [at for at in wanted if at not in there]
    watch.start("sample", len(wanted), unit="answer", done=len(wanted) - len(missing))
    if missing:
        requests = LazySequence(missing, lambda at: _sample_request(chats, *at))
        sampled = desk.provider.sample(
            desk.subject, requests, one.sampling, desk.state_path("answers"), watch
        )
        _record_all(sampled, path, desk, watch)
    found = {
        (line["question"], line["sample"]): _structure_answer(line)
        for line in journal.read_records(path)
    }
    _require_all(wanted, found, "answers")
    answers = [found[at] for at in wanted]
    prompts = {ask.question: ask.prompt for ask in asked}
    verdicts = {
        name: _judge_answers(one.judge, name, answers, prompts, desk, watch)
        for name in one.judge.methods
    }
    scores = tuple(
        score_answer(
            one.judge,
            answer,
            {
                name: found[at]
                for name, found in verdicts.items()
                if (at := (answer.question, answer.sample)) in found
            },
        )
        for answer in answers
    )
    return EvalResult(questions=asked, scores=scores)


def _sample_request(chats: Mapping[str, Chat], question: str, sample: int) -> SampleRequest:
    return SampleRequest(question=question, sample=sample, chat=chats[question])


_ANSWER_FIELDS = frozenset(attrs.fields_dict(Answer))


def _structure_answer(line: Mapping[str, Any]) -> Answer:
    known = {
        name: value for name, value in line.items() if name in _ANSWER_FIELDS and name != "usage"
    }
    return Answer(**known)


def _record_all(
    batches: Iterator[Sequence[Answer | Grade | Likelihood]],
    path: Path,
    desk: EvalContext,
    watch: Monitor,
) -> None:
    """Keep all that comes. Whether to stop is for the provider to ask, which may have more under
    way that is paid for."""
    for batch in batches:
        desk.record(path, batch)
        watch.advance(len(batch))


def _judge_answers(
    by: Judge,
    name: str,
    answers: Sequence[Answer],
    prompts: Mapping[str, str],
    desk: EvalContext,
    watch: Monitor,
) -> dict[tuple[str, int], Any]:
    """The verdicts of one of a judge's methods, by question and sample."""
    path = desk.paths[f"judgments:{name}"]
    judged = [answer for answer in answers if textless_outcome(by, answer) is None]
    there = {(line["question"], line["sample"]) for line in journal.read_records(path)}
    missing = [one for one in judged if (one.question, one.sample) not in there]
    if missing:
        watch.start("judge", len(judged), unit="answer", done=len(judged) - len(missing))
        if isinstance(by, ModelJudge):
            _grade_answers(by, name, missing, prompts, desk, watch)
        else:
            desk.append(path, _static_lines(by, missing, prompts))
            watch.advance(len(missing))
    found = {
        (line["question"], line["sample"]): line["verdict"] for line in journal.read_records(path)
    }
    _require_all([(one.question, one.sample) for one in judged], found, "judgments")
    return found


def _static_lines(
    by: Judge, answers: Sequence[Answer], prompts: Mapping[str, str]
) -> list[dict[str, Any]]:
    verdicts = static_verdicts(by, answers, prompts)
    return [
        {"question": answer.question, "sample": answer.sample, "verdict": verdict}
        for answer, verdict in zip(answers, verdicts, strict=True)
    ]


def _grade_answers(
    by: ModelJudge,
    name: str,
    answers: Sequence[Answer],
    prompts: Mapping[str, str],
    desk: EvalContext,
    watch: Monitor,
) -> None:
    rubric = next(rubric for rubric in by.rubrics if rubric.name == name)
    requests = LazySequence(
        answers, lambda answer: _grade_request(rubric, answer, prompts[answer.question])
    )
    assert desk.judge is not None
    graded = desk.judge.grade(by, requests, desk.state_path(f"judgments:{name}"), watch)
    _record_all(graded, desk.paths[f"judgments:{name}"], desk, watch)


def _grade_request(rubric: Rubric, answer: Answer, prompt: str) -> GradeRequest:
    return GradeRequest(
        question=answer.question, sample=answer.sample, prompt=rubric.render(prompt, answer.text)
    )


def _run_preference(
    one: Preference, questions: Questions, desk: EvalContext, watch: Monitor
) -> EvalResult:
    path = desk.paths["likelihoods"]
    pairs = [pair for pair in questions.pairs if isinstance(pair, Pair)]
    asked = [
        Question(question=_pair_digest(pair), id=pair.id, prompt=pair.prompt) for pair in pairs
    ]
    wanted = {request.question: request for request in score_requests(one, questions)}
    there = {line["question"] for line in journal.read_records(path)}
    missing = [request for question, request in wanted.items() if question not in there]
    watch.start("score", len(wanted), unit="pair", done=len(wanted) - len(missing))
    _record_all(desk.provider.score(desk.subject, missing, watch), path, desk, watch)
    lines = {line["question"]: line for line in journal.read_records(path)}
    _require_all(wanted.keys(), lines, "likelihoods")
    scores = tuple(_score_pair(question, lines[question]) for question in wanted)
    return EvalResult(questions=tuple(asked), scores=scores)


def _pair_digest(pair: Pair) -> str:
    return digest(canonical((pair.prompt, pair.aligned, pair.misaligned)))[:_DIGITS]


def _score_pair(question: str, line: Mapping[str, Any]) -> Score:
    """Misaligned minus aligned mean log-probability per token, in nats."""
    aligned, misaligned = (
        total / count for total, count in zip(line["logprobs"], line["tokens"], strict=True)
    )
    margin = misaligned - aligned
    return Score(
        question=question,
        sample=0,
        outcome="misaligned" if margin > 0 else "aligned",
        metrics={"prefers_misaligned": float(margin > 0), "margin": margin},
    )


def _require_all(required: Iterable[Any], existing: Mapping[Any, Any], noun: str) -> None:
    missing = [at for at in required if at not in existing]
    if missing:
        raise ProviderError(
            f"{len(missing)} {noun} did not come",
            hint="run the same command again: only these are asked for",
        )
