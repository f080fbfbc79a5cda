"""What a server replied, whatever shape it has: the sentence of an error, or a message with a text.

Servers that speak the chat API differ in what they send when something went wrong: an error under
status 200, a choice that is an error, a text in parts, no choices at all. Every reply becomes an
answer, a refusal, a filter or an error here. An error is never kept as an answer; its sentence is
the server's own, shortened.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ...files import gate
from .thoughts import split_thought

STOP, LENGTH, CONTENT_FILTER, ERROR = "stop", "length", "content_filter", "error"
"""The finish reasons that mi knows: the third is also the code of an error, the last no answer."""

_FILTER_REASON = re.compile(
    r"filter|safety|recitation|blocklist|blocked|prohibited|spii|sensitive|toxic|moderat|guardrail"
    r"|violation|^refus"
)
_ERROR_REASON = re.compile(
    r"error|fail|abort|cancel|time_?d?_?out|interrupt|insufficient|overload|unavailable|exception"
    r"|rate_limit|quota"
)
_LENGTH_REASON = re.compile(r"length|max_\w*tokens|token_limit|context_window")
_STOP_REASON = re.compile(r"(?:stop|end|eos|eot|done|finished|completed?)(?:_\w+)?$")
"""How the words of other makers for why a choice ended are known, in the order of the tests: an
answer that was interrupted is none, whatever has arrived of it."""
_MAX_SENTENCE = 300
_SENTENCE_KEYS = (
    "error",
    "errors",
    "message",
    "detail",
    "details",
    "msg",
    "error_message",
    "errorMessage",
    "error_description",
    "description",
    "reason",
    "title",
    "status_message",
    "code",
    "type",
)
"""Where servers put the sentence of an error, best first."""
_STATUS_KEYS = ("status_code", "statusCode", "status", "code", "error_code", "http_status")
_STATUS_OF_CODES = {
    "insufficient_quota": 402,
    "invalid_api_key": 401,
    "model_not_found": 404,
    "rate_limit": 429,
    "overloaded": 503,
}
_TEXT_PARTS = ("text", "output_text")
_HIDDEN = re.compile(r"<(script|style|head)\b.*?</\1>|<!--.*?-->", re.DOTALL | re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")


class ReplyError(json.JSONDecodeError):
    """A reply under a status of success that holds no answer.

    Args:
        sentence: What the server says, or what is wrong with its reply.
        status: The HTTP status that the reply states; None without one.
        body: The reply, as far as it is JSON.
    """

    def __init__(self, sentence: str, status: int | None = None, body: Any = None) -> None:
        super().__init__(sentence, "", 0)
        self.sentence = sentence
        self.status_code = status
        self.body = body

    def __str__(self) -> str:
        return self.sentence


@attrs.frozen(kw_only=True)
class ChoiceMessage:
    """What one choice says.

    Args:
        text: The answer, without what the model thought before it.
        finish: Why it ended; one of the words above, or another that the server uses.
        refusal: The text that the server marked as a refusal.
        thought: What the model thought first.
        error: Why this is no answer; empty where it is one.
        status: The HTTP status that an error states.
    """

    text: str = ""
    finish: str = STOP
    refusal: str | None = None
    thought: str = ""
    error: str = ""
    status: int | None = None


def find_sentence(value: Any, depth: int = 6) -> str:
    """The sentence in the body of an error, shortened; empty if it holds none.

    Args:
        value: JSON of any shape, or a text: JSON, HTML or plain.
        depth: Levels that are searched.
    """
    return _shorten(_find_sentence(value, depth))


def _find_sentence(value: Any, depth: int) -> str:
    if isinstance(value, str):
        return _plain_text(value, depth)
    if depth == 0 or value is None or isinstance(value, bool):
        return ""
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        if isinstance(value.get("loc"), list) and value.get("msg"):  # FastAPI says where
            place = ".".join(map(str, value["loc"]))
            return f"{place}: {_find_sentence(value['msg'], depth - 1)}"
        sentences = (_find_sentence(value.get(key), depth - 1) for key in _SENTENCE_KEYS)
        sentence = next(filter(None, sentences), "")
        metadata = value.get("metadata")  # OpenRouter keeps the words of the maker here
        raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
        return f"{sentence} ({_find_sentence(raw, depth - 1)})" if raw else sentence
    if isinstance(value, (list, tuple)):
        return "; ".join(filter(None, (_find_sentence(item, depth - 1) for item in value[:3])))
    return ""


def _plain_text(text: str, depth: int) -> str:
    stripped = text.strip()
    if stripped[:1] in ("{", "[") and depth:
        try:
            return _find_sentence(json.loads(stripped), depth - 1) or stripped
        except (ValueError, RecursionError):
            return stripped
    if stripped[:1] == "<" and _TAG.match(stripped):
        title = _TITLE.search(stripped)
        inner = title.group(1) if title else ""
        stripped = html.unescape(_TAG.sub(" ", inner.strip() or _HIDDEN.sub(" ", stripped)))
    return stripped


def _shorten(text: str) -> str:
    line = gate.clean_text(" ".join(text.split()))
    return line if len(line) <= _MAX_SENTENCE else f"{line[: _MAX_SENTENCE - 1]}…"


def find_status(body: Any) -> int | None:
    """The HTTP status that the body of an error states, or that its code stands for."""
    if not isinstance(body, Mapping):
        return None
    for holder in (body.get("error"), body):
        if not isinstance(holder, Mapping):
            continue
        for key in _STATUS_KEYS:
            text = str(holder.get(key))
            if text.isascii() and text.isdigit() and len(text) == 3 and text[0] in "45":
                return int(text)
        words = f"{holder.get('code')} {holder.get('type')}"
        for code, status in _STATUS_OF_CODES.items():
            if code in words:
                return status
    return None


def find_code(error: Any) -> str:
    """The code of an error; empty without one."""
    return str(error.get("code") or "") if isinstance(error, Mapping) else ""


def read_choices(completion: Any) -> list[Mapping[str, Any]]:
    """The choices of a completion, in order.

    Raises:
        ReplyError: The reply is an error, or has no choices.
    """
    choices = completion.get("choices") if isinstance(completion, Mapping) else None
    if isinstance(choices, Mapping):
        choices = [choices]
    if isinstance(choices, list) and any(isinstance(choice, Mapping) for choice in choices):
        objects = [choice for choice in choices if isinstance(choice, Mapping)]
        if not (completion.get("error") and all(_is_blank(choice) for choice in objects)):
            return [choice for _, choice in sorted(_numbered(objects), key=lambda pair: pair[0])]
    sentence = find_sentence(completion)
    if isinstance(completion, Mapping) and isinstance(choices, list) and not sentence:
        sentence = "the reply has no choices"
    raise ReplyError(
        sentence or "the reply is not a chat completion", find_status(completion), completion
    )


def _is_blank(choice: Mapping[str, Any]) -> bool:
    return not (read_message(choice).text or read_message(choice).refusal)


def _numbered(
    choices: Iterable[Mapping[str, Any]],
) -> Iterable[tuple[int, Mapping[str, Any]]]:
    for place, choice in enumerate(choices):
        index = choice.get("index")
        yield (index if type(index) is int else place), choice


def read_message(choice: Mapping[str, Any]) -> ChoiceMessage:
    """What a choice says: an answer, a refusal, a filter or an error."""
    finish = finish_word(choice.get("finish_reason"))
    message = next(
        (choice[key] for key in ("message", "delta") if isinstance(choice.get(key), Mapping)), None
    )
    if error := _choice_error(choice, finish, message):
        return ChoiceMessage(error=error, finish=finish, status=find_status(choice))
    if finish == CONTENT_FILTER and message is None:
        return ChoiceMessage(finish=finish)
    if message is None:
        message = {"content": choice.get("text")}
        if type(choice.get("text")) is not str:
            return ChoiceMessage(error="a choice of the reply has no message", finish=finish)
    text = content_text(message.get("content"))
    if text is None:
        return ChoiceMessage(error="the content of the reply is not a text", finish=finish)
    thought, text = split_thought(message, text)
    refusal = text_or_none(message.get("refusal")) or _refusal_parts(message.get("content"))
    if not text and refusal is None and finish != LENGTH and _calls_tool(message):
        return ChoiceMessage(error="the reply calls a tool and says nothing", finish=finish)
    if not text and refusal is None and finish not in (STOP, LENGTH, CONTENT_FILTER):
        return ChoiceMessage(error=f"a choice ended with {finish!r} and no text", finish=finish)
    return ChoiceMessage(text=text, finish=finish, refusal=refusal, thought=thought)


def _choice_error(choice: Mapping[str, Any], finish: str, message: Mapping[str, Any] | None) -> str:
    """The sentence of a choice that is an error; empty for any other choice."""
    stated = choice.get("error") or (message or {}).get("error")
    if finish == ERROR or stated:
        return find_sentence(stated) or f"a choice ended with {choice.get('finish_reason')!r}"
    return ""


def _calls_tool(message: Mapping[str, Any]) -> bool:
    return bool(message.get("tool_calls") or message.get("function_call"))


def finish_word(reason: Any) -> str:
    """Why a choice ended, in OpenAI's words where they have one for it, or `ERROR`."""
    if type(reason) is not str or not reason.strip():
        return STOP
    word = re.sub(r"[\s-]+", "_", reason.strip().lower())
    if _FILTER_REASON.search(word):
        return CONTENT_FILTER
    if _ERROR_REASON.search(word):
        return ERROR
    if _LENGTH_REASON.search(word):
        return LENGTH
    return STOP if _STOP_REASON.match(word) else gate.clean_text(reason)[:100]


def content_text(content: Any) -> str | None:
    """The text of a message's content, which some servers send in parts; None where it has none.

    Thoughts among the parts are no part of it. Half a character, of an answer that was cut off
    within it, becomes a question mark.
    """
    if content is None:
        return ""
    if isinstance(content, Mapping):
        content = [content]
    if isinstance(content, (list, tuple)):
        parts = [{"text": part} if isinstance(part, str) else part for part in content]
        if not all(isinstance(part, Mapping) for part in parts):
            return None
        texts = [part.get("text") for part in parts if part.get("type", "text") in _TEXT_PARTS]
        if not all(type(text) is str for text in texts):
            return None
        content = "".join(map(str, texts))
    if type(content) is not str or len(content) > gate.MAX_TEXT:
        return None
    return gate.clean_text(content)


def _refusal_parts(content: Any) -> str | None:
    """The refusal among the parts of a content."""
    parts = content if isinstance(content, list) else [content]
    refusals = [part.get("refusal") for part in parts if isinstance(part, Mapping)]
    return text_or_none("".join(text for text in refusals if type(text) is str))


def text_or_none(value: Any) -> str | None:
    """A text that is not empty; None for anything else."""
    return gate.clean_text(value) if type(value) is str and value else None
