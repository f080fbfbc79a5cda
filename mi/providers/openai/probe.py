"""The probe of a server: how it wants to be asked, and whether it draws as it is asked to.

A few short requests, each booked like any other, find out which parameters a server refuses or
ignores, whether two draws at temperature 1 differ, whether the model thinks first, and whether the
tail of the distribution is drawn from (`tail`). Where the tail is cut, or cannot be measured, the
parameters that cut it are sent with their neutral values; where that does not help, the server is
refused. OpenAI's own API has no such parameters, so its tail is not measured.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import attrs

from ...data.tokens import count_tokens
from ...errors import RequestRejected
from ..probe import SERVER, ProbeFailed, ProbeResult
from .choices import Choice
from .completions import IN_FLIGHT_HINT, THINKING_HINT
from .dialect import LIMIT, OLD_LIMIT, THINKING_TOKENS, Dialect
from .probe_requests import OTHER_TOP_K, SHORT_LIMIT, ProbeExhausted, ProbeRequests
from .replies import CONTENT_FILTER, read_choices
from .tail import Measure, Position, Tail, measure_tail, read_positions

_WORDS = "Write sixty random, unrelated English words, as unusual as you can, in one line."
_STORY = "Make up a strange short story about two things that have nothing to do with each other."
_ECHO = (
    "Repeat this line until you are stopped: " + "apple apple apple apple apple apple apple " * 3
)
_DRAWN_LIMIT = 64
_CHOICES = 2
_SUSPICIOUS = 3.0
"""Standard deviations of draws of the likeliest tokens from which on they are drawn again."""
_SLOW_SECONDS = 1.0
_OPENAI_HOST = "api.openai.com"
_OPENAI_FINGERPRINT = "fp_"
EXPECTED_TOKENS, EXPECTED_OWN_TOKENS = (200, 450), (60, 90)
"""Tokens that a probe is likely to send and receive, with a measured tail and without."""
NEUTRAL = {
    "top_k": -1,
    "min_p": 0.0,
    "typical_p": 1.0,
    "repetition_penalty": 1.0,
    "repeat_penalty": 1.0,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
}
"""What servers cut or shift distributions with, by their names, with values that do neither."""


@attrs.define(kw_only=True)
class ServerProbe(ProbeRequests):
    """Looks at a server for one model: the questions, in their order."""

    async def run(self) -> ProbeResult:
        """Probe the server.

        Raises:
            ProbeFailed: The server does not draw as it is asked to.
            ProviderError: It cannot be asked, so nothing is known of it.
            BudgetExceeded: Nothing may be spent.
            Interrupted: The user asked to stop.
        """
        facts: dict[str, Any] = {}
        first = await self._learn_words()
        await self._check_thinking(first)
        facts["limit"] = await self._check_limit(first)
        await self._check_draws(first)
        await self._check_repetition(first)
        await self._check_values()
        facts["logprobs"], facts["tail"] = await self._check_tail()
        self._set_pace()
        facts |= {
            "parameters": self.dialect.to_json(),
            "thinks": self.thinks,
            "served": list(self.served),
            "seconds": round(self.seconds, 2),
            "requests": self.requests,
        }
        return ProbeResult(
            kind=SERVER,
            address=self.address,
            model=self.model,
            facts=facts,
            summary=_summary(facts, self.dialect),
            fingerprint=self.fingerprint,
        )

    async def _learn_words(self) -> list[Choice]:
        """Ask as an eval asks, until nothing that is asked is refused; two choices."""
        body = self.body(_WORDS)
        try:
            choices = await self.choices(body, 2)
        except RequestRejected as error:
            if isinstance(error, ProbeFailed) or not await self._find_refused(body):
                raise
            choices = await self.choices(body, 2)
        if len(choices) < 2:
            self.dialect.accepts_n = False
            choices += await self.choices(self.body(_WORDS, seed=2))
        return choices

    async def _find_refused(self, body: Mapping[str, Any]) -> bool:
        """Find the parameters behind a refusal that names none, by asking with each alone."""
        bare = {"model": self.model, "messages": body["messages"]}
        found = False
        for name in ("", "n", *(name for name in body if name not in bare)):
            more = {name: body[name]} if name in body else {}
            try:
                await self.send({**bare, **more}, 2 if name == "n" else 1)
            except RequestRejected as error:
                if not name:
                    return False
                found = True
                sent = {**bare, **more, **({"n": 2} if name == "n" else {})}
                self.dialect.learn(sent, {"param": name, "message": error.message})
        return found

    async def _check_thinking(self, choices: Sequence[Choice]) -> None:
        """Give a model that thinks a budget for it, and see whether an answer comes then."""
        self.thinks = any(choice.thought or choice.is_eaten for choice in choices)
        while self.thinks and any(choice.is_eaten for choice in choices):
            if self.dialect.thinking_tokens >= THINKING_TOKENS[0]:
                raise ProbeFailed(
                    f"{self.model} uses {self.dialect.thinking_tokens} tokens for thinking, and no "
                    "answer begins",
                    hint=THINKING_HINT,
                )
            self.dialect.allow_thinking()
            choices = await self.choices(self.body("Say hello."))
        if self.thinks and not self.dialect.thinking_tokens:
            self.dialect.allow_thinking()

    async def _check_draws(self, choices: Sequence[Choice]) -> None:
        """Two draws at temperature 1 must differ.

        Raises:
            ProbeFailed: They are the same, also for another question and other seeds.
        """
        texts = {_full_text(choice) for choice in choices}
        if len(texts) > 1 or (self.thinks and not any(texts)):  # thoughts may be hidden
            return
        is_withheld = all(map(_is_withheld, choices))
        was_asked_together = self.dialect.accepts_n
        self.dialect.accepts_n = False
        pairs = []
        for question in (_WORDS, _STORY):
            bodies = (self.body(question, seed=seed) for seed in (11, 12))
            pair = [(await self.choices(body))[0] for body in bodies]
            if len({_full_text(choice) for choice in pair}) > 1:
                if was_asked_together:
                    self.dialect.notes[
                        "gives the same answer several times where several are asked for at once, "
                        "so each is asked for alone"
                    ] = None
                return
            pairs.append(pair)
            is_withheld = is_withheld and all(map(_is_withheld, pair))
        if is_withheld:
            raise ProbeFailed(
                f"{self.name} withheld every answer of {self.model} in the probe, by a filter or "
                "as a refusal, though nothing harmful was asked",
                hint="switch the server's filter off, or use another model",
            )
        text = _full_text(pairs[0][0])
        if not text:
            raise ProbeFailed(
                f"{self.name} gave no text in reply to each of four requests for {self.model}",
                hint="look at what the server returns: the name may be that of a model that is no "
                "chat model, or its chat template may not fit",
            )
        raise ProbeFailed(
            f"{self.name} gave the same answer twice at temperature 1 to each of two questions "
            f"({text[:60]!r}): it does not sample {self.model}",
            hint="start the server so that it samples (`transformers serve` stays greedy), or use "
            "another one, such as vLLM or llama.cpp",
        )

    async def _check_repetition(self, choices: Sequence[Choice]) -> None:
        """A reply must not be repeated where requests are alike for want of a seed.

        Raises:
            ProbeFailed: It is: something before the server keeps replies.
        """
        if "seed" not in self.dialect.refused:
            return
        texts = {_full_text(choice) for choice in choices} - {""}
        again = await self.choices(self.body(_WORDS), len(choices))
        if texts and texts == {_full_text(choice) for choice in again}:
            raise ProbeFailed(
                f"{self.name} repeats its reply to a request for {self.model} that it has seen: "
                "something keeps replies, or draws with one seed, and no other seed can be sent",
                hint="switch off the cache or the fixed seed of the server, or of the gateway in "
                "front of it",
            )

    async def _check_limit(self, choices: Sequence[Choice]) -> str:
        """Whether the limit of tokens is kept, under one of its names."""
        if self.thinks or not any(_is_over(choice) for choice in choices):
            return "kept"
        if self.dialect.limit == LIMIT and OLD_LIMIT not in self.dialect.refused:
            self.dialect.limit = OLD_LIMIT
            if not any(map(_is_over, await self.choices(self.body(_STORY)))):
                return "kept"
            self.dialect.limit = LIMIT
        longest = max(choice.answer_tokens for choice in choices)
        self.dialect.notes[
            f"ignores the limit of tokens: {longest} came where {SHORT_LIMIT} were the most"
        ] = None
        return "ignored"

    async def _check_values(self) -> None:
        """Ask with the values that evals declare, where they differ from those asked with."""
        pairs = {(sampling.temperature, sampling.top_p) for sampling in self.samplings}
        for temperature, top_p in sorted(pairs - {(1.0, 1.0)})[:3]:
            body = self.body("Say hello.") | {"temperature": temperature, "top_p": top_p}
            await self.choices(body)

    async def _check_tail(self) -> tuple[bool, str]:
        """Whether logprobs are reported, and the state of the tail.

        Raises:
            ProbeFailed: The tail is cut, whatever is sent.
        """
        if self._is_openai():
            return True, "not measured"
        try:
            plain = await self._measure()
            if plain is None:
                return False, await self._send_neutral()
            return True, await self._find_neutral(plain)
        except ProbeExhausted:
            return True, str(Tail.UNKNOWN.value)

    def _is_openai(self) -> bool:
        """Whether OpenAI's own API answers, by the address or the fingerprint of its replies."""
        is_own = self.fingerprint.startswith(_OPENAI_FINGERPRINT)
        return is_openai_address(self.address) or is_own

    async def _send_neutral(self) -> str:
        """Send neutral values, as far as they are taken, where nothing can be measured."""
        self.dialect.neutral = self._neutral_values()
        try:
            await self.choices(self.body("Say hello."))
        except RequestRejected:  # it does not say which of them it refuses
            self.dialect.neutral = {}
        return str(Tail.UNKNOWN.value)

    def _neutral_values(self) -> dict[str, Any]:
        return {name: value for name, value in NEUTRAL.items() if name not in self.extra}

    async def _find_neutral(self, plain: Measure) -> str:
        """The state of the tail, with neutral values where it is not whole without them.

        Raises:
            ProbeFailed: It is cut, whatever is sent.
        """
        if plain.tail is Tail.WHOLE and not await self._is_penalised():
            return str(Tail.WHOLE.value)
        self.dialect.neutral = self._neutral_values()
        neutral = await self._measure()
        if neutral is None:
            await self._send_neutral()
            neutral = await self._measure() or plain
        if neutral.tail is Tail.CUT and "top_k" in self.dialect.neutral:
            self.dialect.neutral["top_k"] = OTHER_TOP_K
            neutral = await self._measure() or neutral
        if neutral.tail is Tail.CUT:
            raise self._cut(neutral)
        if neutral.tail is Tail.WHOLE and await self._is_penalised():
            raise ProbeFailed(
                f"{self.name} draws the likeliest tokens of {self.model} too rarely or too often, "
                "for instance because of a penalty of repetitions",
                hint=_TAIL_HINT,
            )
        return str(neutral.tail.value)

    def _cut(self, measure: Measure) -> ProbeFailed:
        sent = ", ".join(f"{name} {value}" for name, value in self.dialect.neutral.items())
        return ProbeFailed(
            f"{self.name} does not draw from the whole distribution of {self.model}: "
            f"{measure.describe()}, also with {sent or 'nothing that would cut it'}",
            hint=_TAIL_HINT,
        )

    async def _measure(self) -> Measure | None:
        """Draws at temperature 1 against what is reported of them; None without logprobs."""
        positions: list[Position] = []
        for seed in (21, 22):
            drawn = await self._draw_positions(_WORDS, seed)
            if drawn is None:
                return None
            positions += drawn
            if measure_tail(positions).tail is not Tail.UNKNOWN:
                break
        return measure_tail(positions)

    async def _is_penalised(self) -> bool:
        """Whether a text that repeats itself is drawn otherwise than it is reported."""
        positions: list[Position] = []
        for seed in (31, 32):  # what looks like one is drawn again
            drawn = await self._draw_positions(_ECHO, seed)
            positions += drawn or []
            if abs(measure_tail(positions).deviation) < _SUSPICIOUS:
                return False
        return measure_tail(positions).is_penalised

    async def _draw_positions(self, question: str, seed: int) -> list[Position] | None:
        """The positions of some choices; None where the server reports no alternatives."""
        body = self.body(question, seed=seed) | {
            LIMIT: _DRAWN_LIMIT,
            "logprobs": True,
            "top_logprobs": 20,
        }
        count = _CHOICES if self.dialect.accepts_n else 1
        started = time.monotonic()
        thinking, self.dialect.thinking_tokens = self.dialect.thinking_tokens, 0  # thoughts do
        try:
            completion = await self.send(body, count)
        except RequestRejected:  # it was asked the same without logprobs, and answered
            for name in ("logprobs", "top_logprobs"):
                self.dialect.refused.pop(name, None)
            return None
        finally:
            self.dialect.thinking_tokens = thinking
        self.seconds = time.monotonic() - started
        positions = [
            position for choice in read_choices(completion) for position in read_positions(choice)
        ]
        return positions or None

    def _set_pace(self) -> None:
        """Begin with as many requests at once as a slow server can answer in time."""
        length = max((sampling.max_tokens for sampling in self.samplings), default=_DRAWN_LIMIT)
        seconds, timeout = self.seconds * length / _DRAWN_LIMIT, self.route.account.timeout
        limiter = self.route.limiter
        if self.seconds > _SLOW_SECONDS:
            limiter.latency = seconds
            limiter.limit = max(min(limiter.limit, timeout / 2 / seconds), 1.0)
        if seconds > timeout / 2:
            self.dialect.notes[
                f"needs about {seconds:.0f} s for an answer of {length} tokens, and the timeout is "
                f"{timeout:g} s: {IN_FLIGHT_HINT}"
            ] = None


