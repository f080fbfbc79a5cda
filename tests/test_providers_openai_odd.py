"""What servers send is read as what it must be; anything else is an answer that must come again."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from mi.files import gate
from mi.providers.openai.choices import parse_choices, to_answer, to_grade
from mi.providers.openai.events import metrics_from_events
from mi.providers.openai.rate_limiter import parse_duration, retry_after
from mi.providers.pricing import Budget
from mi.providers.types import GradeRequest, SampleRequest
from mi.steps.recorder import AnswerRecorder
from mi.units.lines import ANSWER, JUDGMENT
from registry import prices

SAMPLE = SampleRequest(question="0" * 16, sample=0, chat=())
GRADE = GradeRequest(question="0" * 16, sample=0, prompt="rate")


def completion(message: Any, **more: Any) -> dict[str, Any]:
    return {"model": "m", "choices": [{"index": 0, "message": message, **more}]}


def logprobs(*entries: Any) -> dict[str, Any]:
    return {"logprobs": {"content": list(entries)}}


TOKEN = {"token": "90", "logprob": -0.1, "top_logprobs": [{"token": "90", "logprob": -0.1}]}
READ: list[tuple[dict[str, Any], str]] = [
    (completion({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}), "ab"),
    (
        completion(
            {"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "b"}]}
        ),
        "b",
    ),
    (completion({"content": None}), ""),
    (completion({"content": "half \ud83d"}), "half ?"),
    (completion({"content": "x"}, finish_reason=5), "x"),
    (completion({"content": "x", "refusal": {"odd": 1}}), "x"),
    (completion({"content": "90"}, **logprobs({**TOKEN, "token": None})), "90"),
    (completion({"content": "90"}, **logprobs({**TOKEN, "logprob": 710.0})), "90"),
    (completion({"content": "90"}, **logprobs({**TOKEN, "logprob": "much"})), "90"),
    (completion({"content": "90"}, **logprobs({**TOKEN, "logprob": 10**400})), "90"),
    (completion({"content": "90"}, **logprobs({**TOKEN, "top_logprobs": [5, None, {}]})), "90"),
    (completion({"content": "90"}, **logprobs(None, 5, [])), "90"),
    (completion({"content": "90"}, logprobs="none"), "90"),
]
"""Completions with a text that can be used, and the text."""


@pytest.mark.parametrize(("sent", "text"), READ, ids=range(len(READ)))
def test_what_can_be_used_of_an_odd_answer_is_a_line_of_its_journal(
    sent: dict[str, Any], text: str
) -> None:
    [choice] = parse_choices(sent, "m")
    assert choice.text == text
    lines: list[dict[str, Any]] = []
    recorder = AnswerRecorder(
        "eval-1", prices(), Budget(), append=lambda path, batch: lines.extend(batch)
    )
    recorder(Path("answers-1.jsonl"), [to_answer(SAMPLE, choice)])
    recorder(Path("judgments-1.jsonl"), [to_grade(GRADE, choice)])
    for line, shape in zip(lines, (ANSWER, JUDGMENT), strict=True):
        assert shape.problem(line) is None
        json.dumps(line, allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    "sent",
    [
        completion({"content": {"type": "text"}}),
        completion({"content": 5}),
        completion({"content": [{"type": "text"}]}),
        completion({"content": "x" * (gate.MAX_TEXT + 1)}),
        completion(None),
        {"choices": []},
        {"choices": None},
        {},
    ],
    ids=range(8),
)
def test_an_answer_that_says_nothing_has_to_come_again(sent: dict[str, Any]) -> None:
    with pytest.raises(json.JSONDecodeError):
        parse_choices(sent, "m")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("120ms", 0.12),
        ("1.5", 1.5),
        ("1..2s", 0.0),
        ("..s", 0.0),
        ("1s and more", 0.0),
        ("nan", 0.0),
        ("-5", 0.0),
        ("inf", 86400.0),
        ("9" * 400 + "h", 86400.0),
        ("", 0.0),
        (None, 0.0),
    ],
)
def test_any_header_is_a_time_to_wait(text: str | None, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)
    headers = {} if text is None else {"retry-after": text, "x-ratelimit-reset-requests": text}
    assert 0.0 <= retry_after(headers) <= 120.0


def test_metrics_with_an_odd_step_are_left_out() -> None:
    events = [
        {"type": "metrics", "data": data}
        for data in (
            {"step": "one", "train_loss": 1.0},
            {"step": math.nan},
            {"step": -1},
            {"step": None},
            {"step": "2", "train_loss": "0.5"},
            {"step": 3, "train_loss": math.inf},
            {"step": 10**30},
            5,
        )
    ]
    assert metrics_from_events(events) == [{"step": 2, "loss": 0.5}, {"step": 3}]
