"""Sample answers, and score given ones, through the Tinker API, yielding results as they arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import attrs

from ...errors import MiError, RequestRejected
from ...spec import Sampling
from ..chat_template import ChatTemplate
from ..grouping import group_requests, request_seed
from ..types import Answer, Likelihood, Message, Monitor, SampleRequest, ScoreRequest, Usage
from .errors import error_status, translate_error
from .futures import stream_results
from .sampler_slots import is_model_unloaded

if TYPE_CHECKING:
    from tinker import SamplingClient

UNSUPPORTED_STATUSES = (400, 404, 422, 501)
"""HTTP statuses of a server that cannot score given tokens."""


class ModelUnloaded(Exception):
    """The server does not hold the model; all results that had arrived were yielded."""


@attrs.frozen(kw_only=True)
class Sampler:
    """A model under test at a server.

    Args:
        client: The SDK's client for the model.
        path: The path it samples from; None for a base model.
        template: The model's chat template.
        model: Name of the base model, whose price applies.
        endpoint: Name of the provider or endpoint, for messages.
        key: The key to redact from messages.
        max_concurrent: Maximum number of pending requests.
    """

    client: SamplingClient
    path: str | None
    template: ChatTemplate
    model: str
    endpoint: str
    key: str
    max_concurrent: int


def request_answers(
    sampler: Sampler, requests: Sequence[SampleRequest], sampling: Sampling, monitor: Monitor
) -> Iterator[list[Answer]]:
    """Sample answers, several of one question in a request.

    Args:
        sampler: The model under test.
        requests: One for each answer.
        sampling: Temperature, nucleus, maximum length and seed.
        monitor: May stop the sampling.

    Raises:
        ModelUnloaded: The server does not hold the model.
        ProviderError: A request failed.
        Interrupted: The user asked to stop.
    """
    from tinker import ModelInput, SamplingParams

    def submit(group: Sequence[SampleRequest]) -> Any:
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

    def worst(group: Sequence[SampleRequest]) -> Usage:
        sent = len(sampler.template.encode_prompt(group[0].chat))
        return Usage(model=sampler.model, input=sent, output=sampling.max_tokens * len(group))

    groups = group_requests(requests)
    try:
        for results in stream_results(groups, submit, sampler.max_concurrent, monitor, worst):
            yield [
                answer
                for group, response in results
                for answer in _to_answers(sampler, group, response.sequences)
            ]
    except Exception as error:
        raise _translate(error, sampler, f"sampling {sampler.model}") from None


def _to_answers(
    sampler: Sampler, group: Sequence[SampleRequest], sequences: Sequence[Any]
) -> Iterator[Answer]:
    template = sampler.template
    prompt_tokens = len(template.encode_prompt(group[0].chat))
    for index, (request, sequence) in enumerate(zip(group, sequences, strict=False)):
        tokens = list(sequence.tokens)
        content = tokens[:-1] if tokens and tokens[-1] in template.stop_tokens else tokens
        yield Answer(
            question=request.question,
            sample=request.sample,
            text=template.tokenizer.decode(content, skip_special_tokens=True),
            finish="length" if sequence.stop_reason == "length" else "stop",
            prompt_tokens=prompt_tokens,
            answer_tokens=len(tokens),
            model=sampler.model,
            usage=Usage(
                model=sampler.model, input=0 if index else prompt_tokens, output=len(tokens)
            ),
        )


@attrs.frozen
class _Candidate:
    """One answer of a request, after its chat, as token ids."""

    request: ScoreRequest
    index: int
    ids: list[int]
    answer_length: int


def request_likelihoods(
    sampler: Sampler, requests: Sequence[ScoreRequest], monitor: Monitor
) -> Iterator[list[Likelihood]]:
    """Sum the log-probabilities of each answer's content and end-of-turn tokens.

    Args:
        sampler: The model under test.
        requests: Chats, each with the answers to score.
        monitor: May stop the scoring.

    Raises:
        RequestRejected: The server does not give log-probabilities.
        ModelUnloaded: The server does not hold the model.
        ProviderError: A request failed.
        Interrupted: The user asked to stop.
    """
    from tinker import ModelInput

    def submit(candidate: _Candidate) -> Any:
        return sampler.client.compute_logprobs(ModelInput.from_ints(candidate.ids))

    def worst(candidate: _Candidate) -> Usage:
        return Usage(model=sampler.model, input=len(candidate.ids), output=1)

    candidates = (
        candidate for request in requests for candidate in _candidates(sampler.template, request)
    )
    scores: dict[str, dict[int, tuple[_Candidate, float]]] = {}
    try:
        for results in stream_results(candidates, submit, sampler.max_concurrent, monitor, worst):
            likelihoods = []
            for candidate, logprobs in results:
                request = candidate.request
                total = _sum_logprobs(logprobs, candidate.answer_length, sampler)
                request_scores = scores.setdefault(request.question, {})
                request_scores[candidate.index] = (candidate, total)
                if len(request_scores) == len(request.answers):
                    likelihoods.append(_to_likelihood(sampler.model, scores.pop(request.question)))
            if likelihoods:
                yield likelihoods
    except RequestRejected:
        raise
    except Exception as error:
        if error_status(error) in UNSUPPORTED_STATUSES and not is_model_unloaded(error):
            reason = translate_error(error, sampler.key, "the server answered").message
            raise _scoring_refused(sampler, str(reason)) from None
        raise _translate(error, sampler, f"scoring with {sampler.model}") from None


def _candidates(template: ChatTemplate, request: ScoreRequest) -> Iterator[_Candidate]:
    for index, answer in enumerate(request.answers):
        row = template.encode_row((*request.chat, Message("assistant", answer)))
        yield _Candidate(request, index, list(row.ids), len(row.answer))


def _sum_logprobs(logprobs: Any, length: int, sampler: Sampler) -> float:
    """The sum over the last tokens; servers differ in whether the first token has an entry."""
    tail = list(logprobs or ())[-length:]
    if len(tail) < length or any(value is None for value in tail):
        raise _scoring_refused(sampler, "its reply has none")
    return float(sum(tail))


def _to_likelihood(model: str, scores: dict[int, tuple[_Candidate, float]]) -> Likelihood:
    ordered = [scores[index] for index in sorted(scores)]
    input_tokens = sum(len(candidate.ids) for candidate, _ in ordered)
    return Likelihood(
        question=ordered[0][0].request.question,
        logprobs=tuple(total for _, total in ordered),
        tokens=tuple(candidate.answer_length for candidate, _ in ordered),
        usage=Usage(model=model, input=input_tokens, output=len(ordered)),
    )


def _scoring_refused(sampler: Sampler, reason: str) -> RequestRejected:
    return RequestRejected(
        f"{sampler.endpoint} does not give log-probabilities of given tokens ({reason})",
        hint="set `logprobs = false` in its [tool.mi.endpoints] entry to leave out such evals",
    )


def _translate(error: Exception, sampler: Sampler, action: str) -> Exception:
    if isinstance(error, MiError):
        return error
    if is_model_unloaded(error):
        return ModelUnloaded()
    return translate_error(error, sampler.key, action)
