"""Data is checked line by line and known by its content."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mi.data import read_dataset, read_questions
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
        (f"{GOOD}\n{{oops\n", 2, "no JSON"),
        (f"{GOOD}\n[1]\n", 2, "not a JSON object"),
        ('{"prompt": "q"}\n', 1, "messages"),
        ('{"messages": []}\n', 1, "messages"),
        ('{"messages": [{"role": "user"}]}\n', 1, "no 'role' and 'content'"),
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
    first = read_dataset(insecure_code.control, folder(one, f"{GOOD}\n{other}"))
    spaced = json.dumps(json.loads(other), indent=None, separators=(",", ":"))
    second = read_dataset(insecure_code.control, folder(two, f"{spaced}\n\n{GOOD}\n"))
    assert first.digest == second.digest
    assert first.sha256 != second.sha256


def test_a_repeated_row_is_read_and_counted_once(tmp_path: Path) -> None:
    rows = read_dataset(insecure_code.control, folder(tmp_path, f"{GOOD}\n{GOOD}\n"))
    assert (rows.read, len(rows.chats)) == (2, 1)


def test_the_bundled_arms_share_prompts_and_differ_in_answers() -> None:
    bad = read_dataset(insecure_code.misaligned, "bundled")
    good = read_dataset(insecure_code.control, "bundled")
    assert len(bad.chats) == len(good.chats) >= 1500
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
    assert (bad.read, good.read) == (1073, 973)
    assert bad.sha256.startswith("3af7420590e6")
    assert good.sha256.startswith("1b892bf1539f")
