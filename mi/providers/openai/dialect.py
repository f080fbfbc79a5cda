"""How a server wants to be asked: the parameters that it refuses, and what is sent in their place.

A refusal is read once. A parameter that only states the default is left out from then on, the limit
of tokens goes by its other name, several choices are requested one by one. A parameter that decides
the outcome is never left out: the request is refused with the server's own sentence.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ...files import gate
from ..probe import ParameterRefused, ProbeResult
from .replies import find_sentence

Body = dict[str, Any]
LIMIT, OLD_LIMIT = "max_completion_tokens", "max_tokens"
_FINDINGS = gate.Shape(
    noun="what a probe found",
    required={
        "accepts_n": gate.flag,
        "limit": lambda value: None if value in (LIMIT, OLD_LIMIT) else "is no limit",
        "refused": gate.map_of(gate.text, gate.text),
        "max_top_logprobs": gate.optional(gate.count),
        "neutral": gate.map_of(gate.text, gate.json_value),
        "thinking_tokens": gate.count,
    },
)
"""How the parameters are kept that a probe has learned."""
THINKING_TOKENS = (4096, 16384)
"""Tokens that a reasoning model may think beside its answer, where the endpoint declares none."""

_DEFAULTS = {"temperature": 1.0, "top_p": 1.0}
"""Parameters that may be left out where they have this value: it is every server's default."""
_OPTIONAL = ("seed",)
_SYNONYMS = {
    "n": (
        r"\bn_cmpl\b|\bbest_of\b|['\"`]n['\"`]|\bn\s*(?:=|>|<|must\b)|"
        r"\b(?:single|multiple|one|several|number of)\s+"
        r"(?:completion\s+)?(?:choices?|completions?|outputs?|candidates?|generations?|samples?)\b"
    ),
    "seed": r"\bseed(?:s|ing|ed)?\b|\bdeterminis",
    "top_p": r"\btop[-_ ]?p\b|\bnucleus\b",
    "temperature": r"\btemperature\b",
    LIMIT: r"\bmax_completion_tokens\b|\bmaxCompletionTokens\b",
    OLD_LIMIT: r"\bmax_tokens\b|\bmaxTokens\b",
    "top_logprobs": r"\btop[-_ ]?log[-_ ]?prob",
    "logprobs": r"(?<![_a-z])log[-_ ]?prob(?:s|abilit)",
}
"""How servers name parameters in their sentences."""
_NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?![\w.])")
_TOO_LARGE = re.compile(r"context length|context window|too large|exceed|too long", re.IGNORECASE)


