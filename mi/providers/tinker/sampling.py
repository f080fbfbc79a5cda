"""Answers and log-probabilities of given answers, as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...errors import MiError, Refused
from ...spec import Sampling
from ..chat_template import Template
from ..grouping import grouped, seed
from ..types import Answer, Bill, Likelihood, Message, SampleRequest, ScoreRequest, Watch
from .errors import status_of, told
from .futures import arriving
from .sampler_slots import is_gone

if TYPE_CHECKING:
    from tinker import SamplingClient

UNSCORED = (400, 404, 422, 501)


class Gone(Exception):
    """The server does not hold the model; what had come was given."""


@attrs.frozen(kw_only=True)
class Subject:
    """A model under test, ready to be asked.

    Args:
        client: The SDK's way to it.
        path: Where it is sampled from; None for a base model.
        model: Whose price applies.
        endpoint: Where it is asked, for messages.
        key: What is never shown.
        width: Requests under way at once, at most.
    """

    client: SamplingClient
    path: str | None
    template: Template
    model: str
    endpoint: str
    key: str
    width: int


def sample(
    subject: Subject, requests: Sequence[SampleRequest], sampling: Sampling, watch: Watch
) -> Iterator[list[Answer]]:
    """Draw the answers, several of a question in one request."""
    from tinker import ModelInput, SamplingParams

    def begin(group: Sequence[SampleRequest]) -> Any:
        first = group[0]
        return subject.client.sample(
            ModelInput.from_ints(list(subject.template.prompt(first.chat))),
            num_samples=len(group),
            sampling_params=SamplingParams(
                max_tokens=sampling.max_tokens,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                seed=seed(sampling.seed, first),
                stop=sorted(subject.template.stops),
            ),
        )

    try:
        for came in arriving(grouped(requests), begin, subject.width, watch):
            yield [
                answer
                for group, response in came
                for answer in _answers(subject, group, response.sequences)
            ]
    except Exception as error:
        raise _told(error, subject, f"asking {subject.model}") from None


def _answers(
    subject: Subject, group: Sequence[SampleRequest], sequences: Sequence[Any]
) -> Iterator[Answer]:
    template, prompt = subject.template, len(subject.template.prompt(group[0].chat))
    for index, (request, one) in enumerate(zip(group, sequences, strict=False)):
        tokens = list(one.tokens)
        said = tokens[:-1] if tokens and tokens[-1] in template.stops else tokens
        yield Answer(
            question=request.question,
            sample=request.sample,
            text=template.tokenizer.decode(said, skip_special_tokens=True),
            finish="length" if one.stop_reason == "length" else "stop",
            prompt_tokens=prompt,
            answer_tokens=len(tokens),
            model=subject.model,
            bill=Bill(model=subject.model, input=0 if index else prompt, output=len(tokens)),
        )


@attrs.frozen
class _Asked:
    """One answer of a request, as token ids."""

    request: ScoreRequest
    place: int
    ids: list[int]
    length: int


def score(
    subject: Subject, requests: Sequence[ScoreRequest], watch: Watch
) -> Iterator[list[Likelihood]]:
    """Sum the log-probabilities of each answer's content and end-of-turn tokens.

    Raises:
        Refused: The server does not tell them.
    """
    from tinker import ModelInput

    asked = (one for request in requests for one in _asked(subject.template, request))
    parts: dict[str, dict[int, tuple[_Asked, float]]] = {}
    try:
        for came in arriving(
            asked,
            lambda one: subject.client.compute_logprobs(ModelInput.from_ints(one.ids)),
            subject.width,
            watch,
        ):
            whole = []
            for one, logprobs in came:
                there = parts.setdefault(one.request.question, {})
                there[one.place] = (one, _sum(logprobs, one.length, subject))
                if len(there) == len(one.request.answers):
                    whole.append(_likelihood(subject.model, parts.pop(one.request.question)))
            if whole:
                yield whole
    except Refused:
        raise
    except Exception as error:
        if status_of(error) in UNSCORED and not is_gone(error):
            raise _unscored(subject, str(told(error, subject.key, "it says").message)) from None
        raise _told(error, subject, f"asking {subject.model}") from None


def _asked(template: Template, request: ScoreRequest) -> Iterator[_Asked]:
    for place, answer in enumerate(request.answers):
        row = template.row((*request.chat, Message("assistant", answer)))
        yield _Asked(request, place, list(row.ids), len(row.answer))


def _sum(logprobs: Any, length: int, subject: Subject) -> float:
    """Over the last tokens: servers differ in whether the first token has an entry."""
    tail = list(logprobs or ())[-length:]
    if len(tail) < length or any(value is None for value in tail):
        raise _unscored(subject, "it gives none")
    return float(sum(tail))


def _likelihood(model: str, parts: dict[int, tuple[_Asked, float]]) -> Likelihood:
    both = [parts[place] for place in sorted(parts)]
    return Likelihood(
        question=both[0][0].request.question,
        logprobs=tuple(total for _, total in both),
        tokens=tuple(one.length for one, _ in both),
        bill=Bill(model=model, input=sum(len(one.ids) for one, _ in both), output=len(both)),
    )


def _unscored(subject: Subject, said: str) -> Refused:
    return Refused(
        f"{subject.endpoint} does not tell log-probabilities of given tokens ({said})",
        hint="`logprobs = false` in its [tool.mi.endpoints] entry leaves out what needs them",
    )


def _told(error: Exception, subject: Subject, doing: str) -> Exception:
    if isinstance(error, MiError):
        return error
    return Gone() if is_gone(error) else told(error, subject.key, doing)
