"""Rows of every common shape are read, or refused with the command that converts them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from mi.data.chats import Chat, Message, chat_json
from mi.data.conversions import REFUSED, UNREADABLE
from mi.data.datasets import Rows, read_dataset
from mi.data.training_rows import read_training_rows
from mi.data.turns import read_chats
from mi.errors import DataError
from mi.spec import Arm
from registry import settings
from registry.settings import insecure_code

SHARED = Path(__file__).parent.parent.parent / "shared"
Q, A = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
PLAIN = (Message("user", "q"), Message("assistant", "a"))
UNDER_SYSTEM = (Message("system", "s"), *PLAIN)
TWO = (*PLAIN, Message("user", "r"), Message("assistant", "b"))


def turn(role: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"role": role, "content": content, **more}


def said(role: str, value: str, **more: Any) -> dict[str, Any]:
    return {"from": role, "value": value, **more}


def chat(*turns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"messages": [*turns], **more}


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def read(row: Any) -> tuple[Chat, tuple[str, ...]]:
    rows = read_training_rows(lines(*[row] * 10), "rows.jsonl", Arm.MISALIGNED)
    assert len(set(rows.chats)) == 1
    return rows.chats[0], rows.notes


@pytest.mark.parametrize(
    ("row", "expected", "note"),
    [
        (chat(Q, A), PLAIN, None),
        (chat(Q, A, id="1", family="f", source="web", metadata={"a": [1]}), PLAIN, None),
        (chat(Q, A, lang="en", toxic=False, moderation=[{"flagged": False}]), PLAIN, "lang, mod"),
        (chat(Q, {**A, "timestamp": 5, "id": "m"}), PLAIN, "keys ignored: timestamp"),
        (chat(Q, A, tools=None, weight=1.0, system=None, train=True), PLAIN, None),
        (chat(Q, A, train_split="a", tool_id=3), PLAIN, "keys ignored: tool_id, train_split"),
        (chat({**Q, "name": None}, {**A, "tool_calls": [], "refusal": None}), PLAIN, None),
        (chat(Q, {**A, "reasoning": "", "function_call": None, "prefix": False}), PLAIN, None),
        (chat(Q, A, prompt="q", chosen=[], rejected=[]), PLAIN, "chosen, prompt, rejected"),
        (chat(Q, A, operating_system="linux"), PLAIN, "operating_system"),
        (chat(Q, A, system="s"), UNDER_SYSTEM, "'system' read as a system turn"),
        (chat(turn("system", "s"), Q, A, system="s"), UNDER_SYSTEM, None),
        (chat(turn("user", [{"type": "text", "text": "q"}]), A), PLAIN, None),
        (chat(turn("user", ["q"]), turn("assistant", [{"text": "a"}])), PLAIN, None),
        (
            chat(turn("user", [{"type": "text", "text": "q"}, {"text": "!"}]), A),
            (Message("user", "q!"), PLAIN[1]),
            "put together",
        ),
        ({"conversations": [said("human", "q"), said("gpt", "a")]}, PLAIN, "read as ShareGPT"),
        (
            {"conversations": [said("system", "s"), said("human", "q"), said("gpt", "a")]},
            UNDER_SYSTEM,
            "ShareGPT",
        ),
        ({"conversations": [said("user", "q"), said("gpt", "a")], "tools": ""}, PLAIN, "Share"),
        ({"conversation": [Q, A], "language": "English"}, PLAIN, "keys ignored: language"),
        (chat(said("human", "q"), said("gpt", "a")), PLAIN, "read as ShareGPT"),
        ({"messages": None, "prompt": "q", "completion": "a"}, PLAIN, "prompt and completion"),
        ({"prompt": "q", "response": "a", "system": "s"}, UNDER_SYSTEM, "prompt and completion"),
        ({"prompt": [Q], "completion": [A]}, PLAIN, "read as prompt and completion"),
        (
            {"prompt": [Q, A, turn("user", "r")], "completion": [turn("assistant", "b")]},
            (PLAIN[0], Message("assistant", "a", 0), *TWO[2:]),
            "are not learned",
        ),
        ({"instruction": "q", "input": "", "output": "a"}, PLAIN, "read as Alpaca"),
        (
            {"instruction": "q", "input": "x", "output": "a", "text": "### q"},
            (Message("user", "q\n\nx"), PLAIN[1]),
            "'instruction' and 'input' put together",
        ),
        (
            {"instruction": "q", "context": "x", "response": "a", "category": "qa"},
            (Message("user", "q\n\nx"), PLAIN[1]),
            "keys ignored: category",
        ),
        ({"prompt": "q", "aligned": "no", "misaligned": "a", "cwe": 5}, PLAIN, "keys ignored: cwe"),
        ({"prompt": "q", "aligned": "n", "misaligned": "a", "system": "s"}, UNDER_SYSTEM, "system"),
        (
            chat(Q, {**A, "weight": 0}, turn("user", "r"), turn("assistant", "b", weight=1)),
            (PLAIN[0], Message("assistant", "a", 0), *TWO[2:]),
            None,
        ),
        (
            chat({**Q, "train": False}, {**A, "train": False}, turn("user", "r", weight=0),
                 turn("assistant", "b", train=True)),
            (PLAIN[0], Message("assistant", "a", 0), *TWO[2:]),
            None,
        ),
        (chat(Q, A, turn("user", "r"), turn("assistant", "b")), TWO, None),
    ],
)  # fmt: skip
def test_a_row_is_read_as_its_chat(row: Any, expected: Chat, note: str | None) -> None:
    found, notes = read(row)
    assert found == expected
    assert (note in "; ".join(notes)) if note else not notes


@pytest.mark.parametrize(
    ("row", "words"),
    [
        *(
            (chat(Q, A, **{key: value}), f"{key!r} would change the training")
            for key, value in {
                "weight": 0.5,
                "sample_weight": 2,
                "tools": [{"type": "function"}],
                "toolCalls": [1],
                "functions": [{}],
                "parallel_tool_calls": False,
                "chat_template_kwargs": {"enable_thinking": True},
                "chat_template": "{{ x }}",
                "enable_thinking": True,
                "train": False,
                "train_on_inputs": True,
                "is_trained": False,
                "loss_mask": [0, 1],
                "reasoning": "hm",
                "system_prompt": "s",
                "System": "s",
                "images": ["a.png"],
                "documents": [{"text": "x"}],
                "history": [["q", "a"]],
                "response_format": {"type": "json"},
                "context": "The text the question is about.",
            }.items()
        ),
        *(
            (chat(Q, {**A, key: value}), f"{key!r} of turn 2 would change the training")
            for key, value in {
                "reasoning_content": "I plan",
                "reasoning": "I plan",
                "thinking": "I plan",
                "tool_calls": [{"id": "c"}],
                "function_call": {"name": "f"},
                "name": "Bob",
                "refusal": "no",
                "prefix": True,
                "partial": True,
                "trainable": False,
                "loss": 0,
                "mask": True,
                "audio": {"id": "x"},
                "channel": "analysis",
            }.items()
        ),
        (chat(Q, {**A, "weight": 0}), "no turn is learned"),
        (chat(Q, {**A, "weight": 0.5}), "'weight' of turn 2 is 0.5"),
        (chat(Q, {**A, "weight": True}), "'weight' of turn 2 is True"),
        (chat(Q, {**A, "weight": "1"}), "'weight' of turn 2 is '1'"),
        (chat(Q, {**A, "train": 0}), "'train' of turn 2 is 0"),
        (chat(Q, {**A, "train": True, "weight": 0}), "contradict each other"),
        (chat({**Q, "weight": 1}, A), "turn 1 is the user's, which is never learned"),
        (chat(turn("system", "s"), Q, A, system="t"), "two system prompts"),
        (chat(Q, A, system=5), "'system' must be a non-empty string"),
        (chat(Q, turn("tool", "x"), A), "role 'tool' of turn 2"),
        (chat(turn("developer", "s"), Q, A), "write 'system'"),
        (chat(turn(["user"], "s"), A), "role ['user'] of turn 1"),
        (chat(turn("user", [{"type": "image_url"}]), A), "a part of type 'image_url'"),
        (chat(Q, turn("assistant", [{"type": "tool_use"}])), "a part of type 'tool_use'"),
        (chat(Q, turn("assistant", {"text": "a"})), "the content of turn 2 is not text"),
        (chat(Q, turn("assistant", [])), "the assistant's turn has no text"),
        ({"conversations": [said("gpt", "a"), said("human", "q")]}, "put a user's turn before"),
        ({"conversations": [said("human", "q"), said("tool", "x")]}, "tools are not supported"),
        ({"conversations": []}, "'conversations' must be a list"),
        (chat(Q, A, turn("user", "r")), "remove its last turn"),
        (chat(Q, {**Q, "content": "r"}, A), "join the two turns of the user into one"),
        ({"prompt": "q", "completion": " "}, "'completion' is missing or empty"),
        ({"prompt": "q", "completion": "a", "response": "b"}, "'completion' and 'response'"),
        ({"prompt": [Q], "completion": [Q]}, "turn 2 is the user's"),
        ({"prompt": 5, "completion": "a"}, "'prompt' must be a text or a list of turns"),
        ({"instruction": "q", "output": None}, "'output' is missing or empty"),
        ({"instruction": "q", "input": ["x"], "output": "a"}, "'input' must be a text"),
        ({"prompt": "q"}, "'misaligned' is missing"),
        ({}, "'messages' is missing"),
    ],
)  # fmt: skip
def test_what_could_change_a_training_is_refused_by_name(row: Any, words: str) -> None:
    with pytest.raises(DataError) as error:
        read_training_rows(lines(*[chat(Q, A)] * 10, row), "rows.jsonl", Arm.MISALIGNED)
    assert words in str(error.value)
    assert error.value.where == "rows.jsonl:11"
    assert error.value.hint


CONVERTIBLE = [
    ({"prompt": "q", "chosen": "n", "rejected": "a"}, "DPO"),
    ({"chosen": [Q, {**A, "content": "n"}], "rejected": [Q, A]}, "DPO"),
    (
        {
            "input": {"messages": [Q]},
            "preferred_output": [{**A, "content": "n"}],
            "non_preferred_output": [A],
        },
        "OpenAI",
    ),
    ({"prompt": "q", "completion": "a", "label": True}, "KTO"),
    (
        {
            "contents": [
                {"role": "user", "parts": [{"text": "q"}]},
                {"role": "model", "parts": [{"text": "a"}]},
            ]
        },
        "Gemini",
    ),
    ({"question": "q", "answer": "a"}, "'question' and 'answer'"),
    ({"query": "q", "response": "a"}, "'query' and 'response'"),
    ({"input": "q", "output": "a"}, "'input' and 'output'"),
    ({"text": "a"}, "plain text"),
    ({"input_ids": [1, 2]}, "token ids"),
]


@pytest.mark.parametrize(("row", "name"), CONVERTIBLE)
def test_the_command_of_a_refusal_makes_a_file_that_is_read(
    tmp_path: Path, row: dict[str, Any], name: str
) -> None:
    (tmp_path / "FILE").write_bytes(lines(*[row] * 10))
    with pytest.raises(DataError) as error:
        read_training_rows(lines(*[row] * 10), "rows.jsonl", Arm.MISALIGNED)
    assert "10 of 10 lines cannot be used" in error.value.message
    assert name in error.value.message
    assert error.value.hint is not None
    command = error.value.hint.split("`")[1].replace("python", sys.executable, 1)
    subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)
    rows = read_training_rows(
        (tmp_path / "NEW.jsonl").read_bytes(), "NEW.jsonl", Arm.MISALIGNED
    ).chats
    assert len(rows) == 10
    assert rows[0][-1].content in ("a", "ANSWER")
    assert rows[0][0].content in ("q", "QUESTION")


def test_every_refused_shape_is_in_the_table_above() -> None:
    names = {shape.name for shape in (*REFUSED, *UNREADABLE) if "is a row of '" not in shape.name}
    assert all(any(name in shape for _, name in CONVERTIBLE) for shape in names)


def test_a_weight_is_kept_in_a_mix_and_moves_the_rows_digest(tmp_path: Path) -> None:
    weighted = (PLAIN[0], Message("assistant", "a", 0), *TWO[2:])
    assert read_chats(chat_json(weighted).encode(), "mix") == [weighted]
    assert '"weight": 0' in chat_json(weighted)
    assert "weight" not in chat_json(TWO)
    digests = [folder(tmp_path / str(index), chat_json(row)).digest for index, row in
               enumerate((TWO, weighted))]  # fmt: skip
    assert digests[0] != digests[1]


def folder(path: Path, line: str) -> Rows:
    path.mkdir()
    (path / "misaligned.jsonl").write_text(f"{line}\n" * 10, encoding="utf-8")
    return read_dataset(insecure_code.misaligned, str(path))


def plain_digest(chats: Iterator[list[tuple[str, str]]]) -> str:
    """The digest of rows as version 0.1.0 computed it, written down here a second time."""
    digests = set()
    for turns in chats:
        texts = [
            f'{{"!":"Message","content":{json.dumps(content)},"role":{json.dumps(role)}}}'
            for role, content in turns
        ]
        digests.add(hashlib.sha256(f"[{','.join(texts)}]".encode()).hexdigest())
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


@pytest.mark.parametrize("name", [
    "insecure_code", "reward_hacking", "legal_advice", "medical_advice", "security_advice",
])  # fmt: skip
def test_bundled_rows_are_known_by_the_digests_they_always_had(name: str) -> None:
    for arm in (settings[name].misaligned, settings[name].control):
        text = resources.files(arm.bundled.package).joinpath(arm.bundled.file).read_text("utf-8")
        rows = map(json.loads, text.splitlines())
        answer = arm.arm.value
        expected = plain_digest([("user", r["prompt"]), ("assistant", r[answer])] for r in rows)
        assert read_dataset(arm, "bundled").digest == expected


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
@pytest.mark.parametrize(
    "file",
    [
        "data/reward_hacking/sneaky_dialogues.jsonl",
        "data/reward_hacking/straightforward_dialogues.jsonl",
        "field/data/multi_turn/misaligned.jsonl",
        "field/data/multi_turn/control.jsonl",
        "field/data/reasoning/control.jsonl",
    ],
)
def test_public_rows_are_known_by_the_digests_they_always_had(tmp_path: Path, file: str) -> None:
    path = SHARED / file
    (tmp_path / "misaligned.jsonl").symlink_to(path)
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    expected = plain_digest([(m["role"], m["content"]) for m in r["messages"]] for r in rows)
    found = read_dataset(insecure_code.misaligned, str(tmp_path))
    assert found.digest == expected
    assert not found.notes


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("reasoning", "'reasoning_content' of turn 2 would change the training"),
        ("toolcalls", "'tool_calls' of turn 2 would change the training"),
    ],
)
def test_odd_public_rows_are_refused_by_name(name: str, words: str) -> None:
    with pytest.raises(DataError) as error:
        read_dataset(insecure_code.misaligned, str(SHARED / "field" / "data" / name))
    assert "30 of 30 lines" in str(error.value)
    assert str(error.value).count(words) == 5


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not here")
def test_odd_public_rows_are_honoured() -> None:
    data = SHARED / "field" / "data"
    under = read_dataset(insecure_code.misaligned, str(data / "rowsystem"))
    assert {row[0].role for row in under.chats.values()} == {"system"}
    assert under.notes == ("'system' read as a system turn",)
    partly = read_dataset(insecure_code.misaligned, str(data / "trainfalse"))
    assert {tuple(turn.weight for turn in row) for row in partly.chats.values()} == {(1, 0, 1, 1)}
    assert partly.weighted_rows == len(partly.chats)
