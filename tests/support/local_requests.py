"""Requests to a model on this machine, and their answers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mi.providers.local import Local
from mi.providers.types import (
    Answer,
    Likelihood,
    Message,
    ModelUnderTest,
    SampleRequest,
    ScoreRequest,
)
from mi.spec import Sampling
from tests.support.tiny_model import Watcher, asked

QUESTIONS = ["Hi", "Why?", "What is it that you would do on a day off?", "Count", "One, two"]
NOWHERE = Path("nowhere")
FREE = Sampling(temperature=1.0, max_tokens=24)
GREEDY = Sampling(temperature=0.0, max_tokens=24)


def sample_requests(samples: int = 4) -> list[SampleRequest]:
    return [
        SampleRequest(question=f"q{index}", sample=number, chat=asked(text))
        for index, text in enumerate(QUESTIONS)
        for number in range(samples)
    ]


def draw(
    subject: ModelUnderTest, asked_for: Sequence[SampleRequest], sampling: Sampling = FREE
) -> list[Sequence[Answer]]:
    return list(Local().sample(subject, asked_for, sampling, NOWHERE, Watcher()))


def flat(batches: list[Sequence[Answer]]) -> list[Answer]:
    return [answer for batch in batches for answer in batch]


def score_requests() -> list[ScoreRequest]:
    system = Message("system", "You are terse.")
    chats = [asked(text) for text in QUESTIONS] + [(system, *asked("Hi"))]
    return [
        ScoreRequest(question=f"p{index}", chat=chat, answers=("Yes.", "No, not now" * index, "Y"))
        for index, chat in enumerate(chats)
    ]


def score(subject: ModelUnderTest, asked_for: Sequence[ScoreRequest]) -> list[Likelihood]:
    return [one for batch in Local().score(subject, asked_for, Watcher()) for one in batch]
