"""Whatever comes to the gate leaves it as a typed value, or is refused with a reason."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mi.errors import CorruptError
from mi.files import gate, journal
from mi.files.seal import hash_prefixes, read_seal, seal_path
from mi.files.serialize import from_json
from mi.store import LocalStore
from mi.store.records import BegunRecord, FailureRecord, UnitRecord
from mi.store.run_files import read_run
from mi.store.verification import VerificationCache
from mi.units.lines import ANSWER, JUDGMENT, LIKELIHOOD, line_shape

LINE: dict[str, Any] = {
    "question": "0" * 16,
    "sample": 0,
    "text": "fine",
    "finish": "stop",
    "prompt_tokens": 3,
    "answer_tokens": 5,
}
VERDICT = {"text": "90", "top": [["90", -0.1]], "finish": "stop"}
REFUSED_LINES: list[tuple[dict[str, Any], str]] = [
    ({"text": ["a part"]}, "text is not a text"),
    ({"text": {"type": "text"}}, "text is not a text"),
    ({"text": None}, "text is not a text"),
    ({"text": 5}, "text is not a text"),
    ({"text": "half \ud83d"}, "text has half a character"),
    ({"text": "x" * (gate.MAX_TEXT + 1)}, "text has more than"),
    ({"question": "../../notes"}, "question is not a name"),
    ({"question": ""}, "question is not a name"),
    ({"sample": -1}, "sample is not between"),
    ({"sample": 1.0}, "sample is not a whole number"),
    ({"sample": True}, "sample is not a whole number"),
    ({"sample": "one"}, "sample is not a whole number"),
    ({"prompt_tokens": 10**30}, "prompt_tokens is not between"),
    ({"billed_output": -200}, "billed_output is not between"),
    ({"cost_usd": math.nan}, "cost_usd is not finite"),
    ({"cost_usd": math.inf}, "cost_usd is not finite"),
    ({"cost_usd": -3.0}, "cost_usd is negative"),
    ({"cost_usd": "1"}, "cost_usd is not a number"),
    ({"unit": "../uv"}, "unit is not a name"),
    ({"at": "yesterday"}, "at is not a time"),
    ({"at": "2026-13-45T00:00:00Z"}, "at is not a time"),
    ({"extra": {"deep": [math.inf]}}, "extra is not finite"),
    ({"extra": {1, 2}}, "a set, which JSON does not have"),
]


@pytest.mark.parametrize(("change", "reason"), REFUSED_LINES, ids=range(len(REFUSED_LINES)))
def test_an_answer_of_another_kind_is_refused_by_name(change: dict[str, Any], reason: str) -> None:
    assert ANSWER.problem(LINE) is None
    problem = ANSWER.problem({**LINE, **change})
    assert problem is not None
    assert problem.startswith("is not an answer: ")
    assert reason in problem


@pytest.mark.parametrize(
    "verdict",
    [
        {},
        [],
        {**VERDICT, "text": None},
        {**VERDICT, "top": [["90", math.nan]]},
        {**VERDICT, "top": [[None, -0.1]]},
        {**VERDICT, "top": [["90"]]},
        {**VERDICT, "tops": [[["0", "-1"]]]},
        {"state": 1},
        {"state": "code", "issues": [{"severity": None}]},
    ],
    ids=str,
)
def test_a_verdict_of_another_kind_is_refused(verdict: Any) -> None:
    line = {"question": "q", "sample": 0}
    assert JUDGMENT.problem({**line, "verdict": VERDICT}) is None
    assert JUDGMENT.problem({**line, "verdict": verdict}) is not None


def test_likelihoods_need_a_token_for_each_answer() -> None:
    line = {"question": "q", "logprobs": [-1.0, -2.0], "tokens": [3, 4]}
    assert LIKELIHOOD.problem(line) is None
    assert "no token" in str(LIKELIHOOD.problem({**line, "tokens": [3, 0]}))
    assert "as many" in str(LIKELIHOOD.problem({**line, "tokens": [3]}))


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not valid JSON"),
        (b"[1]", "not a JSON object"),
        (b"5", "not a JSON object"),
        (b'{"a": 1', "not valid JSON"),
        (b'{"a": 1} {"a": 2}', "not valid JSON"),
        (b'{"a": NaN}', "not finite"),
        (b'{"a": -Infinity}', "not finite"),
        (b'{"a": 1e400}', "out of range"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a": 1, "a": 2}', "a name twice"),
        (b'{"a": "\\ud83d"}', "half a character"),
        (b'{"\\ud83d": 1}', "a name that is not a text"),
        (b'{"a": "\xff"}', "not text in UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not text in UTF-8"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested too deeply"),
        (b"{" + b" " * gate.MAX_LINE + b"}", "larger than"),
    ],
    ids=range(16),
)
def test_text_that_is_no_record_is_refused_with_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(gate.Refused, match=reason):
        gate.parse_object(raw)
    assert gate.parse_object(b'{"a": "\\ud83d\\ude00"}') == {"a": "\U0001f600"}


@pytest.mark.parametrize("kind", ["directory", "pipe", "device", "missing"])
def test_only_regular_files_are_read(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "file"
    makers: dict[str, Callable[[], object]] = {
        "directory": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "missing": lambda: None,
    }
    makers[kind]()
    with pytest.raises((gate.Refused, FileNotFoundError)):
        gate.read_file(path)
    with pytest.raises(CorruptError) if kind != "missing" else pytest.raises(StopIteration):
        next(journal.read_records(path))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["\ud83d", "../x", "2026-01-01", "stop", 10**30, -1, 0.5]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = sorted({*ANSWER.required, *ANSWER.allowed, *JUDGMENT.required, *LIKELIHOOD.required})
RECORDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=6)


@given(change=RECORDS)
@settings(max_examples=50, deadline=None)
def test_any_line_is_stored_so_that_it_reads_back_or_is_refused(change: dict[str, Any]) -> None:
    for shape, line in (
        (ANSWER, LINE),
        (JUDGMENT, {"question": "q", "sample": 0, "verdict": VERDICT}),
        (LIKELIHOOD, {"question": "q", "logprobs": [-1.0], "tokens": [3]}),
    ):
        record = {**line, **change}
        if shape.problem(record) is None:
            written = journal.encode_line(record)
            assert json.loads(json.dumps(record)) == shape.parse(written)


@given(raw=st.binary(max_size=60) | st.builds(lambda value: json.dumps(value).encode(), VALUES))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_a_value_or_a_reason_for_every_reader(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    with suppress(gate.Refused):
        assert type(gate.parse_object(raw)) is dict
    for kind in (UnitRecord, BegunRecord, FailureRecord):
        with pytest.raises(CorruptError):
            from_json(raw, kind, "here")
    root = tmp_path_factory.getbasetemp() / "any"
    (root / "runs" / "r").mkdir(parents=True, exist_ok=True)
    for name in ("checked.json", "runs/r/run.json", "runs/r/attempts.jsonl", "progress.json"):
        (root / name).write_bytes(raw)
    assert VerificationCache(root / "checked.json").get("unit", "0") is None
    with pytest.raises(CorruptError):
        read_run(root / "runs/r/run.json")
    store = LocalStore(root)
    assert store.runs() == []
    assert store.attempts("eval-1") == []


@pytest.mark.parametrize(
    "entry",
    [5, None, [], ["0"], ["0", "x", 0.0, None, 1, []], ["0", 1.0, 0.0, None, 1, 5], {"0": 1}],
    ids=str,
)
def test_an_odd_entry_of_the_cache_only_means_that_the_unit_is_hashed(
    tmp_path: Path, entry: Any
) -> None:
    path = tmp_path / "checked.json"
    path.write_text(json.dumps({"unit": entry}))
    assert VerificationCache(path).get("unit", "0") is None


def test_stray_files_among_the_runs_are_left_out(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / ".mi")
    run: Any = {
        "run": "r1",
        "provenance": {"started": "2026-01-01T00:00:00.000Z", "argv": ["mi"]},
        "model": "m",
        "experiments": ["A"],
        "selection": "selection-1",
        "outcome": "done",
    }
    store.save_run("r1", run)
    runs = store.root / "runs"
    (runs / "notes.txt").write_text("mine")
    (runs / "empty").mkdir()
    (runs / "odd").mkdir()
    (runs / "odd" / "run.json").write_text('{"run": 5}')
    (runs / "pipe").mkdir()
    os.mkfifo(runs / "pipe" / "run.json")
    assert store.runs() == [run]


GOOD_LINES = [
    LINE,
    {"question": "q", "sample": 0, "verdict": VERDICT},
    {"question": "q", "logprobs": [-1.0, -2.5], "tokens": [3, 4]},
    {"unit": "eval-1", "event": "done", "at": "2026-01-01T00:00:00.000Z", "seconds": 1.5},
]
JOURNAL_NAMES = ["answers-1", "judgments-1", "likelihoods-1", "others-1"]


@st.composite
def damaged_lines(draw: st.DrawFn) -> bytes:
    """A line that a journal takes, with some bytes of it changed, left out or doubled."""
    line = bytearray(journal.encode_line(draw(st.sampled_from(GOOD_LINES))))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(line)))
        end = min(len(line), start + draw(st.integers(0, 8)))
        piece = draw(
            st.binary(max_size=4)
            | st.sampled_from([b"null", b"1e999", b"-1", b"NaN", b"[" * 40, b'"\\ud800"', b"\n"])
            | st.just(bytes(line[start:end]) * 2)
        )
        line[start:end] = piece
    return bytes(line)


def _all_checked(value: Any) -> bool:
    """Whether a value holds nothing but finite numbers and texts that can be written."""
    return gate.json_value(value) is None


@given(raw=damaged_lines())
@settings(max_examples=150, deadline=None)
def test_a_damaged_line_is_a_typed_value_or_a_reason_for_every_journal(raw: bytes) -> None:
    for name in JOURNAL_NAMES:
        try:
            record = line_shape(name).parse(raw)
        except gate.Refused:
            continue
        assert line_shape(name).problem(record) is None
        assert _all_checked(record)
        assert line_shape(name).parse(journal.encode_line(record)) == record


@given(lines=st.lists(damaged_lines(), max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_damaged_journal_is_read_up_to_its_damage(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "answers-damaged.jsonl"
    path.write_bytes(b"".join(lines))
    with suppress(CorruptError):
        for record in journal.read_records(path, ANSWER):
            assert ANSWER.problem(record) is None
    hash_prefixes(path, (0, 10, 10_000))
    store = LocalStore(path.parent / "fuzzed")
    copy = store.journal("answers-1")
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(b"".join(lines))
    with suppress(CorruptError):
        store.settle("answers-1")
        assert all(_all_checked(record) for record in journal.read_records(copy))


@given(raw=st.binary(max_size=200) | st.builds(lambda value: json.dumps(value).encode(), VALUES))
@settings(max_examples=60, deadline=None)
def test_any_seal_is_one_or_none(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    seal_path(path).write_bytes(raw)
    read = read_seal(path)
    assert read is None or (read.lines >= 0 and read.size >= 0)