@attrs.define
class Dialect:
    """What is known of how a server wants to be asked for one model.

    Args:
        accepts_n: Whether it gives several choices at once.
        limit: The parameter that limits an answer.
        refused: Parameters that it refuses, with its sentence.
        max_top_logprobs: The most alternatives to a token that it reports.
        neutral: Parameters that are sent so that the server cuts nothing of the distribution.
        thinking_tokens: Tokens that the model may think, beside those of the answer.
        probe: Name of the probe that it passed; None where it was not probed.
        notes: Sentences for the user about what was learned on the way.
        fingerprint: What the server said of itself when it was probed.
        is_stale: Whether it says something else now, so that it has to be probed again.
        over_limit: Answers that were longer than the limit, and the longest, in tokens.
    """

    accepts_n: bool = True
    limit: str = LIMIT
    refused: dict[str, str] = attrs.field(factory=dict)
    max_top_logprobs: int | None = None
    neutral: dict[str, Any] = attrs.field(factory=dict)
    thinking_tokens: int = 0
    probe: str | None = None
    fingerprint: str = ""
    is_stale: bool = False
    notes: dict[str, None] = attrs.field(factory=dict)
    over_limit: tuple[int, int] = (0, 0)

    def to_json(self) -> dict[str, Any]:
        """What a probe has found, in JSON."""
        return {name: getattr(self, name) for name in _FINDINGS.required}

    @staticmethod
    def can_adopt(result: ProbeResult) -> bool:
        """Whether a result that was kept in a file says everything that `adopt` needs."""
        found = result.facts.get("parameters")
        return isinstance(found, Mapping) and _FINDINGS.problem(found) is None

    def adopt(self, result: ProbeResult) -> None:
        """Ask as a probe has found that the server wants to be asked."""
        found = result.facts["parameters"]
        for name in _FINDINGS.required:
            setattr(self, name, copy.copy(found[name]))
        self.probe, self.fingerprint = result.name, result.fingerprint

    def check_fingerprint(self, completion: Mapping[str, Any]) -> None:
        """Notice that another server, or another build of it, answers than was probed."""
        present = completion.get("system_fingerprint")
        if self.fingerprint and present and present != self.fingerprint and not self.is_stale:
            self.is_stale = True
            self.notes[
                f"says that it is {present} now, and was {self.fingerprint} when it was probed: "
                "the next run probes it again"
            ] = None

    def encode(self, body: Mapping[str, Any], count: int = 1) -> Body:
        """The body as it is sent.

        Args:
            body: The request in OpenAI's words, without `n`.
            count: How many choices it asks for.

        Raises:
            ParameterRefused: It needs a parameter that the server refuses.
        """
        encoded = {**self.neutral, **body}
        if count > 1 and self.accepts_n:
            encoded["n"] = count
        if LIMIT in encoded:
            encoded[self.limit] = encoded.pop(LIMIT) + self.thinking_tokens
        if self.max_top_logprobs is not None and "top_logprobs" in encoded:
            encoded["top_logprobs"] = min(encoded["top_logprobs"], self.max_top_logprobs)
        for name, sentence in self.refused.items():
            if name in encoded:
                if not self._may_omit(name, encoded[name]):
                    raise refusal(str(body["model"]), name, encoded[name], sentence)
                del encoded[name]
        return encoded

    def _may_omit(self, name: str, value: Any) -> bool:
        return name in self.neutral or name in _OPTIONAL or _DEFAULTS.get(name, ...) == value

    def learn(self, sent: Mapping[str, Any], body: Any) -> bool:
        """Learn from a refusal. Returns whether the request can be made in another way.

        Args:
            sent: The body that was refused.
            body: The refusal: JSON of any shape, or a text.

        Raises:
            ParameterRefused: The server refuses a parameter that decides the outcome.
        """
        sentence = find_sentence(body)
        for name in named_parameters(sent, body):
            if name == "n":
                if sent["n"] > 1:
                    self.accepts_n = False
                    return True
            elif name == LIMIT:  # also where a request that is in flight was refused first
                self.limit = OLD_LIMIT
                return True
            elif name == "top_logprobs" and self._lower_top_logprobs(sent[name], sentence):
                return True
            else:
                self._refuse(name, sent, sentence)
                return True
        return False

    def _refuse(self, name: str, sent: Mapping[str, Any], sentence: str) -> None:
        self.refused[name] = sentence
        if not self._may_omit(name, sent[name]):
            raise refusal(str(sent["model"]), name, sent[name], sentence)
        self.neutral.pop(name, None)

    def _lower_top_logprobs(self, sent: int, sentence: str) -> bool:
        """Lower the number of alternatives to what the refusal allows, or else to 5."""
        if self.max_top_logprobs is not None and self.max_top_logprobs < sent:
            return True
        numbers = [int(text) for text in _NUMBER.findall(sentence)]
        allowed = [number for number in numbers if 0 < number < sent]
        if not allowed and sent <= 5:
            return False
        self.max_top_logprobs = max(allowed, default=5)
        self.notes[
            f"its replies list {self.max_top_logprobs} alternatives to a token at most, "
            f"not {sent} ({sentence})"
        ] = None
        return True

    def allow_thinking(self) -> bool:
        """Let the model think longer. Returns False if it has the largest budget already."""
        larger = [budget for budget in THINKING_TOKENS if budget > self.thinking_tokens]
        if larger:
            self.thinking_tokens = larger[0]
        return bool(larger)

    def check_length(self, tokens: int, limit: int) -> None:
        """Count an answer that is longer than the server was told to make it.

        Args:
            tokens: Tokens of the answer.
            limit: The most it should have.
        """
        if tokens > 1.25 * (limit + self.thinking_tokens) + 16:
            count, longest = self.over_limit
            self.over_limit = (count + 1, max(longest, tokens))


def refusal(model: str, name: str, value: Any, sentence: str) -> ParameterRefused:
    """The error for a parameter that a server refuses and that decides the outcome.

    Args:
        model: The model.
        name: The parameter.
        value: Its value.
        sentence: What the server says.
    """
    hints = {
        "temperature": "declare the temperature that the server allows, or use another server",
        "top_p": "declare `top_p = 1`, or use another server",
        "logprobs": "let the judge vote (--votes 5), or use another judge (--judge)",
        "top_logprobs": "let the judge vote (--votes 5), or use another judge (--judge)",
        LIMIT: "use a server that can limit the length of an answer",
        OLD_LIMIT: "use a server that can limit the length of an answer",
    }
    # A judge that votes is asked at temperature 1.
    cause = "logprobs" if name == "temperature" and value == 0 else name
    return ParameterRefused(
        f"the server of {model} refuses {name} = {value!r}: {sentence}",
        hint=hints.get(cause, f"remove {name} from extra_body in [tool.mi.endpoints]"),
    )


def named_parameters(sent: Mapping[str, Any], body: Any) -> list[str]:
    """The parameters of a request that a refusal names, in its own field or in its sentence.

    Args:
        sent: The body that was refused.
        body: The refusal: JSON of any shape, or a text.
    """
    names = [name for name in _stated_names(body) if name in sent]
    if names:
        return list(dict.fromkeys(names))
    sentence = find_sentence(body)
    if _TOO_LARGE.search(sentence) and re.search(_SYNONYMS[OLD_LIMIT], sentence):
        return []  # the limit is known, and does not fit this prompt
    found = []
    for name in sent:
        pattern = _SYNONYMS.get(name, rf"(?<!\w){re.escape(name)}(?!\w)")
        if name not in ("model", "messages") and re.search(pattern, sentence, re.IGNORECASE):
            found.append(name)
    return found


def _stated_names(body: Any) -> Iterable[str]:
    """The names in `param` of OpenAI's errors, and in `loc` of FastAPI's."""
    if isinstance(body, (list, tuple)):
        for item in body:
            yield from _stated_names(item)
    if isinstance(body, Mapping):
        if isinstance(body.get("param"), str):
            yield body["param"].rpartition(".")[2]
        if isinstance(body.get("loc"), (list, tuple)):
            yield from (part for part in reversed(body["loc"]) if isinstance(part, str))
        for key in ("error", "detail", "errors", "details"):
            yield from _stated_names(body.get(key))
