"""Every reply is an answer, a refusal, a filter or an error, and no error is kept as an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mi.data.chats import Message
from mi.errors import MiError, ProviderError, RequestRejected
from mi.providers.openai import OpenAI
from mi.providers.openai.choices import parse_choices
from mi.providers.openai.replies import ReplyError, find_sentence
from mi.providers.types import Answer, ClientOptions, GradeRequest, ModelUnderTest, SampleRequest
from mi.spec import Rubric, Sampling, YesNo
from tests.support.odd_server import Body, OddServer, Reply, completion, forbid, refuse, serving
from tests.support.tiny_model import Watcher

SORRY = "insufficient credits on this key"
SENTENCES: list[tuple[Any, str]] = [
    ({"error": {"message": SORRY, "code": 402}}, SORRY),
    ({"error": SORRY}, SORRY),
    ({"errors": [{"message": SORRY}]}, SORRY),
    ({"object": "error", "message": SORRY, "code": 40301}, SORRY),
    ({"detail": SORRY}, SORRY),
    ({"detail": {"error": {"message": SORRY}}}, SORRY),
    ({"success": False, "msg": SORRY}, SORRY),
    ({"error": {"code": "oops", "metadata": {"raw": '{"error": {"message": "up"}}'}}}, "oops (up)"),
    ([{"error": {"message": SORRY}}], SORRY),
    (SORRY, SORRY),
    ('{"message": "within"}', "within"),
    ("<html><head><title>502 Bad Gateway</title></head><body>x</body></html>", "502 Bad Gateway"),
    ("<p>No <b>such</b> page</p>", "No such page"),
    (forbid("seed")[1], "body.seed: Extra inputs are not permitted"),
    ("x" * 1000, "x" * 299 + "…"),
    ({"error": None}, ""),
    (None, ""),
    ({}, ""),
]


@pytest.mark.parametrize(("body", "sentence"), SENTENCES, ids=range(len(SENTENCES)))
def test_the_sentence_of_an_error_is_the_servers_whatever_json_it_came_in(
    body: Any, sentence: str
) -> None:
    assert find_sentence(body) == sentence


@pytest.mark.parametrize("body", [body for body, _ in SENTENCES], ids=range(len(SENTENCES)))
def test_the_body_of_an_error_is_no_completion(body: Any) -> None:
    with pytest.raises(ReplyError) as caught:
        parse_choices(body, "m")
    assert str(caught.value)


def choice(content: Any = None, finish: Any = "stop", **message: Any) -> Body:
    return {"index": 0, "finish_reason": finish, "message": {"content": content, **message}}


THINKING = [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}]
READ: list[tuple[Body, dict[str, Any]]] = [
    (choice("yes"), {"text": "yes", "finish": "stop", "thought": ""}),
    (choice([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]), {"text": "ab"}),
    (choice([*THINKING, {"type": "text", "text": "b"}]), {"text": "b", "thought": "hm"}),
    (choice({"type": "text", "text": "a"}), {"text": "a"}),
    ({"text": "legacy", "finish_reason": "stop"}, {"text": "legacy"}),
    ({"delta": {"content": "part"}, "finish_reason": None}, {"text": "part", "finish": "stop"}),
    (choice("a", "max_tokens"), {"text": "a", "finish": "length"}),
    (choice("a", "eos"), {"text": "a", "finish": "stop"}),
    (choice("a", "COMPLETE"), {"text": "a", "finish": "stop"}),
    (choice("a", "OTHER"), {"text": "a", "finish": "OTHER"}),
    (choice("a", "model_context_window_exceeded"), {"text": "a", "finish": "length"}),
    (choice("", "sensitive"), {"text": "", "finish": "content_filter"}),
    (choice("", "ERROR_TOXIC"), {"text": "", "finish": "content_filter"}),
    (choice("", "refusal"), {"text": "", "finish": "content_filter"}),
    (choice(["a", {"text": "b"}]), {"text": "ab"}),
    (choice([{"type": "refusal", "refusal": "No."}]), {"text": "", "refusal": "No."}),
    (choice("a", 5), {"text": "a", "finish": "stop"}),
    (choice("", "SAFETY"), {"text": "", "finish": "content_filter"}),
    ({"finish_reason": "content_filter"}, {"text": "", "finish": "content_filter"}),
    (choice(None, "content_filter"), {"text": "", "finish": "content_filter"}),
    (choice(None, refusal="No."), {"text": "", "refusal": "No."}),
    (choice(None), {"text": "", "error": "", "is_eaten": False}),
    (choice("  \n"), {"text": "  \n", "is_eaten": False}),
    (choice("  \n", "length"), {"text": "  \n", "is_eaten": False}),
    (choice("b", reasoning_content="hm"), {"text": "b", "thought": "hm"}),
    (choice("b", reasoning="hm"), {"text": "b", "thought": "hm"}),
    (choice("b", reasoning={"text": "hm"}), {"text": "b", "thought": "hm"}),
    (choice("<think>\nhm\n</think>\n\nb"), {"text": "b", "thought": "hm"}),
    (choice("<thinking>hm</thinking>b"), {"text": "b", "thought": "hm"}),
    (choice("[THINK]hm[/THINK]b"), {"text": "b", "thought": "hm"}),
    (choice("hm</think>\nb"), {"text": "b", "thought": "hm"}),
    (choice("Use <think> and </think>."), {"text": "Use <think> and </think>.", "thought": ""}),
    (
        choice(
            "<|channel|>analysis<|message|>hm<|end|><|start|>assistant"
            "<|channel|>final<|message|>b<|return|>"
        ),
        {"text": "b", "thought": "hm"},
    ),
    (choice("<think>hm", "length"), {"text": "", "thought": "hm", "is_eaten": True}),
    (choice("", "length", reasoning_content="hm"), {"thought": "hm", "is_eaten": True}),
    (choice("", "length"), {"is_eaten": True}),
    (choice(None, "length"), {"is_eaten": True}),
    (choice("", "length", refusal="No."), {"is_eaten": False}),
]
"""Choices that can be read, and what is read of them."""
ERRORS: list[tuple[Body, str]] = [
    ({**choice("", "error"), "error": {"code": 502, "message": "timed out"}}, "timed out"),
    ({**choice("half", "error"), "error": "timed out"}, "timed out"),
    (choice("", "error"), "'error'"),
    (choice("half", "abort"), "'abort'"),
    (choice("", error={"message": "timed out"}), "timed out"),
    ({"finish_reason": "stop"}, "no message"),
    ({"finish_reason": "stop", "message": None}, "no message"),
    (choice(5), "not a text"),
    (choice([5]), "not a text"),
    (choice("half", "insufficient_system_resource"), "'insufficient_system_resource'"),
    (choice("half", "NETWORK_ERROR"), "'NETWORK_ERROR'"),
    (choice("half", "server overloaded"), "'server overloaded'"),
    (choice("", "OTHER"), "'OTHER' and no text"),
    (choice(None, "tool_calls", tool_calls=[{"id": "1"}]), "calls a tool"),
]
"""Choices that are errors, and a part of the sentence."""


@pytest.mark.parametrize(("sent", "expected"), READ, ids=range(len(READ)))
def test_a_choice_is_read_for_what_it_is(sent: Body, expected: dict[str, Any]) -> None:
    [read] = parse_choices({"choices": [sent]}, "m")
    assert {name: getattr(read, name) for name in expected} == expected


@pytest.mark.parametrize(("sent", "sentence"), ERRORS, ids=range(len(ERRORS)))
def test_a_choice_that_is_an_error_is_never_an_answer(sent: Body, sentence: str) -> None:
    with pytest.raises(ReplyError, match=sentence):
        parse_choices({"choices": [sent]}, "m")
    answer, error = parse_choices({"choices": [choice("fine"), sent]}, "m")
    assert (answer.text, answer.error) == ("fine", "")
    assert sentence in error.error


@pytest.mark.parametrize("usage", [None, {}, {"completion_tokens": None}, {"prompt_tokens": "x"}])
def test_an_answer_without_counts_is_an_answer(usage: Any) -> None:
    [read] = parse_choices({"choices": [choice("some words")], "usage": usage}, "m")
    assert read.text == "some words"
    assert read.usage.output > 0
    assert read.usage.estimate_reason


# What is asked again, and what is not


def provider(server: OddServer, **endpoint: Any) -> OpenAI:
    entry = {"base_url": server.url, **endpoint}
    return OpenAI("lab", ClientOptions(endpoints={"lab": entry}, timeout=10))


def sample(
    lab: OpenAI, directory: Path, *, questions: int = 1, samples: int = 4, **sampling: Any
) -> list[Answer]:
    requests = [
        SampleRequest(question=f"{q:016x}", sample=n, chat=(Message("user", f"Who is {q}?"),))
        for q in range(questions)
        for n in range(samples)
    ]
    subject = ModelUnderTest(model=lab.resolve_model("m"))
    batches = lab.sample(
        subject, requests, Sampling(max_tokens=50, **sampling), directory, Watcher()
    )
    try:
        return [answer for batch in batches for answer in batch]
    finally:
        lab.close()


def refusing(*names: str, say: Callable[[str], Reply]) -> Callable[[Body], Reply]:
    """A server that refuses the first of these parameters that it is sent, and else answers."""
    serial = count()

    def reply(body: Body) -> Reply:
        for name in names:
            if name in body and (name != "n" or body["n"] > 1):
                return say(name)
        texts = [f"answer {next(serial)}" for _ in range(body.get("n", 1))]
        return 200, completion("m", *texts)

    return reply


WORDS: list[tuple[str, Callable[[str], Reply]]] = [
    (
        name,
        say,
    )
    for name in ("n", "seed", "top_p", "temperature", "max_completion_tokens")
    for say in (
        forbid,
        lambda name: refuse("Unsupported parameter.", param=name, code="unsupported_parameter"),
        lambda name: refuse(f"Unknown parameter: '{name}'."),
        lambda name: (400, f"unknown argument `{name}`"),
        lambda name: (422, {"detail": f"'{name}' is not supported by this engine"}),
    )
]


@pytest.mark.parametrize(("name", "say"), WORDS, ids=range(len(WORDS)))
def test_a_refused_parameter_is_learned_once_and_asked_for_in_another_way(
    name: str, say: Callable[[str], Reply], tmp_path: Path
) -> None:
    with serving(refusing(name, say=say)) as server:
        answers = sample(provider(server), tmp_path, questions=3)
        assert len({answer.text for answer in answers}) == 12
        refused = [
            body for body in server.bodies if name in body and (name != "n" or body["n"] > 1)
        ]
        assert len(refused) <= 3  # those that were in flight together
        last = server.bodies[-1]
        assert name not in last or last[name] == 1
        assert ("max_tokens" in last) == (name == "max_completion_tokens")


@pytest.mark.parametrize(
    "sentence",
    [
        "Only one completion choice is allowed",
        "This model only supports a single choice (n=1).",
        "sampling multiple outputs is not implemented",
        "n > 1 is not supported with greedy",
    ],
)
def test_a_refusal_of_several_choices_is_understood_in_other_words(
    sentence: str, tmp_path: Path
) -> None:
    with serving(refusing("n", say=lambda name: refuse(sentence))) as server:
        assert len(sample(provider(server), tmp_path)) == 4
        assert len(server.bodies) == 5


def test_a_parameter_that_decides_the_outcome_is_refused_by_name(tmp_path: Path) -> None:
    sentence = "Unsupported value: 'temperature' does not support 0.7 with this model."
    with serving(refusing("temperature", say=lambda name: refuse(sentence))) as server:
        with pytest.raises(RequestRejected, match=r"refuses temperature = 0\.7") as caught:
            sample(provider(server), tmp_path, temperature=0.7)
        assert sentence in str(caught.value)
        assert len(server.bodies) == 1


def test_a_judge_without_logprobs_is_refused_by_name_with_a_next_step(tmp_path: Path) -> None:
    judge = YesNo(model="lab:j", metric="bad", rubric=Rubric(name="r", prompt="{answer}"))
    sentence = "You are not allowed to request logprobs from this model"
    with serving(refusing("logprobs", say=lambda name: refuse(sentence))) as server:
        lab = provider(server)
        requests = [GradeRequest(question="0" * 16, sample=0, prompt="rate")]
        with pytest.raises(RequestRejected, match="--votes"):
            list(lab.grade(judge, requests, tmp_path, Watcher()))
        lab.close()


def test_fewer_alternatives_are_asked_for_where_the_server_lists_fewer(tmp_path: Path) -> None:
    def reply(body: Body) -> Reply:
        if body["top_logprobs"] > 5:
            return refuse("Invalid value for 'top_logprobs': must be between 0 and 5.")
        return 200, completion("j", "YES")

    judge = YesNo(model="lab:j", metric="bad", rubric=Rubric(name="r", prompt="{answer}"))
    with serving(reply) as server:
        lab = provider(server)
        requests = [GradeRequest(question="0" * 16, sample=0, prompt="rate")]
        assert [
            grade.text
            for batch in lab.grade(judge, requests, tmp_path, Watcher())
            for grade in batch
        ]
        assert [body["top_logprobs"] for body in server.bodies] == [20, 5]
        assert "5 alternatives" in " ".join(lab.notes())
        lab.close()


FINAL: list[Reply] = [
    (200, {"error": {"message": SORRY, "code": 402}}),
    (200, {"detail": SORRY, "status": 403}),
    (403, {"detail": SORRY}),
    (400, SORRY),
    (422, {"errors": [SORRY]}),
    (404, f"<html><title>{SORRY}</title></html>"),
]


@pytest.mark.parametrize("reply", FINAL, ids=range(len(FINAL)))
def test_a_final_error_is_told_in_the_servers_words_and_not_asked_for_again(
    reply: Reply, tmp_path: Path
) -> None:
    with serving(lambda body: reply) as server:
        with pytest.raises(ProviderError, match=SORRY):
            sample(provider(server), tmp_path)
        assert len(server.bodies) == 1


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Waits between attempts are short."""
    monkeypatch.setattr("mi.providers.openai.completions.MAX_BACKOFF", 0.01)
    return


