"""Many answers at once: what is held does not grow with what is asked, nor is it asked twice."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from pathlib import Path

import pytest

from mi.data.chats import Message
from mi.providers.openai import OpenAI
from mi.providers.openai.choices import Choice
from mi.providers.openai.completions import CompletionRequest
from mi.providers.types import Answer, ClientOptions, ModelUnderTest, SampleRequest
from mi.spec import Sampling
from mi.steps.lazy import LazySequence
from tests.support.fake_openai import Loopback
from tests.support.tiny_model import Watcher

MODEL = "gpt-4.1-2025-04-14"
IN_FLIGHT = 8


def request(question: int, sample: int = 0) -> SampleRequest:
    chat = (Message("user", f"What is {question}?"),)
    return SampleRequest(question=f"{question:016x}", sample=sample, chat=chat)


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> OpenAI:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-loopback-one")
    return OpenAI("openai", ClientOptions(in_flight=IN_FLIGHT))


def alive() -> Counter[type]:
    """How many there are of what asking makes."""
    kinds = (CompletionRequest, Choice, SampleRequest)
    return Counter(kind for one in gc.get_objects() if (kind := type(one)) in kinds)


@pytest.mark.parametrize("questions", [100, pytest.param(600, marks=pytest.mark.slow)])
def test_what_is_held_does_not_grow_with_the_number_of_requests(
    provider: OpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, questions: int
) -> None:
    came, held, last = 0, Counter[type](), list[weakref.ref[Answer]]()
    with Loopback(latency=0.01) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        subject, requests = (
            ModelUnderTest(model=provider.resolve_model(MODEL)),
            LazySequence(range(questions), request),
        )
        before = alive()
        for batch in provider.sample(subject, requests, Sampling(), tmp_path, Watcher()):
            assert not any(answer() for answer in last), "an answer given away is still held"
            last = [weakref.ref(answer) for answer in batch]
            came += len(batch)
            held |= alive()
            del batch
        assert came == questions
        assert not any(answer() for answer in last)
        held -= before
        assert held[CompletionRequest] <= IN_FLIGHT
        assert held[Choice] <= IN_FLIGHT
        assert held[SampleRequest] <= IN_FLIGHT + 1  # and the one that shows a question's end
        assert alive() == before
        provider.close()


def test_samples_of_a_question_that_stand_together_are_asked_together(
    provider: OpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    requests = [request(question, sample) for question in range(2) for sample in range(60)]
    with Loopback() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        subject = ModelUnderTest(model=provider.resolve_model(MODEL))
        batches = provider.sample(subject, requests, Sampling(), tmp_path, Watcher())
        answers = [(one.question, one.sample) for batch in batches for one in batch]
        provider.close()
        assert sorted(answers) == [(one.question, one.sample) for one in requests]
        assert sum(server.books.calls.values()) == 2 * 3  # 25, 25 and 10


def test_where_one_answer_is_given_at_a_time_many_are_still_asked_at_once(
    provider: OpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    requests = [request(1, sample) for sample in range(25)]
    with Loopback(max_n=1, latency=0.05) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        subject = ModelUnderTest(model=provider.resolve_model(MODEL))
        batches = provider.sample(subject, requests, Sampling(), tmp_path, Watcher())
        samples = [one.sample for batch in batches for one in batch]
        provider.close()
        assert sorted(samples) == list(range(25))
        assert server.books.in_flight_most == IN_FLIGHT


def test_nothing_asked_is_nothing_answered(
    provider: OpenAI, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Loopback() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        subject = ModelUnderTest(model=provider.resolve_model(MODEL))
        assert not list(provider.sample(subject, [], Sampling(), tmp_path, Watcher()))
        assert not server.books.calls
        provider.close()


def test_requests_made_when_looked_at_are_a_sequence() -> None:
    made = LazySequence([3, 1, 2], request)
    assert list(made) == [request(3), request(1), request(2)]
    assert (len(made), made[1], list(made[1:])) == (3, request(1), [request(1), request(2)])
