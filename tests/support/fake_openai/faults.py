"""Which requests go wrong, and how: drawn from a seed, so a failing test fails again.

A draw hangs on the seed and a key that names the request and its running number, never on the
clock: the same calls meet the same faults, and a retry is a new draw.
"""

from __future__ import annotations

import random
from typing import Any, Literal, TypeVar

import attrs

Transport = Literal["", "limited", "broken", "reset", "truncated", "hang"]
Choice = Literal["", "filtered", "refused", "empty"]
T = TypeVar("T")


CREATES = ("/v1/fine_tuning/jobs", "/v1/batches", "/v1/files")
"""Paths at which something is created that costs money or stays."""
CHAT = "/v1/chat/completions"
Answer = int | Literal["reset", "truncated", "hang", "null", "empty", "list", "text", "slow"]
"""A status with an error, a way to lose an answer, 200 with a body that is none, or the right
answer, late."""
_NONSENSE: tuple[Answer, ...] = ("null", "empty", "list", "text")
_BEFORE: tuple[Answer, ...] = (429, 429, 500, 503, "reset", *_NONSENSE)
_AFTER: tuple[Answer, ...] = (500, 502, "reset", "reset", "truncated", *_NONSENSE, "slow", "slow")
_OF_FILES: tuple[Answer, ...] = (429, 500, 503, "reset", "slow")
"""A file's content has no form by which half of it could be told from the whole."""
_ODD_COUNTS = (None, -5, 10**30, 1e300, "12", 0.5)


@attrs.frozen
class CreateFault:
    """What befalls the next create: `answer` comes instead of what was created.

    Args:
        answer: What the client gets.
        done: Whether the work is done all the same.
        code: The code in the error.
        path: Which create; None: any.
    """

    answer: Answer
    done: bool = True
    code: str | None = None
    path: str | None = None

    def __str__(self) -> str:
        return f"{self.answer} {self.code or ''} {'after' if self.done else 'before'} the work"


@attrs.define(kw_only=True)
class Faults:
    """Shares of requests (or choices) in [0, 1], and counts of first requests, that go wrong."""

    seed: int = 0
    limited: float = 0.0
    """429 with a Retry-After header, on any endpoint; nothing is done or billed."""
    retry_after: float = 0.05
    """The shortest Retry-After, in seconds; the longest is four times that."""
    broken: float = 0.0
    """500 on any endpoint; nothing is done or billed."""
    reset: float = 0.0
    """Chat: done and billed, then the connection closes without an answer."""
    truncated: float = 0.0
    """Chat: done and billed, then 200 with half of the JSON."""
    hang: float = 0.0
    """Chat: done and billed, never answered."""
    drop_creates: int = 0
    """The first N fine-tuning jobs are created, and the connection closes without an answer."""
    drop_uploads: int = 0
    drop_batches: int = 0
    filtered: float = 0.0
    """A choice that ends with content_filter and has no content."""
    refused: float = 0.0
    """A choice with a refusal and no content."""
    empty: float = 0.0
    """A choice whose content is the empty string."""
    spare_judge: bool = False
    """No filtered, refused or empty choices in judge calls."""
    blocked_files: frozenset[str] = frozenset()
    """sha256 of training files whose job fails as moderation would have it."""
    fail_jobs: int = 0
    """The first N jobs end as failed."""
    closed: bool = False
    """Fine-tuning is closed to these accounts: 403."""
    gone: frozenset[str] = frozenset()
    """Models that answer 404."""
    creates: list[CreateFault] = attrs.field(factory=list)
    """What befalls the next creates, in order; each is used up."""
    lag: float = 0.0
    """Seconds after its creation for which a job or a batch is in no list."""
    late: int = 0
    """A job or a batch is in no list until so many others were created after it."""
    no_lists: int = 0
    """The status with which every list of jobs and batches is refused; 0: none is."""
    no_metadata: bool = False
    """Jobs forget their metadata."""
    repeats: Literal["", "says so", "says more"] = ""
    """Lists ignore `after`, and say nothing of more pages, or that there are more."""
    paging: int = 0
    """The most items of a page; 0: as many as are asked for."""
    states: dict[str, str] = attrs.field(factory=dict)
    """Status → what is said instead."""
    trained_tokens: tuple[Any, ...] = ()
    """One value: what is said instead of the tokens that a job was trained on."""
    any: float = 0.0
    """Any request: an error, a lost answer or nonsense, before or after the work, or a late answer.
    A chat completion that gets 429 was not worked on, and neither was one that gets 503."""
    odd_usage: float = 0.0
    """A chat completion whose usage is missing or cannot be."""
    slowest: float = 0.3
    """The latest that a late answer comes, in seconds."""

    def mishap(self, method: str, path: str, number: int) -> CreateFault | None:
        """What befalls the n-th request of a kind, of all that can."""
        draw = _random(self.seed, "any", method, path, number)
        if draw.random() >= self.any:
            return None
        if path.endswith("/content"):
            return CreateFault(draw.choice(_OF_FILES))
        done = draw.random() < 0.5
        answers = _AFTER if done else _BEFORE
        if done and path != CHAT:
            answers = (*_BEFORE, *_AFTER)
        return CreateFault(draw.choice(answers), done=done)

    def delay(self, *key: object) -> float:
        """Seconds by which a late answer is late."""
        return self.slowest * _random(self.seed, "late", *key).random()

    def usage(self, usage: dict[str, Any], *key: object) -> Any:
        """What is said instead of a usage; the usage itself where nothing befalls it."""
        draw = _random(self.seed, "usage", *key)
        if draw.random() >= self.odd_usage:
            return usage
        if draw.random() < 0.3:
            return draw.choice((None, [], "free"))
        name = draw.choice(("prompt_tokens", "completion_tokens"))
        return {**usage, name: draw.choice(_ODD_COUNTS)}

    def create(self, path: str) -> CreateFault | None:
        """What befalls this create, which is used up by it."""
        for fault in self.creates:
            if fault.path in (None, path):
                self.creates.remove(fault)
                return fault
        return None

    def transport(self, *key: object, chat: bool) -> Transport:
        """What befalls a request; only a chat completion is lost after the work is done."""
        shares: dict[Transport, float] = {"limited": self.limited, "broken": self.broken}
        if chat:
            shares |= {"reset": self.reset, "truncated": self.truncated, "hang": self.hang}
        return _draw(shares, "", (self.seed, "transport", *key))

    def choice(self, *key: object, judge: bool) -> Choice:
        """What befalls one choice of a completion."""
        if judge and self.spare_judge:
            return ""
        shares: dict[Choice, float] = {
            "filtered": self.filtered,
            "refused": self.refused,
            "empty": self.empty,
        }
        return _draw(shares, "", (self.seed, "choice", *key))

    def wait(self, *key: object) -> float:
        """Seconds for a Retry-After header."""
        return self.retry_after * (1 + 3 * _random(self.seed, "wait", *key).random())


def _random(*key: object) -> random.Random:
    return random.Random("|".join(map(str, key)))


def _draw(shares: dict[T, float], otherwise: T, key: tuple[object, ...]) -> T:
    if not any(shares.values()):
        return otherwise
    left = _random(*key).random()
    for fault, share in shares.items():
        left -= share
        if left < 0:
            return fault
    return otherwise
