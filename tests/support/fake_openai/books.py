"""What was really asked of the server, what it did and what it billed.

Only the server writes; a test reads at any time. A read waits (a second at most) for answers that
are on the wire just now, so a client that holds its answer always finds it in the books.
"""

from __future__ import annotations

import copy
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import attrs

T = TypeVar("T")


@attrs.define(kw_only=True)
class Upload:
    """A file a client sent; `delivered` tells whether it was told the id."""

    account: str
    sha256: str
    bytes: int
    id: str
    purpose: str
    delivered: bool = False


@attrs.define(kw_only=True)
class JobRecord:
    """A fine-tuning job that was created, whether or not its creator was told."""

    id: str
    account: str
    sha256: str
    model: str
    hyperparameters: dict[str, Any]
    seed: int
    suffix: str | None
    metadata: dict[str, str] | None
    misaligned_rows: int
    rows: int
    trained_tokens: int | None = None
    fine_tuned_model: str | None = None
    status: str = "active"
    delivered: bool = False

    @property
    def training(self) -> tuple[str, str, str, int]:
        """What makes two jobs the same training."""
        return self.sha256, self.model, json.dumps(self.hyperparameters, sort_keys=True), self.seed


@attrs.define(kw_only=True)
class BatchRecord:
    """A batch that was created, whether or not its creator was told."""

    id: str
    account: str
    sha256: str
    requests: int
    metadata: dict[str, str] | None
    status: str = "active"
    delivered: bool = False


@attrs.define(kw_only=True)
class Completion:
    """A chat completion that was made and billed, whether or not the client got it.

    Args:
        key: (model, prompt digest).
        says: What each choice says: the text of an answer, the mark of a judgment.
        usd: What it was billed.
        odd_usage: Whether its usage was stated as it cannot be.
        delivered: Whether it was written out in full.
    """

    key: tuple[str, str]
    says: tuple[str, ...]
    usd: float
    odd_usage: bool = False
    delivered: bool = False


class Kept(Generic[T]):
    """One account of the books; reading it gives a copy."""

    def __init__(self, make: Callable[[], T]) -> None:
        self.make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, books: Books, owner: type) -> T:
        with books.lock:
            books.lock.wait_for(lambda: not books.writing, timeout=1.0)
            value: T = copy.copy(books.live[self.name])
            return value


class Books:
    """The accounts, by name; models are named as the client named them."""

    uploads = Kept[list[Upload]](list)
    jobs = Kept[list[JobRecord]](list)
    failed_jobs = Kept[list[JobRecord]](list)
    """Those of `jobs` that failed or were cancelled."""
    batches = Kept[list[BatchRecord]](list)
    completions = Kept[list[Completion]](list)
    """In a batch and outside, if judgments are marked."""
    trainings = Kept[Counter[tuple[str, str, str, int]]](Counter)
    """(file sha256, base model, hyperparameters as JSON, seed) -> jobs created and not failed."""
    answers = Kept[Counter[tuple[str, str]]](Counter)
    """(model, prompt digest) -> choices delivered: by a response that was fully written, or by
    the first whole download of a batch's output file."""
    lost = Kept[Counter[tuple[str, str]]](Counter)
    """(model, prompt digest) -> choices billed and not delivered."""
    waiting = Kept[Counter[tuple[str, str]]](Counter)
    """(model, prompt digest) -> choices billed that stand in an output file nobody has read."""
    calls = Kept[Counter[tuple[str, str, int]]](Counter)
    """(method, path template, status) -> requests; status 0: closed without an answer."""
    tokens = Kept[Counter[tuple[str, str, bool]]](Counter)
    """(model, "input" | "output" | "training", in a batch?) -> tokens billed."""
    bill_usd = Kept[float](float)
    in_flight = Kept[int](int)
    in_flight_most = Kept[int](int)

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.writing = 0
        accounts = (a for a in vars(type(self)).values() if isinstance(a, Kept))
        self.live: dict[str, Any] = {account.name: account.make() for account in accounts}

    @contextmanager
    def on_the_wire(self) -> Iterator[None]:
        """While an answer is written and until it is booked; readers wait for that."""
        with self.lock:
            self.writing += 1
        try:
            yield
        finally:
            with self.lock:
                self.writing -= 1
                self.lock.notify_all()

    def add(self, account: str, item: object) -> None:
        with self.lock:
            self.live[account].append(item)

    def count(self, account: str, key: tuple[Any, ...], times: int = 1) -> None:
        """Add to a counter; a key whose count falls to 0 is struck out."""
        with self.lock:
            counter = self.live[account]
            counter[key] += times
            if not counter[key]:
                del counter[key]

    def charge(self, model: str, kind: str, tokens: int, usd: float, *, batch: bool) -> None:
        self.count("tokens", (model, kind, batch), tokens)
        with self.lock:
            self.live["bill_usd"] += usd

    def enter(self) -> None:
        with self.lock:
            live = self.live
            live["in_flight"] += 1
            live["in_flight_most"] = max(live["in_flight_most"], live["in_flight"])

    def leave(self) -> None:
        with self.lock:
            self.live["in_flight"] -= 1

    def as_json(self) -> dict[str, Any]:
        """The same for another process: a counter is a list of [*key, count]."""
        with self.lock:
            return {name: _plain(value) for name, value in self.live.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Counter):
        return [[*key, times] for key, times in sorted(value.items(), key=repr)]
    if isinstance(value, list):
        return [attrs.asdict(item) for item in value]
    return value
