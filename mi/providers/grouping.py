"""Several samples of a question in one request, which sends the prompt, and bills it, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from ..units.identity import digest
from .types import SAMPLES_PER_REQUEST, SampleRequest


def group_requests(requests: Iterable[SampleRequest]) -> Iterator[list[SampleRequest]]:
    """Group adjacent requests for one question, at most `SAMPLES_PER_REQUEST` of them."""
    for _, samples in groupby(requests, key=lambda request: request.question):
        while group := list(islice(samples, SAMPLES_PER_REQUEST)):
            yield group


def request_seed(base: int, request: SampleRequest) -> int:
    """A seed of its own for each request: with the same seed, samples would be the same."""
    return int(digest(f"{base}:{request.question}:{request.sample}")[:7], 16)
