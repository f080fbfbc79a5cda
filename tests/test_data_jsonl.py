"""JSON Lines are read as people have them; one message tells of all lines that cannot be."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from mi.data.datasets import read_dataset
from mi.data.faults import Fault
from mi.data.jsonl import parse_lines
from mi.errors import DataError
from registry.settings import insecure_code

TEXT = '{"a": "é", "n": 1}\n{"a": "b"}\n'
ROWS = [{"a": "é", "n": 1}, {"a": "b"}]


def keep(line: int, row: dict[str, Any]) -> dict[str, Any]:
    return row


@pytest.mark.parametrize(
    "raw",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-32"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\n\n  \n").encode(),
        TEXT.rstrip().encode(),
    ],
)
def test_encodings_and_line_ends_do_not_matter(raw: bytes) -> None:
    assert parse_lines(raw, "f", keep) == ROWS


@pytest.mark.parametrize(
    ("raw", "words", "hint"),
    [
        (b"", "the file is empty", "one JSON object per line"),
        (b"\xef\xbb\xbf\n\r\n", "the file is empty", "one JSON object per line"),
        (gzip.compress(TEXT.encode(), mtime=0), "compressed with gzip", "gunzip"),
        (b"PAR1....", "Parquet", "duckdb"),
        (b"PK\x03\x04", "zip", "unpack"),
        (json.dumps(ROWS).encode(), "one JSON array of 2 values", "json.load(sys.stdin)"),
        (json.dumps(ROWS, indent=1).encode(), "one JSON array of 2 values", "json.load(sys.stdin)"),
        (json.dumps(ROWS[0], indent=1).encode(), "over several lines", "one object per row"),
        (b"\xff\xfe\x00", "not valid utf-16-le", "UTF-8"),
    ],
)
def test_a_file_of_another_format_says_what_to_do(raw: bytes, words: str, hint: str) -> None:
    with pytest.raises(DataError) as error:
        parse_lines(raw, "f", keep)
    assert words in error.value.message
    assert hint in str(error.value.hint)
    assert error.value.where == "f"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"a": NaN}', "contains NaN"),
        (b'{"a": -Infinity}', "contains -Infinity"),
        (b'{"a": 1, "b": {"c": 1, "c": 1}}', "has the key 'c' twice"),
        (b'{"a": "caf\xe9"}', "not valid UTF-8"),
        (b'{"a": "\\ud83d"}', "half of a surrogate pair"),
        (b'{"a": ' * 100_000, "nested too deeply"),
    ],
)
def test_a_bad_line_is_told_with_its_number(line: bytes, words: str) -> None:
    with pytest.raises(DataError) as error:
        parse_lines(TEXT.encode() + line, "f", keep)
    assert words in error.value.message
    assert error.value.where == "f:3"


def test_all_bad_lines_are_counted_and_the_first_five_shown() -> None:
    def odd(line: int, row: dict[str, Any]) -> int:
        if row["n"] % 2:
            raise Fault(f"{row['n']} is odd", "add one")
        return int(row["n"])

    raw = "".join(f'{{"n": {number}}}\n' for number in range(2000)).encode()
    with pytest.raises(DataError) as error:
        parse_lines(raw, "f", odd)
    assert str(error.value).splitlines() == [
        "f: 1,000 of 2,000 lines cannot be used:",
        *(f"  line {number + 1}: {number} is odd" for number in (1, 3, 5, 7, 9)),
        "  and 995 more",
        "  → add one",
    ]


def test_a_missing_file_names_the_one_that_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "misaligned.jsonl.gz").write_bytes(b"")
    with pytest.raises(DataError, match=r"there is misaligned\.jsonl\.gz"):
        read_dataset(insecure_code.misaligned, str(tmp_path))
