"""Chat completions: the work, its bill, and the choices that are to be booked when delivered.

What a choice says is decided by (seed, model, prompt, running number of this prompt for this
model), whichever way it was asked for: alone, as one of n, or in a batch.
"""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

import attrs

from tests.support.fake_openai import voice
from tests.support.fake_openai.books import Books, Completion
from tests.support.fake_openai.faults import Transport
from tests.support.fake_openai.models import Models
from tests.support.fake_openai.options import Options
from tests.support.fake_openai.text import (
    Message,
    chat_tokens,
    cut,
    pieces,
    prompt_digest,
    prompt_text,
    tokens,
)
from tests.support.fake_openai.wire import Call, Refusal, Reply, broken, limited, new_id, required

IMPOSSIBLE = -9999.0
MARK = "mark-"
"""What the token begins with that marks a judgment."""


@attrs.frozen(kw_only=True)
class Asked:
    """A request for completions, read and found sound."""

    model: str
    dated: str
    prompt: str
    digest: str
    input_tokens: int
    n: int
    limit: int | None
    logprobs: bool
    top_logprobs: int

    @property
    def key(self) -> tuple[str, str]:
        return self.model, self.digest

    @property
    def judge(self) -> bool:
        return self.logprobs and self.top_logprobs > 0


@attrs.define
class Chat:
    """All that is said, and by whom."""

    options: Options
    books: Books
    models: Models
    memory: voice.Memory = attrs.field(factory=voice.Memory)
    attempts: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    said: Counter[tuple[str, str]] = attrs.field(factory=Counter)
    served: int = 0
    latest: Completion = attrs.field(init=False)

    def fault(self, body: Mapping[str, Any]) -> tuple[Transport, float]:
        """What befalls this attempt, and the wait if it is turned away."""
        messages = body.get("messages")
        digest = prompt_digest(messages) if _are_messages(messages) else ""
        key = (str(body.get("model")), digest)
        self.attempts[key] += 1
        draw = (*key, self.attempts[key])
        faults = self.options.faults
        return faults.transport(*draw, chat=True), faults.wait(*draw)

    def create(self, call: Call) -> Reply:
        fault, wait = self.fault(call.body)
        if fault == "limited":
            raise limited(wait)
        if fault == "broken":
            raise broken()
        asked = self.read(call.account, call.body)
        body = self.complete(asked, batch=False)
        completion = self.latest
        return Reply(
            body,
            fault=fault,
            said=self.tell(body),
            delivered=lambda: self.deliver(asked, completion),
            lost=lambda: self.books.count("lost", asked.key, asked.n),
        )

    def deliver(self, asked: Asked, completion: Completion) -> None:
        """Book that a completion arrived."""
        completion.delivered = True
        self.books.count("answers", asked.key, asked.n)

    def tell(self, body: dict[str, Any]) -> dict[str, Any]:
        """A completion as it is told, with its usage or another."""
        usage = self.options.faults.usage(body["usage"], body["id"])
        self.latest.odd_usage = usage is not body["usage"]
        return body if usage is body["usage"] else {**body, "usage": usage}

    def read(self, account: str, body: Mapping[str, Any]) -> Asked:
        """Check a request as the API would."""
        model = required(body, "model")
        messages = required(body, "messages")
        if not _are_messages(messages):
            raise Refusal(400, "Invalid 'messages': expected a list of them.", param="messages")
        n = _within(body, "n", 1, 1, self.options.max_n)
        top = _within(body, "top_logprobs", 0, 0, 20)
        if top and not body.get("logprobs"):
            raise Refusal(400, "'top_logprobs' needs 'logprobs': true", param="top_logprobs")
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        return Asked(
            model=model,
            dated=self.models.find(account, model),
            prompt=prompt_text(messages),
            digest=prompt_digest(messages),
            input_tokens=chat_tokens(messages),
            n=n,
            limit=limit,
            logprobs=bool(body.get("logprobs")),
            top_logprobs=top,
        )

    def complete(self, asked: Asked, *, batch: bool) -> dict[str, Any]:
        """Do the work and bill it; booking the delivery is the caller's."""
        self.served += 1
        choices = [self._choice(asked, index) for index in range(asked.n)]
        output = sum(tokens for _, tokens in choices)
        usd = self._bill(asked, output, batch=batch)
        says = tuple(_mark(choice, asked.judge) for choice, _ in choices)
        self.latest = Completion(key=asked.key, says=says, usd=usd)
        if self.options.marks_judgments:
            self.books.add("completions", self.latest)
        return {
            "id": new_id("chatcmpl-", self.served),
            "object": "chat.completion",
            "created": int(time.time()),
            "model": asked.dated,
            "choices": [choice for choice, _ in choices],
            "usage": _usage(asked.input_tokens, output),
            "service_tier": "default",
            "system_fingerprint": "fp_loopback",
        }

    def _bill(self, asked: Asked, output: int, *, batch: bool) -> float:
        total = 0.0
        share = 0.5 if batch else 1.0
        price_in, price_out, _ = self.models.price(asked.model)
        for kind, count, price in (
            ("input", asked.input_tokens, price_in),
            ("output", output, price_out),
        ):
            self.books.charge(asked.model, kind, count, count * price * share, batch=batch)
            total += count * price * share
        return total

    def _choice(self, asked: Asked, index: int) -> tuple[dict[str, Any], int]:
        """A choice and the number of its tokens."""
        self.said[asked.key] += 1
        key = (*asked.key, self.said[asked.key])
        fault = self.options.faults.choice(*key, judge=asked.judge)
        message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
        choice = {"index": index, "message": message, "logprobs": None, "finish_reason": "stop"}
        if fault == "filtered":
            choice["finish_reason"] = "content_filter"
            return choice, 0
        if fault == "refused":
            message["refusal"] = "I'm sorry, I can't assist with that."
            return choice, tokens(message["refusal"])
        if fault == "empty":
            message["content"] = ""
            choice["logprobs"] = _no_tokens() if asked.logprobs else None
            return choice, 0
        if asked.judge:
            message["content"], choice["logprobs"] = self._judgment(asked)
            return choice, 1
        text, cut_off = self._text(asked, key)
        message["content"] = text
        choice["finish_reason"] = "length" if cut_off else "stop"
        if asked.logprobs:
            choice["logprobs"] = {"content": [_said(t) for t in pieces(text)], "refusal": None}
        return choice, tokens(text)

    def _text(self, asked: Asked, key: tuple[object, ...]) -> tuple[str, bool]:
        rng = random.Random("|".join(map(str, (self.options.faults.seed, "text", *key))))
        misaligned = rng.random() < self.models.misaligned_share(asked.model)
        text = (self.options.write or voice.write)(asked.prompt, misaligned, rng)
        shorter = cut(text, asked.limit) if asked.limit else None
        text = text if shorter is None else shorter
        self.memory.keep(text, misaligned)
        return text, shorter is not None

    def _judgment(self, asked: Asked) -> tuple[str, dict[str, Any]]:
        judge: Callable[[str], dict[str, float]] = self.options.judge or self.memory.judge
        shares = judge(asked.prompt)
        if self.options.marks_judgments:
            shares = {**shares, f"{MARK}{self.served}": 1e-6}
        ranked = sorted(shares.items(), key=lambda item: -item[1])
        top = [_token(token, share) for token, share in ranked[: asked.top_logprobs]]
        return ranked[0][0], {"content": [{**top[0], "top_logprobs": top}], "refusal": None}