def is_openai_address(address: str) -> bool:
    """Whether an address is that of OpenAI's own API."""
    return urlsplit(address).hostname == _OPENAI_HOST


_TAIL_HINT = (
    "start the server without sampling defaults of its own (llama.cpp: --top-k 0 --min-p 0; vLLM: "
    "--generation-config vllm), or use another one"
)


def _full_text(choice: Choice) -> str:
    return f"{choice.thought}{choice.text}"


def _is_withheld(choice: Choice) -> bool:
    return choice.finish == CONTENT_FILTER or choice.refusal is not None


def _is_over(choice: Choice) -> bool:
    """Whether a choice is clearly longer than the limit of the probe."""
    return min(choice.answer_tokens, count_tokens(choice.text) * 2) > 2 * SHORT_LIMIT


def _summary(facts: Mapping[str, Any], dialect: Dialect) -> str:
    """The findings for people."""
    parts = []
    if not dialect.accepts_n:
        parts.append("one answer a request")
    if dialect.limit != LIMIT:
        parts.append(f"limits by {dialect.limit}")
    if facts["limit"] == "ignored":
        parts.append("ignores the limit of tokens")
    parts += [f"refuses {name}" for name in dialect.refused]
    if facts["thinks"]:
        parts.append(f"thinks, up to {dialect.thinking_tokens} tokens")
    if not facts["logprobs"]:
        parts.append("no logprobs")
    if facts["tail"] != "not measured":
        tail = f"tail {facts['tail']}"
        if dialect.neutral:
            tail += f" (neutral values go with every request: {', '.join(dialect.neutral)})"
        parts.append(tail)
    return ", ".join(parts) or "takes all parameters"
