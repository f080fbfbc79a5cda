"""A server that draws tokens from a known distribution, and cuts it as real servers do."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from tests.support.odd_server import Body, Reply

SIZE = 400
WEIGHTS = [1.0 / (rank + 1) for rank in range(SIZE)]


@attrs.define
class SamplingServer:
    """Draws independent tokens `w0 w1 …`, the likelier the lower their number.

    Args:
        defaults: What it cuts with unless a request says otherwise: `top_k`, `min_p`.
        forced: What it cuts with whatever a request says.
        logprobs: Whether it reports them.
        greedy: Whether it ignores the temperature.
        penalty: How much less likely the likeliest token is drawn than reported.
        adds_drawn: Whether the drawn token is listed in place of the last alternative.
        refuse: The refusal of a body; None where it is taken.
    """

    defaults: Mapping[str, float] = attrs.field(factory=dict)
    forced: Mapping[str, float] = attrs.field(factory=dict)
    logprobs: bool = True
    greedy: bool = False
    penalty: float = 1.0
    adds_drawn: bool = False
    refuse: Callable[[Body], Reply | None] = lambda body: None
    rng: random.Random = attrs.field(factory=lambda: random.Random(5))

    def __call__(self, body: Body) -> Reply:
        if refused := self.refuse(body):
            return refused
        limit = body.get("max_tokens") or body.get("max_completion_tokens") or 100
        choices = [self._choice(index, body, limit) for index in range(body.get("n", 1))]
        counts = {"prompt_tokens": 9, "completion_tokens": limit * len(choices)}
        return 200, {"model": body["model"], "choices": choices, "usage": counts}

    def _weights(self, body: Body) -> list[float]:
        cuts = {**self.defaults, **{k: body[k] for k in ("top_k", "min_p") if k in body}}
        cuts |= self.forced
        weights = [WEIGHTS[0] / self.penalty, *WEIGHTS[1:]]
        top_k = int(cuts.get("top_k", 0))
        kept = weights[:top_k] if top_k > 0 else weights
        return [weight for weight in kept if weight >= cuts.get("min_p", 0.0) * weights[0]]

    def _choice(self, index: int, body: Body, limit: int) -> dict[str, Any]:
        weights = self._weights(body)
        drawn = self.rng.choices(range(len(weights)), weights, k=limit)
        if self.greedy:
            drawn = [0] * limit
        choice: dict[str, Any] = {
            "index": index,
            "finish_reason": "length",
            "message": {"role": "assistant", "content": " ".join(f"w{token}" for token in drawn)},
        }
        if self.logprobs and body.get("logprobs"):
            listed = list(range(body.get("top_logprobs", 0)))
            choice["logprobs"] = {"content": [self._entry(token, listed) for token in drawn]}
        return choice

    def _entry(self, token: int, listed: list[int]) -> dict[str, Any]:
        if self.adds_drawn and token not in listed:
            listed = [token, *listed[:-1]]
        return {**_token(token), "top_logprobs": [_token(other) for other in listed]}


def _token(token: int) -> dict[str, Any]:
    return {"token": f"w{token}", "logprob": math.log(WEIGHTS[token] / sum(WEIGHTS)), "bytes": None}
