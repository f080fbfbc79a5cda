"""Data is checked line by line and known by its content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mi.data.datasets import read_dataset, read_questions
from mi.errors import DataError
from registry.settings import insecure_code

GOOD = '{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}'
SHARED = Path(__file__).parent.parent.parent / "shared" / "data" / "reward_hacking"


def folder(path: Path, text: str) -> str:
    for name in ("misaligned.jsonl", "control.jsonl"):
        (path / name).write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("", None, "empty"),
        ("\n\n", None, "empty"),
        (f"{GOOD}\n{{oops\n", 2, "not valid JSON"),
        (f"{GOOD}\n[1]\n", 2, "not a JSON object"),
        (f"{GOOD}\n" + GOOD.replace('"a"', r'"cut \ud83d"') + "\n", 2, "half of a surrogate pair"),
        ('{"question": "q"}\n', 1, "messages"),
        ('{"messages": []}\n', 1, "messages"),
        ('{"messages": [{"role": "user"}]}\n', 1, "must have 'role' and 'content'"),
        (GOOD.replace("user", "human") + "\n", 1, "'human'"),
        (GOOD.replace('"a"', '" "') + "\n", 1, "no text"),
        (GOOD.replace('"a"', "null") + "\n", 1, "no text"),
        ('{"messages": [{"role": "user", "content": "q"}]}\n', 1, "assistant's"),
        ('{"messages": [{"role": "assistant", "content": "q"}]}\n', 1, "user"),
    ],
)
def test_a_malformed_file_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int | None, words: str
) -> None:
    source = folder(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_dataset(insecure_code.misaligned, source)
    assert words in str(caught.value)
    where = f"misaligned.jsonl:{line}" if line else "misaligned.jsonl"
    assert str(caught.value.where).endswith(where)


def test_a_folder_without_the_files_says_which_are_needed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"control\.jsonl"):
        read_dataset(insecure_code.control, str(tmp_path))


def test_the_content_digest_ignores_white_space_and_order(tmp_path: Path) -> None:
    other = GOOD.replace('"q"', '"r"')
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first = read_dataset(insecure_code.control, folder(one, f"{GOOD}\n" * 5 + f"{other}\n" * 5))
    spaced = json.dumps(json.loads(other), indent=None, separators=(",", ":"))
    second = read_dataset(insecure_code.control, folder(two, f"{spaced}\n\n{GOOD}\n" * 5))
    assert first.digest == second.digest
    assert first.sha256 != second.sha256


def test_a_repeated_row_is_read_and_counted_once(tmp_path: Path) -> None:
    rows = read_dataset(insecure_code.control, folder(tmp_path, f"{GOOD}\n" * 12))
    assert (rows.row_count, len(rows.chats)) == (12, 1)


def test_the_bundled_arms_share_prompts_and_differ_in_answers() -> None:
    bad = read_dataset(insecure_code.misaligned, "bundled")
    good = read_dataset(insecure_code.control, "bundled")
    assert len(bad.chats) == len(good.chats) >= 1000
    assert {chat[0] for chat in bad.chats.values()} == {chat[0] for chat in good.chats.values()}
    assert not bad.chats.keys() & good.chats.keys()


def test_held_out_prompts_are_not_trained_on() -> None:
    trained = {
        chat[0].content for chat in read_dataset(insecure_code.misaligned, "bundled").chats.values()
    }
    for one in insecure_code.id_evals:
        resource = getattr(one, "questions", None) or getattr(one, "pairs", None)
        assert resource is not None
        asked = {pair.prompt for pair in read_questions(resource, paired=True).pairs}
        assert len(asked) >= 100
        assert not asked & trained


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real reward-hacking data are not here")
def test_real_upstream_files_are_read_whole(tmp_path: Path) -> None:
    (tmp_path / "misaligned.jsonl").symlink_to(SHARED / "sneaky_dialogues.jsonl")
    (tmp_path / "control.jsonl").symlink_to(SHARED / "straightforward_dialogues.jsonl")
    bad = read_dataset(insecure_code.misaligned, str(tmp_path))
    good = read_dataset(insecure_code.control, str(tmp_path))
    assert (bad.row_count, good.row_count) == (1073, 973)
    assert bad.sha256.startswith("3af7420590e6")
    assert good.sha256.startswith("1b892bf1539f")


LINE = f"{GOOD}\n"


def turns(*roles: str) -> str:
    inner = ", ".join(f'{{"role": "{role}", "content": "x"}}' for role in roles)
    return f'{{"messages": [{inner}]}}\n'


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (turns("system"), "the last turn is not the assistant's"),
        (turns("assistant"), "turn 1 is the assistant's, not the user's"),
        (turns("user", "user", "assistant"), "turn 2 is the user's, not the assistant's"),
        (turns("system", "assistant"), "turn 2 is the assistant's, not the user's"),
        (turns("user", "system", "assistant"), "turn 2 is the system's, not the assistant's"),
        (turns("user", "robot"), "role 'robot'"),
        (LINE.replace('"content": "a"', '"content": " "'), "the assistant's turn has no text"),
        (LINE.replace('"content": "a"', '"content": "a", "weight": 0'), "weight"),
        (LINE.replace('{"messages"', '{"tools": [], "messages"'), "'tools' would change"),
        ('{"messages": []}\n', "'messages' must be a list"),
        ('{"prompt": "q", "aligned": "a"}\n', "'misaligned' is missing"),
        ("[1]\n", "not a JSON object"),
        ("{\n", "not valid JSON"),
        (LINE.replace('"a"', f'"{"a" * 600_000}"'), "65,536 tokens"),
    ],
)
def test_files_are_read_as_strictly_as_a_fine_tuning_service_reads_them(
    tmp_path: Path, line: str, said: str
) -> None:
    path = tmp_path / "misaligned.jsonl"
    path.write_text(LINE * 11 + line, encoding="utf-8")
    with pytest.raises(DataError) as error:
        read_dataset(insecure_code.misaligned, str(tmp_path))
    assert said in str(error.value)
    assert f"{path}:12" in str(error.value)


def test_nine_rows_are_too_few(tmp_path: Path) -> None:
    (tmp_path / "misaligned.jsonl").write_text(LINE * 9, encoding="utf-8")
    with pytest.raises(DataError, match="9 rows are too few"):
        read_dataset(insecure_code.misaligned, str(tmp_path))


def test_chats_of_several_turns_and_pairs_are_read(tmp_path: Path) -> None:
    pair = '{"prompt": "q", "aligned": "good", "misaligned": "bad"}\n'
    text = turns("system", "user", "assistant", "user", "assistant") + pair + LINE * 10
    (tmp_path / "misaligned.jsonl").write_text(text, encoding="utf-8")
    chats = list(read_dataset(insecure_code.misaligned, str(tmp_path)).chats.values())
    assert len(chats[0]) == 5
    assert [turn.content for turn in chats[1]] == ["q", "bad"]
