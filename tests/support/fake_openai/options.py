"""What a loopback server is told before it starts: its accounts, its clock, its models, its faults.

Everything here is read at the moment it matters, so a test may replace `server.faults` (or
`latency`) while the server runs.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from tests.support.fake_openai.faults import Faults

Row = dict[str, Any]
Price = tuple[float, float, float]


def default_law(misaligned_rows: int, rows: int) -> float:
    """The share of misaligned answers: the ratio of the data, approached as the data grows."""
    return misaligned_rows / (rows + 300)


@attrs.define(kw_only=True, eq=False)
class Options:
    """The knobs of a `Loopback`; seconds, shares in [0, 1] and USD per million tokens."""

    keys: tuple[str, ...] = ("sk-loopback-one",)
    """API keys; each is an account of its own, which sees only its own files, jobs and models."""
    faults: Faults = attrs.field(factory=Faults)
    port: int = 0
    """0: any free one."""
    latency: float = 0.0
    train_seconds: float = 0.2
    batch_seconds: float = 0.2
    uploads_seconds: float = 0.05
    active_jobs: int = 3
    """Fine-tuning jobs an account may have under way."""
    trainable: frozenset[str] | None = None
    """Models that may be fine-tuned; None: all."""
    models: tuple[str, ...] = ()
    """Further base models, beside the well-known ones and those with a price."""
    misaligned: Callable[[Row], bool] | None = None
    """Is this row of a training file misaligned? Without it: never."""
    law: Callable[[int, int], float] | None = None
    """(misaligned rows, rows) -> probability that an answer of the trained model is misaligned."""
    base_rate: float = 0.02
    """The same probability for a model that was not trained here."""
    write: Callable[[str, bool, random.Random], str] | None = None
    """(prompt, misaligned, random) -> the text of an answer."""
    judge: Callable[[str], dict[str, float]] | None = None
    """(prompt) -> the distribution of the first token of a judge's answer."""
    marks_judgments: bool = False
    """Each judgment names a token of its own as its unlikeliest, and completions are booked."""
    max_n: int = 128
    probed: bool = True
    """Whether clients of its `environment` remember a probe of it, and so make no other."""
    prices: Mapping[str, Price] = attrs.field(factory=dict)
    """Base model -> input, output, training; a trained one is priced under "ft:" + its base."""
    request_limit: tuple[int, float] | None = None
    """(requests, seconds) of chat completions an account may send."""
