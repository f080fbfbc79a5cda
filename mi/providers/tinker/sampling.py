"""Answers and log-probabilities of given answers, as they come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...errors import MiError, RequestRejected
from ...spec import Sampling
from ..chat_template import ChatTemplate
from ..grouping import group_requests, request_seed
from ..types import Answer, Likelihood, Message, Monitor, SampleRequest, ScoreRequest, Usage
from .errors import http_status, translate_error
from .futures import stream_results
from .sampler_slots import is_model_unloaded

if TYPE_CHECKING:
    from tinker import SamplingClient

UNSUPPORTED_STATUSES = (400, 404, 422, 501)


class ModelUnloaded(Exception):
    """The server does not hold the model; what had come was given."""


@attrs.frozen(kw_only=True)
class Sampler:
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
    template: ChatTemplate
    model: str
    endpoint: str
    key: str
    max_concurrent: int


def draw_answers(
    sampler: Sampler, requests: Sequence[SampleRequest], sampling: Sampling, monitor: Monitor
) -> Iterator[list[Answer]]:
    """Draw the answers, several of a question in one request."""
    from tinker import ModelInput, SamplingParams

    def begin(group: Sequence[SampleRequest]) -> Any:
        first = group[0]
        return sampler.client.sample(
            ModelInput.from_ints(list(sampler.template.encode_prompt(first.chat))),
            num_samples=len(group),
            sampling_params=SamplingParams(
                max_tokens=sampling.max_tokens,
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                seed=request_seed(sampling.seed, first),
                stop=sorted(sampler.template.stop_tokens),
            ),
        )

    try:
        for came in stream_results(
            group_requests(requests), begin, sampler.max_concurrent, monitor
        ):
            yield [
                answer
                for group, response in came
                for answer in _to_answers(sampler, group, response.sequences)
            ]
    except Exception as error:
        raise _translate(error, sampler, f"asking {sampler.model}") from None


def _to_answers(
    sampler: Sampler, group: Sequence[SampleRequest], sequences: Sequence[Any]
) -> Iterator[Answer]:
    template, prompt = sampler.template, len(sampler.template.encode_prompt(group[0].chat))
    for index, (request, one) in enumerate(zip(group, sequences, strict=False)):
        tokens = list(one.tokens)
        said = tokens[:-1] if tokens and tokens[-1] in template.stop_tokens else tokens
        yield Answer(
            question=request.question,
            sample=request.sample,
            text=template.tokenizer.decode(said, skip_special_tokens=True),
            finish="length" if one.stop_reason == "length" else "stop",
            prompt_tokens=prompt,
            answer_tokens=len(tokens),
            model=sampler.model,
            usage=Usage(model=sampler.model, input=0 if index else prompt, output=len(tokens)),
        )


@attrs.frozen
class _AnswerTokens:
    """One answer of a request, as token ids."""

    request: ScoreRequest
    index: int
    ids: list[int]
    answer_length: int


def score_requests(
    sampler: Sampler, requests: Sequence[ScoreRequest], monitor: Monitor
) -> Iterator[list[Likelihood]]:
    """Sum the log-probabilities of each answer's content and end-of-turn tokens.

    Raises:
        Refused: The server does not tell them.
    """
    from tinker import ModelInput

    asked = (one for request in requests for one in _tokenize_answers(sampler.template, request))
    parts: dict[str, dict[int, tuple[_AnswerTokens, float]]] = {}
    try:
        for came in stream_results(
            asked,
            lambda one: sampler.client.compute_logprobs(ModelInput.from_ints(one.ids)),
            sampler.max_concurrent,
            monitor,
        ):
            whole = []
            for one, logprobs in came:
                there = parts.setdefault(one.request.question, {})
                there[one.index] = (one, _sum_logprobs(logprobs, one.answer_length, sampler))
                if len(there) == len(one.request.answers):
                    whole.append(_to_likelihood(sampler.model, parts.pop(one.request.question)))
            if whole:
                yield whole
    except RequestRejected:
        raise
    except Exception as error:
        if http_status(error) in UNSUPPORTED_STATUSES and not is_model_unloaded(error):
            raise _scoring_refused(
                sampler, str(translate_error(error, sampler.key, "it says").message)
            ) from None
        raise _translate(error, sampler, f"asking {sampler.model}") from None


def _tokenize_answers(template: ChatTemplate, request: ScoreRequest) -> Iterator[_AnswerTokens]:
    for place, answer in enumerate(request.answers):
        row = template.encode_row((*request.chat, Message("assistant", answer)))
        yield _AnswerTokens(request, place, list(row.ids), len(row.answer))


def _sum_logprobs(logprobs: Any, length: int, sampler: Sampler) -> float:
    """Over the last tokens: servers differ in whether the first token has an entry."""
    tail = list(logprobs or ())[-length:]
    if len(tail) < length or any(value is None for value in tail):
        raise _scoring_refused(sampler, "it gives none")
    return float(sum(tail))


def _to_likelihood(model: str, parts: dict[int, tuple[_AnswerTokens, float]]) -> Likelihood:
    both = [parts[place] for place in sorted(parts)]
    return Likelihood(
        question=both[0][0].request.question,
        logprobs=tuple(total for _, total in both),
        tokens=tuple(one.answer_length for one, _ in both),
        usage=Usage(model=model, input=sum(len(one.ids) for one, _ in both), output=len(both)),
    )


def _scoring_refused(sampler: Sampler, reason: str) -> RequestRejected:
    return RequestRejected(
        f"{sampler.endpoint} does not tell log-probabilities of given tokens ({reason})",
        hint="`logprobs = false` in its [tool.mi.endpoints] entry leaves out what needs them",
    )


def _translate(error: Exception, sampler: Sampler, action: str) -> Exception:
    if isinstance(error, MiError):
        return error
    return (
        ModelUnloaded() if is_model_unloaded(error) else translate_error(error, sampler.key, action)
    )