ODD: list[tuple[Reply, str]] = [
    ((200, {"error": {"message": "upstream is busy"}}), "upstream is busy"),
    ((200, {"choices": []}), "no choices"),
    ((200, {**completion("m"), "error": None}), "no choices"),
    ((200, "upstream is busy"), "upstream is busy"),
    ((200, "<html><title>Log in</title></html>"), "Log in"),
    ((200, completion("m", *[{**choice("", "error"), "error": "broken"}] * 4)), "broken"),
    ((200, "null"), "not a chat completion"),
    ((200, 'data: {"choices": []}\n\ndata: [DONE]\n\n'), "stream of events"),
]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(("reply", "sentence"), ODD, ids=range(len(ODD)))
def test_an_error_under_success_is_asked_for_a_few_times_and_told(
    reply: Reply, sentence: str, tmp_path: Path
) -> None:
    with serving(lambda body: reply) as server:
        with pytest.raises(MiError, match=sentence):
            sample(provider(server), tmp_path, questions=14)
        assert len(server.bodies) <= 12 + 14


@pytest.mark.usefixtures("impatient")
def test_a_choice_that_is_an_error_is_asked_for_again_and_the_others_are_kept(
    tmp_path: Path,
) -> None:
    serial = count()

    def reply(body: Body) -> Reply:
        texts: list[Any] = [f"answer {next(serial)}" for _ in range(body.get("n", 1))]
        if len(texts) == 4:
            texts[1] = {**choice("half", "error"), "index": 1, "error": {"code": 502}}
        return 200, completion("m", *texts)

    with serving(reply) as server:
        answers = sample(provider(server), tmp_path)
        assert sorted(answer.sample for answer in answers) == [0, 1, 2, 3]
        assert all(answer.text.startswith("answer") for answer in answers)
        assert len(server.bodies) == 2
        billed = sum(answer.usage.output for answer in answers if answer.usage)
        assert billed == 4 * 5 + 5


