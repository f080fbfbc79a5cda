"""A model that ends is named in time: in headers for sixty days, in the doctor always."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import attrs
import pytest

import registry
from mi.cli.ending_checks import check_endings
from mi.providers.endings import WARNING_DAYS, Ending, EndingTable
from mi.reporting.header import header_lines
from tests.support.fake_provider import MODEL, experiment, session

END = date(2027, 1, 14)
JUDGE = "openai:gpt-4o-2024-08-06"
TABLE = EndingTable(
    checked="2026-10-28",
    source="https://example.org/endings",
    endings={JUDGE: Ending(shutdown=END, last_training=date(2027, 1, 6))},
)


@pytest.mark.parametrize(
    ("days", "trains", "text"),
    [
        (45, False, "ends in 45 days, on 2027-01-14"),
        (45, True, "ends in 45 days, on 2027-01-14; takes new trainings until 2027-01-06"),
        (8, True, "ends in 8 days, on 2027-01-14; takes new trainings until 2027-01-06"),
        (7, True, "ends in 7 days, on 2027-01-14; took new trainings until 2027-01-06"),
        (1, False, "ends in 1 day, on 2027-01-14"),
        (0, True, "was to end on 2027-01-14"),
        (-300, False, "was to end on 2027-01-14"),
    ],
)
def test_days_are_counted_to_the_day_of_the_end(days: int, trains: bool, text: str) -> None:
    assert TABLE.endings[JUDGE].describe(END - timedelta(days=days), trains=trains) == text


@pytest.mark.parametrize(
    ("model", "is_known"),
    [
        (JUDGE, True),
        ("openai:ft:gpt-4o-2024-08-06:org::abc", True),
        ("elsewhere:gpt-4o-2024-08-06", False),
        ("openai:gpt-4o-2024-08-06-audio", False),
        ("local:smollm2-135m", False),
    ],
)
def test_a_fine_tune_ends_with_its_base_and_other_servers_are_not_known(
    model: str, is_known: bool
) -> None:
    assert (TABLE.find(model) is not None) is is_known


def test_a_note_comes_sixty_days_before_and_names_its_source() -> None:
    assert TABLE.note(JUDGE, END - timedelta(days=WARNING_DAYS + 1)) is None
    note = TABLE.note(JUDGE, END - timedelta(days=WARNING_DAYS))
    assert note == (
        f"{JUDGE} ends in 60 days, on 2027-01-14 (as announced by 2026-10-28: "
        "https://example.org/endings)"
    )


def test_the_doctor_tells_any_day_that_is_known() -> None:
    far, near = (
        next(check_endings([JUDGE, "local:x"], TABLE, END - timedelta(days=days), trained=[JUDGE]))
        for days in (100, 20)
    )
    assert far.ok is True
    assert near.ok is None
    assert "in 100 days" in far.detail
    assert "takes new trainings until 2027-01-06" in near.detail
    assert TABLE.source in near.hint


def test_a_header_warns_of_what_the_run_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mi.reporting.header.utc_today", lambda: END - timedelta(days=20))
    table = attrs.evolve(TABLE, endings={MODEL.id: TABLE.endings[JUDGE]})
    opened = session(tmp_path, experiment())
    opened.endings = table
    lines = header_lines(opened, opened.plan(), None, 0.0)
    (warning,) = [line for line in lines if "ends in 20 days" in line]
    assert "takes new trainings until 2027-01-06" in warning
    monkeypatch.setattr("mi.reporting.header.utc_today", lambda: END - timedelta(days=90))
    assert not [line for line in header_lines(opened, opened.plan(), None, 0.0) if "ends" in line]


def test_the_registry_knows_when_the_declared_judge_ends() -> None:
    found = registry.endings().find(JUDGE)
    assert found == Ending(shutdown=END, last_training=date(2027, 1, 6))
    assert registry.endings().source.startswith("https://")
