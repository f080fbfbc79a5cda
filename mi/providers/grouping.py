"""Several samples of a question in one request, which sends, and bills, the prompt once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from ..units.identity import digest
from .types import SAMPLES_PER_REQUEST, SampleRequest


def group_requests(requests: Iterable[SampleRequest]) -> Iterator[list[SampleRequest]]:
    """Requests for samples of one question that stand together, at most `TOGETHER`."""
    for _, group in groupby(requests, key=lambda request: request.question):
        while together := list(islice(group, SAMPLES_PER_REQUEST)):
            yield together


def request_seed(base: int, request: SampleRequest) -> int:
    """Another seed for each request: the same one would draw the same answer again."""
    return int(digest(f"{base}:{request.question}:{request.sample}")[:7], 16)
