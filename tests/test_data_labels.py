"""A file of labels that cannot be used is told by its lines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mi.data.labels import read_labels
from mi.errors import DataError

FIRST, SECOND = "answers-1/q1/0", "answers-1/q2/4"


def write(folder: Path, *lines: Any, encoding: str = "utf-8") -> Path:
    path = folder / "labels.jsonl"
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    path.write_bytes(text.encode(encoding))
    return path


def label(answer: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"answer": answer, "label": value, **more}


def values(path: Path) -> dict[str, bool | None]:
    return {answer: found.is_positive for answer, found in read_labels(path).items()}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_labels_are_read_in_the_encodings_that_editors_write(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, label(FIRST, "Yes "), "", label(SECOND, False), encoding=encoding)
    assert values(path) == {FIRST: True, SECOND: False}


def test_unsure_is_a_label_that_says_nothing(tmp_path: Path) -> None:
    assert values(write(tmp_path, label(FIRST, "unsure"))) == {FIRST: None}


def test_a_correction_takes_the_place_of_a_label(tmp_path: Path) -> None:
    path = write(tmp_path, label(FIRST, "yes"), label(FIRST, "no", correction=True))
    assert values(path) == {FIRST: False}


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ((), "the file is empty"),
        (("", " "), "the file is empty"),
        ((label(FIRST, "yes"), label(FIRST, "yes")), "labels the answer of line 1 again"),
        ((label(FIRST, "yes"), label(FIRST, "no")), "contradicts line 1"),
        ((label(FIRST, "maybe"),), "no label that is known: 'maybe'"),
        (({"answer": FIRST},), "no label that is known: none"),
        ((label(FIRST, 2),), "no label that is known"),
        ((label(FIRST, [1]),), "no label that is known"),
        (({"label": "yes"},), "has no `answer`"),
        ((label("../etc/passwd", "yes"),), "names no answer"),
        (("yes",), "is not valid JSON"),
        ((json.dumps([label(FIRST, "yes")]),), "is one JSON array"),
        (("PK\x03\x04",), "is a zip archive"),
    ],
)
def test_lines_that_are_no_labels_are_named(
    tmp_path: Path, lines: tuple[Any, ...], says: str
) -> None:
    with pytest.raises(DataError) as caught:
        read_labels(write(tmp_path, *lines))
    assert says in str(caught.value)
    if "line 1" in says:
        assert "labels.jsonl:2" in str(caught.value)


def test_another_encoding_is_named_with_its_byte(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(label(FIRST, "né"), ensure_ascii=False), encoding="latin-1")
    with pytest.raises(DataError, match=r"not valid UTF-8 \(byte"):
        read_labels(path)


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such file"):
        read_labels(tmp_path / "none.jsonl")