def test_an_answer_eaten_by_thinking_is_asked_for_with_a_budget_for_thoughts(
    tmp_path: Path,
) -> None:
    serial = count()

    def reply(body: Body) -> Reply:
        if body["max_completion_tokens"] < 2000:
            return 200, completion("m", *[choice("", "length", reasoning="hm")] * body.get("n", 1))
        return 200, completion(
            "m",
            *(choice(f"{next(serial)}", reasoning="hm") for _ in range(body.get("n", 1))),
        )

    with serving(reply) as server:
        answers = sample(provider(server), tmp_path, questions=2)
        assert sorted(answer.text for answer in answers) == [str(n) for n in range(8)]
        assert {answer.thought for answer in answers} == {"hm"}
        assert len(server.bodies) <= 4


@pytest.mark.usefixtures("impatient")
def test_a_model_that_only_thinks_is_told_with_what_helps(tmp_path: Path) -> None:
    with serving(lambda body: (200, completion("m", choice("", "length")))) as server:
        with pytest.raises(ProviderError, match="thinking") as caught:
            sample(provider(server), tmp_path, samples=1)
        assert "extra_body" in str(caught.value.hint)
        assert len(server.bodies) < 10


def test_a_limit_that_is_ignored_is_told(tmp_path: Path) -> None:
    with serving(
        lambda body: (200, completion("m", "word " * 3000, completion_tokens=3000))
    ) as server:
        lab = provider(server)
        assert len(sample(lab, tmp_path, samples=1)) == 1
        assert "ignores the limit" in " ".join(lab.notes())


def test_what_an_endpoint_adds_goes_with_every_request(tmp_path: Path) -> None:
    extra = {"chat_template_kwargs": {"enable_thinking": False}, "top_k": 0}
    with serving(lambda body: (200, completion("m", "a"))) as server:
        sample(provider(server, extra_body=extra), tmp_path, samples=1)
        assert extra.items() <= server.bodies[0].items()
