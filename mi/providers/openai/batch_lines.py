"""The lines of a batch's files: requests that go in, answers and failures that come out.

A line is identified by the question and the samples it asks for, so its answer can be used by a run
that would have grouped the requests differently.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import attrs

from ..types import Monitor
from .accounts import Account
from .choices import Choice, filtered_choice, has_failed, parse_choices, parse_json
from .completions import CompletionRequest
from .errors import retry_api_call
from .replies import CONTENT_FILTER, find_code, find_sentence

if TYPE_CHECKING:
    from openai.types import Batch

ENDPOINT: Final = "/v1/chat/completions"
AnswerId = tuple[str, int]
"""A question and a sample."""


@attrs.frozen
class AnsweredLine:
    """An answered line: the answers it was for, and its choices."""

    answer_ids: Sequence[AnswerId]
    choices: tuple[Choice, ...]


@attrs.frozen
class FailedLine:
    """The error of a line that was not answered."""

    status: int | None
    code: str
    message: str

    @property
    def is_permanent(self) -> bool:
        """Whether another batch would fail the same way."""
        return self.status in (400, 401, 403, 404, 422)


def batch_answer_id(source: Any) -> AnswerId:
    """Identifies the answer to one of the engine's requests."""
    return source.question, source.sample


def custom_id(sources: Sequence[Any], part: int | None = None) -> str:
    """The id of a line: the question, and the samples it is for.

    Args:
        sources: The engine's requests the line answers.
        part: Distinguishes lines for the same samples.
    """
    name = f"{sources[0].question}-{'.'.join(str(source.sample) for source in sources)}"
    return name if part is None else f"{name}#{part}"


def _parse_custom_id(id: str) -> list[AnswerId]:
    question, _, samples = id.partition("#")[0].rpartition("-")
    return [(question, int(sample)) for sample in samples.split(".") if sample.isdigit()]


def request_line(id: str, request: CompletionRequest) -> dict[str, Any]:
    """The line that sends a request."""
    count = len(request.sources)
    body = {**request.body, "n": count} if count > 1 else request.body
    return {"custom_id": id, "method": "POST", "url": ENDPOINT, "body": body}


def fetch_lines(
    account: Account,
    batch: Batch,
    model: str,
    bodies: Mapping[AnswerId, Mapping[str, Any]],
    monitor: Monitor,
) -> tuple[list[AnsweredLine], list[FailedLine]]:
    """The answered and the failed lines of a batch that has ended.

    Args:
        account: The account that owns the batch.
        batch: The batch.
        model: Whose price applies.
        bodies: The requests by the answers they are for, to estimate what the service leaves out.
        monitor: Raises when the run must stop.

    Raises:
        ProviderError: The batch's files cannot be read.
    """
    answered, failed = [], []
    for file in (batch.output_file_id, batch.error_file_id):
        for record in read_lines(account, file, monitor):
            line = parse_line(record, model, bodies)
            if isinstance(line, AnsweredLine):
                answered.append(line)
            else:
                failed.append(line)
    return answered, failed


def parse_line(
    record: dict[str, Any], model: str, bodies: Mapping[AnswerId, Mapping[str, Any]]
) -> AnsweredLine | FailedLine:
    """A line of a batch's output or error file.

    Args:
        record: The line.
        model: Whose price applies.
        bodies: The requests by the answers they are for, to estimate what the service leaves out.
    """
    answer_ids = _parse_custom_id(str(record.get("custom_id")))
    response = record.get("response")
    response = response if isinstance(response, Mapping) else {}
    body, status = response.get("body") or {}, response.get("status_code")
    error = record.get("error") or (body.get("error") if isinstance(body, Mapping) else body) or {}
    try:
        if status == 200:
            request = next((bodies[id] for id in answer_ids if id in bodies), None)
            choices = _at_batch_price(parse_choices(body, model, request))
            answers = [
                pair for pair in zip(answer_ids, choices, strict=False) if not has_failed(pair[1])
            ]
            if answers:  # what is no answer is missing, and requested again
                return AnsweredLine(
                    [id for id, _ in answers], tuple(choice for _, choice in answers)
                )
            error = {"message": choices[0].error or "thinking used up the limit of tokens"}
        if status == 400 and find_code(error) == CONTENT_FILTER:
            return AnsweredLine(answer_ids, (filtered_choice(model),) * len(answer_ids))
    except json.JSONDecodeError as problem:
        error = {"message": getattr(problem, "sentence", "the answer is not a chat completion")}
    message = find_sentence(error) or f"status {status}"
    return FailedLine(status, find_code(error), message)


def iter_choices(lines: Iterable[AnsweredLine]) -> Iterator[tuple[AnswerId, Choice]]:
    """The choices of answered lines, each with the answer it is for."""
    for line in lines:
        yield from zip(line.answer_ids, line.choices, strict=False)


def merge_twin(
    choices: Sequence[tuple[AnswerId, Choice]],
    surplus: Iterable[AnsweredLine],
    wanted: Counter[AnswerId],
) -> list[tuple[AnswerId, Choice]]:
    """Choices together with those of a twin of their batch, which were paid for as well.

    A choice of the twin is used where one is still wanted. Elsewhere its tokens are added to those
    of the choice that is used for the same answer, so that what is booked is what was billed.

    Args:
        choices: The choices used so far, each with the answer it is for.
        surplus: The answered lines of the twin.
        wanted: How many choices are still wanted for each answer; counted down.
    """
    merged = list(choices)
    places = {key: place for place, (key, _) in enumerate(merged)}
    for key, choice in iter_choices(surplus):
        if claim(wanted, key):
            places[key] = len(merged)
            merged.append((key, choice))
        elif key in places:
            usage, extra = merged[places[key]][1].usage, choice.usage
            usage = attrs.evolve(
                usage,
                input=usage.input + extra.input,
                output=usage.output + extra.output,
                estimate_reason=usage.estimate_reason or extra.estimate_reason,
            )
            merged[places[key]] = (key, attrs.evolve(merged[places[key]][1], usage=usage))
    return merged


def claim(wanted: Counter[AnswerId], key: AnswerId) -> bool:
    """Count down the answers wanted for a key. Returns False if no more are wanted."""
    if wanted[key] <= 0:
        return False
    wanted[key] -= 1
    return True


def _at_batch_price(choices: Sequence[Choice]) -> tuple[Choice, ...]:
    return tuple(
        attrs.evolve(choice, usage=attrs.evolve(choice.usage, batch=True)) for choice in choices
    )


def read_lines(account: Account, file: str | None, monitor: Monitor) -> list[dict[str, Any]]:
    """Read a file of a batch.

    Args:
        account: The account that owns it.
        file: The file's id; None: the batch has no such file, so there are no lines.
        monitor: Receives retries; raises when the run must stop.

    Raises:
        ProviderError: The service did not give the file.
    """
    if file is None:
        return []

    def read() -> list[dict[str, Any]]:
        raw = account.client.files.content(file).content
        return [parse_json(line) for line in raw.split(b"\n") if line.strip()]

    return retry_api_call(read, monitor, (account,), "reading a batch")