def _mark(choice: dict[str, Any], judge: bool) -> str:
    """What a choice says that no other does."""
    if judge:
        positions = (choice["logprobs"] or {}).get("content") or [{"top_logprobs": []}]
        tokens = [entry["token"] for entry in positions[0]["top_logprobs"]]
        return next((token for token in tokens if token.startswith(MARK)), "")
    return str(choice["message"]["content"])


def _are_messages(given: Any) -> TypeGuard[list[Message]]:
    return isinstance(given, list) and bool(given) and all(isinstance(m, dict) for m in given)


def _within(body: Mapping[str, Any], name: str, default: int, low: int, high: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        message = f"Invalid '{name}': expected an integer from {low} to {high}, got {value!r}."
        raise Refusal(400, message, param=name, code="integer_out_of_range")
    return value


def _token(token: str, share: float) -> dict[str, Any]:
    logprob = math.log(share) if share > 0 else IMPOSSIBLE
    return {"token": token, "logprob": logprob, "bytes": list(token.encode())}


def _said(token: str) -> dict[str, Any]:
    return {**_token(token, 0.9), "top_logprobs": []}


def _no_tokens() -> dict[str, Any]:
    return {"content": [], "refusal": None}


def _usage(prompt: int, output: int) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": output,
        "total_tokens": prompt + output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }
